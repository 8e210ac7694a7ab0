"""Words that stand together become one; begin with `model`, which holds `Phrases`."""

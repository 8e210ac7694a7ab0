"""What scikit-learn asks of a transformer of texts; it is not imported before it asks."""

from __future__ import annotations

from typing import Any

__all__ = ["transformer_tags"]


def transformer_tags() -> Any:
    """Return a `sklearn.utils.Tags` of a transformer of texts; scikit-learn is imported here."""
    from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

    return Tags(
        estimator_type="transformer",
        target_tags=TargetTags(required=False),
        transformer_tags=TransformerTags(preserves_dtype=[]),
        input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
    )

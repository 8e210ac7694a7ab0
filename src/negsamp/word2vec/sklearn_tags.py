"""What scikit-learn asks of an estimator beside its methods; it is imported only when it asks."""

from __future__ import annotations

from typing import Any

__all__ = ["more_tags", "sklearn_tags"]


def sklearn_tags() -> Any:
    """The tags of a transformer of texts, for scikit-learn 1.6 and later.

    Returns
    -------
    sklearn.utils.Tags
    """
    from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

    return Tags(
        estimator_type="transformer",
        target_tags=TargetTags(required=False),
        transformer_tags=TransformerTags(preserves_dtype=[]),
        input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
    )


def more_tags() -> dict[str, Any]:
    """The same for scikit-learn before 1.6, where they are a dict."""
    return {"X_types": ["string"], "preserves_dtype": [], "requires_y": False}

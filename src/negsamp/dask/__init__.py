"""The same run on many machines, by Dask: `fit` and `resume`.

Begin with `run`, which drives a run from the client, after `fitting`, the two functions. `reading`
has the corpus read: `partitions` shares it out, `words` counts and encodes it in place. `rounds`
says what a round trains, `merging` makes one change of what all partitions have changed, `worker`
is what Dask's workers are asked to do, in `tasks`, and `cluster` asks who they are. This package,
which the extra ``dask`` serves, may import all other rooms but `negsamp.cli`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negsamp.dask.fitting import fit, resume

__all__ = ["fit", "resume"]


def __getattr__(name: str) -> Any:
    # worker processes import this package for `rounds` alone
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("negsamp.dask.fitting"), name)


def __dir__() -> list[str]:
    return __all__

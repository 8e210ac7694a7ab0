"""The machine, BLAS, threads and versions, without which a measurement means nothing.

Records hold only str, int, float, None, dict and list, so that they go into JSON as they are.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENBLAS_CORETYPE",
)


def environment(packages: tuple[str, ...] = ("negsamp", "numpy", "scipy")) -> dict[str, Any]:
    """Record the machine and the software that a benchmark runs on.

    Parameters
    ----------
    packages : tuple of str
        The distributions whose versions are recorded.

    Returns
    -------
    dict
        ``date`` (ISO 8601, UTC), ``machine``, ``python``, ``packages``, ``blas`` (what NumPy was
        built with), ``threadpools`` (what is loaded, with its kernel) and ``variables`` (those of
        the environment that set numbers of threads or the kernel).
    """
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: version(name) for name in packages},
        "blas": blas(),
        "threadpools": threadpools(),
        "variables": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
    }


def machine() -> dict[str, Any]:
    """Return the CPU, its usable and all cores, the memory in GB (1e9 B), and the system."""
    cores = os.cpu_count()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    memory = None
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        memory = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    return {
        "cpu": cpu_model(),
        "usable_cores": usable,
        "cores": cores,
        "memory_gb": memory,
        "system": platform.platform(),
    }


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the name of the processor, as the system reports it, and what tells its generation."""
    if cpuinfo.exists():
        found = dict(re.findall(r"^(\w[\w ]*?)\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE))
        if name := found.get("model name", "").strip():
            if re.search(r"\d", name) or "cpu family" not in found:
                return name
            return f"{name} (family {found['cpu family']}, model {found['model']})"
    return platform.processor() or platform.machine()


def version(package: str) -> str | None:
    """Return the version of a distribution or, in a bare checkout, of a module, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        pass
    try:
        return getattr(importlib.import_module(package), "__version__", None)
    except ImportError:
        return None


def blas() -> dict[str, Any]:
    """Return the BLAS that NumPy was built with, without the folders of the building machine."""
    import numpy as np

    config = np.show_config(mode="dicts") or {}
    found = config.get("Build Dependencies", {}).get("blas", {})
    return {key: value for key, value in found.items() if "directory" not in key}


def threadpools() -> list[dict[str, Any]]:
    """Return the thread pools of NumPy's and SciPy's BLAS libraries, with the kernels they run."""
    from threadpoolctl import threadpool_info

    importlib.import_module("numpy")
    importlib.import_module("scipy.linalg.blas")  # SciPy, and with it gensim, has a BLAS of its own
    kept = ("prefix", "internal_api", "version", "threading_layer", "architecture", "num_threads")
    return [{key: pool[key] for key in kept if key in pool} for pool in threadpool_info()]

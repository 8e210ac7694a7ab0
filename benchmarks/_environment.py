"""What a measurement has to name to mean anything: machine, BLAS, threads and versions.

Plain records of str, int, float, None, dict and list, so that they go into JSON as they are.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
from datetime import datetime, timezone
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
        Distributions whose versions count.

    Returns
    -------
    dict
        ``date`` (ISO 8601, UTC), ``machine``, ``python``, ``packages``, ``blas`` (what NumPy was
        built with), ``threadpools`` (what is loaded, if threadpoolctl is there) and ``variables``
        (those of the environment that set numbers of threads).
    """
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: version(name) for name in packages},
        "blas": blas(),
        "threadpools": threadpools(),
        "variables": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
    }


def machine() -> dict[str, Any]:
    """CPU model, cores that this process may use, cores in all, memory in GB (1e9 B), system."""
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


def cpu_model() -> str:
    """Name of the processor, as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def version(package: str) -> str | None:
    """Version of a distribution or, from a bare checkout, of a module; None if there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        pass
    try:
        return getattr(importlib.import_module(package), "__version__", None)
    except ImportError:
        return None


def blas() -> dict[str, Any]:
    """BLAS that NumPy was built with, without the folders of the machine it was built on."""
    import numpy as np

    try:
        config = np.show_config(mode="dicts")
    except TypeError:  # NumPy 1.24 only prints its configuration
        return {}
    found = (config or {}).get("Build Dependencies", {}).get("blas", {})
    return {key: value for key, value in found.items() if "directory" not in key}


def threadpools() -> list[dict[str, Any]]:
    """Thread pools of the BLAS libraries of NumPy and SciPy; empty without threadpoolctl."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    importlib.import_module("numpy")
    importlib.import_module("scipy.linalg.blas")  # SciPy, and with it gensim, has a BLAS of its own
    kept = ("prefix", "internal_api", "version", "threading_layer", "architecture", "num_threads")
    return [{key: pool[key] for key in kept if key in pool} for pool in threadpool_info()]

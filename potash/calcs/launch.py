"""How a worker's process is started, under MPI or not."""

from __future__ import annotations

import os
import shutil
import sys

from potash.errors import BadInput


def mpi(cores: int) -> list[str]:
    """Begin a command line that runs on so many cores.

    `POTASH_MPIEXEC` names another launcher than ``mpiexec`` (``srun``, say).
    """
    if cores == 1:
        return []
    launcher = os.environ.get("POTASH_MPIEXEC", "mpiexec").split()
    if shutil.which(launcher[0]) is None:
        raise BadInput(
            f"no MPI launcher '{launcher[0]}' on this machine: apt-get install openmpi-bin, or use --cores 1"
        )
    bind = ["--bind-to", "none"] if launcher == ["mpiexec"] and _is_open_mpi() else []
    return [*launcher, "-n", str(cores), *bind]


def _is_open_mpi() -> bool:
    return shutil.which("ompi_info") is not None


def environment() -> dict[str, str]:
    """Give the variables of every worker: one thread a process, and Open MPI allowed for root where root runs."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        variables |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return variables


def python() -> list[str]:
    """Name the interpreter that runs potash now."""
    return [sys.executable]

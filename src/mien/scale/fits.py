"""The fits of a training on a Ray cluster, each shared among processes (Ray Train)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mien.errors import MienError, TrainingError
from mien.scale.cluster import cluster
from mien.training.distributed import PATIENCE, backend

if TYPE_CHECKING:
    from mien.training.experiment.paths import ExperimentPaths
    from mien.training.experiment.plan import FitJob

__all__ = ["fit_on_ray"]

_NOTES = "ray"  # folder of Ray Train's own state within that of the run
_LOSSES = 3  # of processes or machines, after which a training is given up


def fit_on_ray(
    task: ExperimentPaths, units: Sequence[FitJob], workers: int, *, address: str | None = None
) -> None:
    """`fit_units` in as many processes as there are `workers`, which fit together.

    Each has a core, or a GPU where this machine has one. When one dies all are started again, and
    go on from the last whole epoch.

    Args:
        task, units: of the run. Manifest, store and run lie where all machines find them.
        workers: processes.
        address: of the cluster; None starts one on this machine.

    Raises:
        UsageError: there is no cluster.
        TrainingError: a fit failed, or processes died again and again.
    """
    import torch

    task = replace(task, run=task.run.resolve())
    with cluster(address, workers):
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer

        trainer = TorchTrainer(
            lambda: _fit(task, units),
            torch_config=TorchConfig(backend(), timeout_s=int(PATIENCE.total_seconds())),
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=torch.cuda.is_available()),
            run_config=RunConfig(
                name=_NOTES,
                storage_path=str(task.run),
                failure_config=FailureConfig(max_failures=_LOSSES),
            ),
        )
        try:
            trainer.fit()
        except Exception as error:
            raise TrainingError(_line(error)) from None
        shutil.rmtree(task.run / _NOTES, ignore_errors=True)


def _fit(task: ExperimentPaths, units: Sequence[FitJob]) -> None:
    from mien.training.experiment.work import fit_units

    for _ in fit_units(task, units):
        pass


def _line(error: Exception) -> str:
    """Our own message where a fit failed, else the first line of Ray's."""
    failures = getattr(error, "worker_failures", {})
    for failure in failures.values():
        cause = getattr(failure, "cause", failure)
        if isinstance(cause, MienError):
            return str(cause)
    return str(error).strip().splitlines()[0]

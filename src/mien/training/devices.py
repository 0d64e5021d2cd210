"""What a training runs on."""

from __future__ import annotations

import os
from typing import Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy

from mien.training.distributed import size
from mien.training.schedules import OptimConfig

__all__ = ["nearest_device", "precision_of"]


def nearest_device(config: OptimConfig) -> Fabric:
    """The GPU (CUDA) where there is one, else the CPU; one for each process that trains together.

    Apple's GPU is not taken: no training was tried on it.
    """
    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    if size() == 1:
        return Fabric(accelerator=accelerator, devices=1, precision=precision_of(config))
    here = int(os.environ["LOCAL_WORLD_SIZE"])
    # Layers that a stage does not use get no gradient; which these are does not change within it.
    plan = DDPStrategy(cluster_environment=_Placed(), static_graph=True)
    fabric = Fabric(
        accelerator=accelerator, devices=here, strategy=plan, precision=precision_of(config)
    )
    fabric.launch()
    return fabric


def precision_of(config: OptimConfig) -> Literal["bf16-mixed", "32-true"]:
    """In Fabric's words."""
    return "bf16-mixed" if config.bf16 else "32-true"


class _Placed(TorchElasticEnvironment):
    """Ranks as torchrun and Ray Train tell them; machines may have different numbers of them."""

    def validate_settings(self, num_devices: int, num_nodes: int) -> None:
        """Nothing is to be checked."""

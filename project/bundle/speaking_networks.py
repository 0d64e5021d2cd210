"""The two networks that tell who speaks, trained on talking faces and their sound.

Windows of eight sights, a quarter of a second apart as `mien predict` has them, are to agree with
their own sound more than with that of the other windows of a batch (InfoNCE, van den Oord et al.
2018), and the other way round. Several pairs are trained from other random weights; their
embeddings stand side by side, so that their agreements add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mien.core.progress import progress_bar
from mien.features.extractors.faces import Faces
from mien.inference.speaking.mouth import HIGH, WIDE, look, pair
from mien.inference.speaking.sound import BANDS, CONTEXT, SpokenSound
from mien.training.onnx_export import to_onnx
from project.bundle.speaking_scenes import FPS, Take

__all__ = ["Talking", "talking", "train"]

_SIDE = 48
_SIGHTS = 8
_STEP = 6  # pictures between two sights: 0.24 s
_BATCH = 48
_DROPOUT = 0.3
_RATE, _DECAY = 3e-3, 0.05
_WIDTH = 16  # of the embeddings

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Talking:
    """One take, picture by picture.

    Args:
        actor: who it is.
        mouths: (N,24,32).
        moments: (N,16,21) what is heard then.
    """

    actor: str
    mouths: Floats
    moments: Floats


def talking(take: Take) -> Talking:
    """The main face of a take, and its sound."""
    faces = Faces(fps=FPS, size=_SIDE).extract(take.path, None, None)
    sound = SpokenSound()
    sound.push(take.sound, 0.0)
    times = sound.times
    near = (times >= take.speech[0][0] - 0.5) & (times <= take.speech[-1][1] + 0.5)
    level = float(sound.rows[near].mean(dtype=np.float64))
    mouths = np.stack([look(crop)[0] for crop in faces.values])
    return Talking(take.actor, mouths, sound.moments(faces.times, level))


def _mouth_network() -> nn.Module:
    def block(inputs: int, outputs: int, size: int) -> list[nn.Module]:
        layer = nn.Conv2d(inputs, outputs, size, 2, size // 2)
        return [layer, nn.BatchNorm2d(outputs), nn.ReLU()]

    layers = [*block(3, 12, 5), *block(12, 24, 3), *block(24, 32, 3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(_DROPOUT), nn.Linear(384, _WIDTH))


def _sound_network() -> nn.Module:
    def block(inputs: int, outputs: int, size: int) -> list[nn.Module]:
        layer = nn.Conv1d(inputs, outputs, size, 2, size // 2)
        return [layer, nn.BatchNorm1d(outputs), nn.ReLU()]

    layers = [*block(BANDS, 32, 5), *block(32, 32, 3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(_DROPOUT), nn.Linear(192, _WIDTH))


class _SideBySide(nn.Module):
    """(N,...) -> (N,sum of D) of several networks, each multiplied by a number of its own."""

    def __init__(self, networks: Sequence[nn.Module], scales: Sequence[float]) -> None:
        super().__init__()
        self.networks, self.scales = nn.ModuleList(networks), tuple(scales)

    def forward(self, rows: Tensor) -> Tensor:
        parts = [net(rows) * scale for net, scale in zip(self.networks, self.scales, strict=True)]
        return torch.cat(parts, 1)


def train(takes: Sequence[Talking], folder: Path, steps: int, seeds: int) -> None:
    """Train `seeds` pairs of networks and write them as `mouth.onnx` and `sound.onnx`."""
    pairs = [_train_pair(takes, steps, seed) for seed in range(seeds)]
    scales = [scale / seeds for _, _, scale in pairs]
    mouth = _SideBySide([mouth for mouth, _, _ in pairs], scales)
    sound = _SideBySide([sound for _, sound, _ in pairs], [1.0] * seeds)
    seen, heard = torch.zeros(2, 3, HIGH, WIDE), torch.zeros(2, BANDS, len(CONTEXT))
    for name, network, example in (("mouth", mouth, seen), ("sound", sound, heard)):
        path = folder / f"{name}.onnx"
        to_onnx(network.eval(), example, path, "rows", ["embeddings"], {0: "batch"})


def _train_pair(
    takes: Sequence[Talking], steps: int, seed: int
) -> tuple[nn.Module, nn.Module, float]:
    """A network of mouths, one of sound, and how much their agreement counts."""
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    mouth, sound = _mouth_network(), _sound_network()
    scale = nn.Parameter(torch.tensor(1.0))
    parameters = [*mouth.parameters(), *sound.parameters(), scale]
    optimizer = torch.optim.AdamW(parameters, _RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    long = [take for take in takes if len(take.mouths) > _SIGHTS * _STEP + 6]
    with progress_bar() as bar:
        for _ in bar.track(range(steps), description=f"networks of {len(takes)} takes"):
            seen, heard = _batch(long, draw)
            agreement = torch.einsum("bsd,csd->bc", _each(mouth, seen), _each(sound, heard)) * (
                scale.exp() / _SIGHTS
            )
            own = torch.arange(_BATCH)
            loss = (cross_entropy(agreement, own) + cross_entropy(agreement.T, own)) / 2
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return mouth, sound, float(scale.detach().exp())


def _each(network: nn.Module, windows: Tensor) -> Tensor:
    """(B,S,...) -> (B,S,D)."""
    return network(windows.flatten(0, 1)).view(*windows.shape[:2], -1)  # type: ignore[no-any-return]


def _batch(takes: Sequence[Talking], draw: np.random.Generator) -> tuple[Tensor, Tensor]:
    windows = [_window(takes[int(draw.integers(len(takes)))], draw) for _ in range(_BATCH)]
    seen, heard = (np.stack(parts) for parts in zip(*windows, strict=True))
    return torch.from_numpy(seen), torch.from_numpy(heard)


def _window(take: Talking, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """A window of a take, altered as cameras and microphones differ."""
    first = int(draw.integers(_STEP, len(take.mouths) - (_SIGHTS - 1) * _STEP))
    index = first + _STEP * np.arange(_SIGHTS)
    seen = pair(take.mouths[index - _STEP], take.mouths[index])
    seen = np.roll(seen, draw.integers(-2, 3, 2), (2, 3)) * draw.uniform(0.8, 1.25)
    if draw.random() < 0.5:
        seen = seen[..., ::-1]
    heard = take.moments[index] + draw.normal(0, 0.1, (1, BANDS, 1)) + draw.normal(0, 0.25)
    noisy = seen + draw.normal(0, 0.03, seen.shape)
    return noisy.astype(np.float32), heard.astype(np.float32)

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mien.data.manifest import read_manifest
from mien.features.extractors import extractor
from mien.features.store import Store, load_features, run_features
from mien.scale.ray_map import map_on_ray
from tests.conftest import tone, write_sound

pytestmark = pytest.mark.usefixtures("ray_cluster")


def square(n: int) -> int:
    if n == 3:
        os._exit(1)
    return n * n


def test_each_task_is_done_once_and_a_deadly_one_is_given_up() -> None:
    found = sorted(map_on_ray(square, range(6), 1, workers=2))
    assert found == [(0, 0), (1, 1), (2, 4), (3, None), (4, 16), (5, 25)]


def test_features_are_those_of_this_machine(tmp_path: Path) -> None:
    lines = ["id,path,label"]
    for n in range(3):
        write_sound(tmp_path / f"{n}.wav", tone(1.0 + n), 16_000, "mono", "pcm_s16le")
        lines.append(f"{n},{n}.wav,happy")
    (tmp_path / "clips.csv").write_text("\n".join(lines) + "\n")
    manifest, chosen = read_manifest(tmp_path / "clips.csv"), extractor("short_term")
    stores = [Store(tmp_path / "here"), Store(tmp_path / "there")]
    steps: list[tuple[int, int]] = []
    assert run_features(manifest, [chosen], stores[0], 1) == []
    assert (
        run_features(manifest, [chosen], stores[1], 1, lambda *s: steps.append(s), map_on_ray) == []
    )
    assert steps[-1] == (3, 3)
    for a, b in zip(*(load_features(manifest, chosen, s) for s in stores), strict=True):
        np.testing.assert_array_equal(a.values, b.values)

"""Limits as they are measured; the figures themselves are in reports/ranges.json."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.features.face_quality import face_quality
from mien.inference.bundle import default_path, load
from project.bundle.range_faces import DAMAGES, _crossing
from project.bundle.ranges import PARTS, main, warned
from project.bundle.release_paths import ReleasePaths
from tests.conftest import tone, write_sound


def test_the_cost_of_damage_begins_between_two_levels() -> None:
    assert _crossing([100, 50, 20], [0.7, 0.68, 0.6], 0.65) == pytest.approx(50 - 30 * 3 / 8)
    assert _crossing([100, 50], [0.7, 0.69], 0.65) == 50


@pytest.mark.parametrize("name", DAMAGES)
def test_more_damage_moves_the_measure_further(name: str) -> None:
    coarse = np.random.default_rng(0).integers(80, 180, (4, 12, 12)).astype(np.uint8)
    pictures = coarse.repeat(4, 1).repeat(4, 2)
    measure, damage, levels = DAMAGES[name]
    found = [pictures, *(damage(pictures, level) for level in levels)]
    values = [getattr(face_quality(p), measure).mean() for p in found]
    steps = np.diff(values) * (1 if name == "bright" else -1)
    assert (steps[1:] >= -0.01).all()
    assert steps.sum() > 0.1


def test_clips_with_a_warning_are_counted(tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "a.wav", tone(2), 16_000, "mono", "pcm_s16le")
    broken = tmp_path / "b.mp4"
    broken.write_bytes(b"nothing")
    found = warned([mien.sample(), sound, broken], default_path(), 1)
    assert (found["n"], found["tones"], found["no_voice"]) == (2, 1, 1)
    assert found["uncertain"] == 2 - mien.analyze(mien.sample()).reliable
    assert found["dark_face"] == 0


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["ranges", *map(str, words)])
    main()


def test_new_limits_go_into_the_bundle_and_the_rest_stays(
    run: ReleasePaths, made_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run.bundle / "bundle.json"
    before = {**json.loads(path.read_text()), "ranges": {"small": 30.0, "tonal": 0.25}}
    path.write_text(json.dumps(before))
    report = run.reports / "ranges.json"
    report.write_text(json.dumps({"sounds": {"recordings": 3}}))
    call(monkeypatch, made_data, "faces", "--run", run.docs)
    after = json.loads(path.read_text())
    assert {k: v for k, v in after.items() if k != "ranges"} == {
        k: v for k, v in before.items() if k != "ranges"
    }
    found = load(run.bundle).spec.ranges
    assert (found.small, found.tonal, found.clipped) == (30.0, 0.25, None)
    told = json.loads(report.read_text())
    assert told["sounds"] == {"recordings": 3}
    assert told["limits"] == after["ranges"]
    assert (
        found.dark
        == told["limits"]["dark"]
        == min(told["faces"]["dark"]["edge of training"], told["faces"]["dark"]["costs from"])
    )


def test_clips_are_told_in_the_report_alone(
    run: ReleasePaths,
    made_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, names = tmp_path / "data", ("01-01-02_01.mp4", "06-01-03_01.mp4")
    for folder, name in (("video", names[0]), ("video", names[1]), ("audio", "01-01-03_02.wav")):
        link = data / "java_sed" / folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(made_data / "java_sed" / folder / name)
    (data / "wild" / "a").mkdir(parents=True)
    shutil.copyfile(mien.sample(), data / "wild" / "a" / "sample.mp4")
    before = (run.bundle / "bundle.json").read_bytes()
    call(monkeypatch, data, "clips", "--run", run.docs, "--jobs", "1")
    assert (run.bundle / "bundle.json").read_bytes() == before
    told = json.loads((run.reports / "ranges.json").read_text())
    assert (told["clips"]["Java-SED"]["n"], told["clips"]["wild"]["n"]) == (2, 1)
    assert set(told) & set(PARTS) == {"clips"}
    said = capsys.readouterr().out
    assert "Java-SED (2)" in said
    assert "wild (1)" in said

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import mien
from mien.cli.app import app
from mien.data.manifest import Manifest, read_manifest, write_manifest
from mien.errors import UsageError
from mien.labels import EMOTIONS
from mien.training.experiment.external_eval import final_scores
from mien.training.experiment.score import open_plan
from mien.training.papers.submission import OFFICIAL_NAMES, submit
from mien.types import Clip
from tests.conftest import tone, write_sound


def unlabelled(folder: Path) -> Path:
    """A test split with the official names: two clips, and one without picture or sound."""
    place = folder / "Test_AFEW"
    place.mkdir()
    for name in ("000147200", "013736360"):
        (place / f"{name}.mp4").write_bytes(mien.sample().read_bytes())
    write_sound(place / "014300000.wav", 0 * tone(0.05), 16_000, "mono", "pcm_s16le")
    clips = [
        Clip(path.stem, f"Test_AFEW/{path.name}", label="", split="test")
        for path in sorted(place.iterdir())
    ]
    write_manifest(Manifest("test", tuple(clips), EMOTIONS, folder), folder / "test.csv")
    return folder / "test.csv"


def test_a_file_for_each_clip_with_what_the_shipped_system_says(made: Path, tmp_path: Path) -> None:
    data, out = unlabelled(tmp_path), tmp_path / "files"
    options = ["--run", str(made / "run"), "--submit", str(data), "--out", str(out), "-j", "1"]
    done = CliRunner().invoke(app, ["papers", "resnet_lstm", *options])
    assert done.exit_code == 0, done.output
    assert "wrote 3 files" in done.output
    assert "note: 1 clips with neither face nor sound" in done.output
    names = ["000147200.txt", "013736360.txt", "014300000.txt"]
    assert sorted(path.name for path in out.iterdir()) == names
    plan = open_plan(made / "run")
    said = final_scores(plan, read_manifest(data), tmp_path / "features").systems["concat"]
    for name, row in zip(names[:2], said[:2], strict=True):
        label = plan.manifest.labels.names[int(np.argmax(row))]
        assert (out / name).read_text() == OFFICIAL_NAMES[label] + "\n"
    assert (out / names[2]).read_text().strip() in OFFICIAL_NAMES.values()


def test_two_clips_of_one_name_are_refused(made: Path, tmp_path: Path) -> None:
    manifest = read_manifest(unlabelled(tmp_path))
    twice = replace(manifest, clips=(*manifest.clips, replace(manifest.clips[0], id="again")))
    with pytest.raises(UsageError, match="several clips are called 000147200"):
        submit(open_plan(made / "run"), twice, tmp_path / "features", tmp_path / "files")


def test_all_emotions_have_their_official_name() -> None:
    assert tuple(OFFICIAL_NAMES) == EMOTIONS.names

"""Training from Python: what the commands do, without a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

import mien
from mien.data.manifest import Manifest, write_manifest
from mien.errors import UsageError
from mien.labels import EMOTIONS
from mien.training import Hooks, evaluate, export, train
from mien.types import Clip
from tests.cli.corpus import make_clips, write_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    make_clips(folder, labels=("happy", "sad"))
    write_recipe(folder, epochs=1)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    recipe, clips = str(folder / "tiny.py"), folder / "made.csv"
    return train(recipe, clips, folder / "run", folds="speaker:2", jobs=1)


def test_a_run_is_trained_reported_on_and_exported(
    run: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = evaluate(run)
    (voice,) = report.systems
    assert voice.name == "voice"
    assert voice.n == 16
    exported = export(run, folder / "bundle")
    assert exported.checks[0].gap < 1e-4
    answer = mien.analyze(mien.sample(), model=folder / "bundle")
    assert answer.label in ("happy", "sad")
    assert not capsys.readouterr().out


def test_what_is_trained_is_not_trained_again(run: Path, folder: Path) -> None:
    fitted: list[str] = []
    hooks = Hooks(fit=lambda _paths, jobs, _n: fitted.extend(job.name for job in jobs))
    before = (run / "scores.csv").read_bytes()
    recipe, clips = str(folder / "tiny.py"), folder / "made.csv"
    train(recipe, clips, run, folds="speaker:2", jobs=1, hooks=hooks)
    assert fitted
    assert (run / "scores.csv").read_bytes() == before


def test_remarks_on_the_data_reach_whoever_asks(folder: Path) -> None:
    notes: list[str] = []
    alone = folder / "alone"
    alone.mkdir()
    clips = []
    for name in ("a.mp4", "b.mp4"):
        (alone / name).symlink_to(mien.sample())
        for k in range(8):
            label = ("happy", "sad")[k % 2]
            clips.append(Clip(f"{name}-{k}", name, 0.5 * k, 0.5 * k + 1.5, label, "anna"))
    write_manifest(Manifest("made", tuple(clips), EMOTIONS, alone), alone / "made.csv")
    hooks = Hooks(note=notes.append)
    recipe = str(folder / "tiny.py")
    train(recipe, alone / "made.csv", alone / "run", folds="random:2", jobs=1, hooks=hooks)
    assert any("of one speaker" in note for note in notes)


def test_wrong_arguments_are_one_line(run: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="must be full or small"):
        train(str(folder / "tiny.py"), folder / "made.csv", folder / "x", size="huge")
    with pytest.raises(UsageError, match=r"voice\.z"):
        train(str(folder / "tiny.py"), folder / "made.csv", folder / "x", changes={"voice.z": 1})
    with pytest.raises(UsageError, match="one at a time"):
        evaluate(run, data=folder / "made.csv", alter=["muted"])

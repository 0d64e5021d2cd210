from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.data.manifest import Manifest, write_manifest
from mien.errors import TrainingError, UsageError
from mien.labels import EMOTIONS
from mien.types import Clip
from tests.cli.corpus import CNN, make_clips, write_recipe
from tests.conftest import tone, write_sound

pytest.importorskip("torch")
pytest.importorskip("pyarrow")


def train(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, options)])


def basic(folder: Path, epochs: int = 2) -> list[str | Path]:
    """The options of a small run."""
    recipe, data = write_recipe(folder, epochs), make_clips(folder)
    return [recipe, "--data", data, "--folds", "speaker:2", "--out", folder / "run", "-j", "1"]


def complaint(result: Result) -> str:
    """The one line that a person sees."""
    assert isinstance(result.exception, UsageError | TrainingError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def state_of(run: Path) -> dict[str, int]:
    """{file: time of change} of the weights of all finished fits."""
    done = [path.parent for path in run.glob("fits/*/done.json")]
    return {f.name: (f / "weights.pt").stat().st_mtime_ns for f in done}


def epochs_of(run: Path) -> int:
    """Lines in all logs."""
    lines = 0
    for log in run.glob("fits/*/log.csv"):
        try:
            lines += len(log.read_text().splitlines()) - 1
        except FileNotFoundError:
            continue
    return lines


def losses(run: Path) -> dict[str, list[tuple[str, str]]]:
    """(epoch, loss) of each fit's log."""
    return {
        log.parent.name: [(r["epoch"], r["loss"]) for r in csv.DictReader(log.read_text().split())]
        for log in run.glob("fits/*/log.csv")
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_a_training_that_is_killed_ends_as_an_undisturbed_one(tmp_path: Path, kills: int) -> None:
    options = basic(tmp_path, epochs=6 * kills)
    whole, killed = tmp_path / "run", tmp_path / "killed"
    assert train(*options).exit_code == 0
    given = [str(killed) if o == whole else str(o) for o in options[:-1]]
    command = [sys.executable, "-m", "mien", "train", *given, "2"]
    draw, before, total = np.random.default_rng(), dict[str, int](), epochs_of(whole)
    for left in range(kills, 0, -1):
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        here = epochs_of(killed)
        enough = here + draw.integers(0, (total - here) // (left + 1) + 1)
        limit = time.monotonic() + 120
        while epochs_of(killed) < enough or not killed.exists():
            assert run.poll() is None, run.communicate()[1].decode()
            assert time.monotonic() < limit
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.1))
        run.kill()
        run.communicate()
        assert run.returncode == -signal.SIGKILL
        now = state_of(killed)
        assert {name: now[name] for name in before} == before  # nothing is fitted twice
        before = now
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    now = state_of(killed)
    assert {name: now[name] for name in before} == before
    assert losses(killed) == losses(whole)
    for name in ("scores.csv", "final.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert train(*given, "2").exit_code == 0
    assert state_of(killed) == now
    assert not list(killed.rglob("state.pt"))
    assert not list(killed.rglob("*.part"))


SVM = """
from mien.training.recipes.declaration import Svm

RECIPE = Recipe("tiny", "functionals", {{"voice": Branch("voice", "egemaps", Svm())}}, inner=2)
"""
FIT = "voice.model.schooling.fit"


def test_a_loss_that_is_not_finite_stops_and_names_batch_and_clips(tmp_path: Path) -> None:
    options = basic(tmp_path)
    said = complaint(train(*options, "--set", f"{FIT}.rate=1e30"))
    assert re.match(r"voice-seed0-fold0: the loss is (nan|inf) at epoch 0, batch \d+; ", said)
    assert re.search(r"clips of the batch: c\d+", said)
    assert not (tmp_path / "run" / "scores.csv").exists()
    said = complaint(train(*options))
    assert "holds another run (branches.voice.model.schooling.fit.rate is 1e+30 there" in said
    assert train(*options, "--force").exit_code == 0
    assert (tmp_path / "run" / "scores.csv").exists()


def test_the_whole_epochs_before_a_loss_that_is_not_finite_are_kept(tmp_path: Path) -> None:
    options = basic(tmp_path, epochs=8)
    rates = (
        "--set",
        f"{FIT}.rate=1e4",
        "--set",
        f"{FIT}.schedule=step",
        "--set",
        f"{FIT}.warmup=0",
    )
    falling = (
        "--set",
        f"{FIT}.gamma=1e30",
        "--set",
        f"{FIT}.period=2",
        "--set",
        f"{FIT}.rate=1e-3",
    )
    said = complaint(train(*options, *rates, *falling))
    epoch = int(re.search(r"at epoch (\d+)", said)[1])  # type: ignore[index]
    assert epoch >= 2
    assert f"the {epoch} whole epochs before it are kept" in said
    folder = tmp_path / "run" / "fits" / "voice-seed0-fold0"
    assert (folder / "state.pt").is_file()
    assert len(losses(tmp_path / "run")["voice-seed0-fold0"]) == epoch


def test_another_setting_or_manifest_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    options = basic(tmp_path)
    assert train(*options).exit_code == 0
    scores = (tmp_path / "run" / "scores.csv").read_bytes()
    said = complaint(train(*options, "--set", f"{FIT}.epochs=3"))
    assert "fit.epochs is 2 there and 3 here" in said
    assert "--force" in said
    assert "seeds is [0] there and [0, 1] here" in complaint(train(*options, "--seeds", "2"))
    before = state_of(tmp_path / "run")
    table = tmp_path / "made.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:-1], lines[-1].replace("angry", "happy")]) + "\n")
    assert "of another manifest, or it was changed" in complaint(train(*options))
    assert (tmp_path / "run" / "scores.csv").read_bytes() == scores
    assert train(*options, "--force").exit_code == 0
    after = state_of(tmp_path / "run")
    assert after.keys() == before.keys()
    kept = {name for name in before if after[name] == before[name]}
    assert len(kept) == 2  # of one fold, whose inner fits do not see that speaker
    assert all("inner" in name for name in kept)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format": 0}', "another version of mien (format 0, this one has 1)"),
        ("[1]", "damaged"),
        ('{"for', "damaged"),
    ],
)
def test_a_run_of_another_version_is_refused(tmp_path: Path, content: str, message: str) -> None:
    options = basic(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(content)
    assert message in complaint(train(*options))
    exported = CliRunner().invoke(app, ["export", str(tmp_path / "run"), str(tmp_path / "new")])
    assert message in complaint(exported)


def test_a_terminal_sees_how_far_the_fits_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    done = train(*basic(tmp_path, epochs=12))
    assert done.exit_code == 0
    assert "of 7 fits; voice-seed0-fold" in done.stderr
    assert "/84" in re.sub(r"\x1b\[[\d;]*m", "", done.stderr)


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    options = basic(tmp_path)
    make_clips(tmp_path, labels=("sad",))
    assert "at least two classes are needed" in complaint(train(*options))
    text = (tmp_path / "made.csv").read_text().splitlines()
    happy = [line.replace("sad", "happy") if ",s0," in line else line for line in text]
    (tmp_path / "made.csv").write_text("\n".join(happy) + "\n")
    said = complaint(train(*options))
    assert re.match(r"voice-seed0-fold\d.*: the training clips .* are of 1 class, and at", said)


def test_a_branch_whose_modality_no_clip_has(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", tone(4.0), 16_000, "mono", "pcm_s16le")
    names = [("happy", "s0"), ("sad", "s0"), ("happy", "s1"), ("sad", "s1")]
    clips = [Clip(f"c{n}", "a.wav", n, n + 1.0, label, who) for n, (label, who) in enumerate(names)]
    write_manifest(Manifest("made", tuple(clips), EMOTIONS, tmp_path), tmp_path / "made.csv")
    out = tmp_path / "run"
    options = ["--data", tmp_path / "made.csv", "--folds", "speaker:2", "--out", out, "-j", "1"]
    said = complaint(train("face_lstm", *options))
    assert "fewer than two speakers" in said
    clips += [replace(c, id=f"{c.id}b", speaker=f"{c.speaker}b") for c in clips]
    write_manifest(Manifest("made", tuple(clips), EMOTIONS, tmp_path), tmp_path / "made.csv")
    said = complaint(train("face_lstm", *options))
    assert said.startswith("no clip has anything for 'face_embedding' (face); leave the branch out")


def test_the_epoch_is_chosen_on_speakers_that_are_held_out(tmp_path: Path) -> None:
    options = basic(tmp_path, epochs=6)
    said = complaint(train(*options, "--set", f"{FIT}.select=acuracy"))
    assert "no such score; there are epoch, loss, accuracy, uar, nll" in said
    early = ("--set", f"{FIT}.select=-nll", "--set", f"{FIT}.patience=1")
    assert "fewer than two; leave fit.select empty" in complaint(train(*options, "--force", *early))
    make_clips(tmp_path, speakers=8)
    assert train(*options, "--force", *early).exit_code == 0
    log = (tmp_path / "run" / "fits" / "voice-seed0-final" / "log.csv").read_text()
    assert log.splitlines()[0] == "epoch,loss,accuracy,uar,nll,seconds"
    rows = [float(r["nll"]) for r in csv.DictReader(log.split())]
    assert len(rows) in (6, rows.index(min(rows)) + 2)


def test_the_rate_range_is_shown_and_nothing_is_kept(tmp_path: Path) -> None:
    recipe, data, *_ = basic(tmp_path)[0], tmp_path / "made.csv"
    options = ["--data", data, "--folds", "speaker:2", "-j", "1"]
    done = train(recipe, *options, "--rate-range")
    assert done.exit_code == 0, done.exception
    assert "voice: loss while the rate rises" in done.output
    assert "1.0e-06" in done.output
    assert not (tmp_path / "run").exists()
    assert "name the new run folder with --out" in complaint(train(recipe, *options))
    text = CNN[: CNN.index("FIT =")] + SVM
    assert "no network" in complaint(
        train(write_recipe(tmp_path, text=text), *options, "--rate-range")
    )


def test_a_run_notes_what_it_was_made_of(tmp_path: Path) -> None:
    options = basic(tmp_path)
    assert train(*options).exit_code == 0
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    digest = hashlib.sha256((tmp_path / "made.csv").read_bytes()).hexdigest()
    assert record["manifest"]["sha256"] == digest
    assert record["recipe"]["branches"]["voice"]["model"]["width"] == 4
    assert {"python", "torch", "mien"} <= record["versions"].keys()
    data = json.loads((tmp_path / "run" / "data.json").read_text())
    assert len(set(data["voice"].values())) == record["manifest"]["clips"] == 24

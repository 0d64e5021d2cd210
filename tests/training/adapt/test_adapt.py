"""From a table of clips to a bundle, whose networks then give what the fits said they would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import mien
from mien.cli.app import app
from mien.cli.show import show_models
from mien.errors import UsageError
from mien.evaluation.verify import verify
from mien.fusion.log_pool import LogPool
from mien.inference.bundle import default_path, load
from mien.labels import EMOTIONS, LabelSet
from mien.training.adapt import Adaptation, adapt, write_adaptation
from mien.training.adapt.correction import Correction
from mien.training.adapt.fitting import Fitted
from mien.training.adapt.keep import Kept
from mien.training.adapt.material import base_of, material
from mien.training.adapt.measure import Collecting, measure
from mien.training.adapt.pool import fused
from mien.training.adapt.trust import Trust
from mien.training.adapt.write import NewBundle, write_bundle
from mien.types import Clip
from tests.training.adapt.made import evidence

NAMES = ("happy", "sad", "angry")
MOODS = ("happy", "bored", "tense")


def table(folder: Path, count: int = 30, people: int = 5, names: Sequence[str] = NAMES) -> Path:
    """Files that nothing has to decode, since what is found in them is kept already."""
    (folder / "clips").mkdir()
    lines = ["path,label,person"]
    for k in range(count):
        (folder / "clips" / f"{k}.mp4").write_bytes(f"clip {k}".encode())
        lines.append(f"clips/{k}.mp4,{names[k % len(names)]},p{k % people if people else ''}")
    path = folder / "labels.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def keep(folder: Path, count: int = 30, signal: float = 1.0, kinds: int = 3) -> None:
    """As if the clips had been measured."""
    kept, draw = Kept(folder / "features", load().sha256), np.random.default_rng(0)
    for k in range(count):
        kept.put(folder / "clips" / f"{k}.mp4", (None, None), evidence(k % kinds, draw, signal))


@pytest.fixture(scope="module")
def sample() -> tuple[Collecting, list[Clip], list[object]]:
    """Ten windows of the sample clip, and the whole of it."""
    bundle = Collecting(default_path())
    stretches = [(None, None), *((0.1 * k, 0.1 * k + 1.5) for k in range(10))]
    clips = [
        Clip(f"{k}", str(mien.sample()), a, b, label=("happy", "sad")[k % 2])
        for k, (a, b) in enumerate(stretches)
    ]
    return bundle, clips, list(measure(bundle, mien.sample(), stretches))


@pytest.mark.parametrize("names", [EMOTIONS.names, MOODS], ids=["same labels", "own labels"])
@pytest.mark.parametrize("kinds", [("head", "head"), ("none", "bias")])
def test_a_bundle_gives_what_was_fitted(
    sample: tuple, names: tuple[str, ...], kinds: tuple[str, str], tmp_path: Path
) -> None:  # fmt: skip
    """The whole way from the file, with numbers made up for every part."""
    bundle, clips, found = sample
    labels = LabelSet("made", names)
    renamed = [Clip(c.id, c.path, c.start, c.end, names[k % 2]) for k, c in enumerate(clips)]
    data = material(bundle, renamed, found, labels)
    base, draw = base_of(bundle, data, labels), np.random.default_rng(0)
    corrections, parts = {}, {}
    for branch, kind in zip(("face", "voice"), kinds, strict=True):
        bias = np.zeros(len(names)) if kind == "none" else draw.normal(size=len(names))
        weights = 0.05 * draw.normal(size=(base.sizes[branch], len(names)))
        corrections[branch] = Correction(kind, bias, weights if kind == "head" else None)
        start = data.linear if kind == "head" else data.said
        parts[branch] = corrections[branch](start[branch], data.rows[branch])
    pool = LogPool({"face": 0.3, "voice": 0.7}, {"face": 3.0, "voice": 2.0, "face+voice": 2.5})
    wanted = fused(pool, parts, base.prior)[0]
    trust = Trust({"face": 0.5, "voice": 0.6, "face+voice": 0.55}, 0.25, 8)
    out = tmp_path / "made"
    write_bundle(bundle, NewBundle("made", labels, base, Fitted(corrections, pool), trust, {}), out)
    answer = mien.analyze(mien.sample(), model=out)
    assert answer.labels == names
    assert answer.probabilities is not None
    np.testing.assert_allclose(list(answer.probabilities.values()), wanted, atol=2e-4)
    assert load(out).spec.reliable_from == trust.reliable_from


def test_labels_that_show_make_a_bundle_that_says_so(tmp_path: Path) -> None:
    path = table(tmp_path)
    keep(tmp_path)
    made = adapt(path, tmp_path / "out")
    assert made.out == tmp_path / "out"
    assert made.gain.points > 0.2
    assert made.known == ""
    bundle = load(made.out)
    assert bundle.labels.names == EMOTIONS.names
    assert mien.analyze(mien.sample(), model=bundle).label in EMOTIONS.names
    card = json.loads((made.out / "card.json").read_text())
    assert card["adapted"]["table"] == "labels.csv"
    assert card["adapted"]["from"]["sha256"] == load().sha256
    assert card["adapted"]["clips"] == 30
    assert card["adapted"]["labels"]["happy"] == 10
    assert [score["n"] for score in card["scores"]] == [30, 30]
    assert "CC BY-NC-SA" in card["licence"]
    assert {one.verdict for one in verify(bundle, tmp_path)} == {"by folds"}
    show_models(Console(file=StringIO()), [made.out])
    files = write_adaptation(made, tmp_path / "report", "out")
    page = files[0].with_name("report.html").read_text()
    assert "McNemar" in page
    assert "adapted" in page
    told = json.loads((tmp_path / "report" / "adapted.json").read_text())
    assert told["points"] == pytest.approx(100 * made.gain.points)
    assert told["groups"] == 5


def test_a_label_set_of_ones_own(tmp_path: Path) -> None:
    path = table(tmp_path, names=MOODS)
    keep(tmp_path)
    with pytest.raises(UsageError, match="unknown labels 'bored'"):
        adapt(path, tmp_path / "out")
    made = adapt(path, tmp_path / "out", labels=MOODS)
    assert made.gain.points > 0.2
    answer = mien.analyze(mien.sample(), model=made.out)
    assert set(answer.probabilities or {}) == set(MOODS)


def test_nothing_gained_is_nothing_written(tmp_path: Path) -> None:
    path = table(tmp_path)
    keep(tmp_path, signal=0.0, kinds=1)
    made: Adaptation = adapt(path, tmp_path / "out")
    assert not made.gain.is_one or made.plan.nothing or made.gain.points < 0.1
    if made.out is None:
        assert not (tmp_path / "out").exists()


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["adapt", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit | mien.MienError)
    text = result.output if result.exception is None else f"{result.output}{result.exception}"
    return result.exit_code, text


def test_the_command_says_what_it_gained_and_goes_on_past_broken_clips(tmp_path: Path) -> None:
    path = table(tmp_path)
    keep(tmp_path, count=28)
    (tmp_path / "clips" / "29.mp4").unlink()
    code, text = run(path, "--out", tmp_path / "out")
    assert code == 1
    assert "28 clips of 5 people" in text
    assert "28.mp4" in text
    assert "29.mp4" in text
    assert "points (95 %" in text
    assert "McNemar" in text
    assert (tmp_path / "out-report" / "report.html").is_file()
    assert load(tmp_path / "out").spec.name == "mien-2-labels"


def test_one_person_is_said_to_be_one(tmp_path: Path) -> None:
    path = table(tmp_path, people=1)
    keep(tmp_path)
    _, text = run(path, "--out", tmp_path / "out")
    assert "anybody else cannot be known" in text
    page = (tmp_path / "out-report" / "report.html").read_text()
    assert "all clips are of one person" in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--map", "happy"), "write it as in joy=happy"),
        (("--labels", "calm"), "give two or more"),
        (("--jobs", -1), "--jobs must be 0 or more"),
        (("--model", "nowhere"), "not a bundle"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, more: tuple[object, ...], words: str) -> None:
    code, text = run(table(tmp_path), "--out", tmp_path / "out", *more)
    assert code != 0
    assert words in text
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    path = table(tmp_path)
    with pytest.raises(UsageError, match="is not empty"):
        adapt(path, tmp_path / "clips")
    for k in range(25):
        (tmp_path / "clips" / f"{k}.mp4").unlink()
    keep_none = tmp_path / "out"
    with pytest.raises(UsageError, match=r"30 clips cannot be used .*0 labelled clips"):
        adapt(path, keep_none)
    assert not keep_none.exists()


QUIET = {"01": "quiet", "02": "quiet", "03": "aroused", "06": "aroused"}


@pytest.mark.data
def test_labels_of_ones_own_on_people_left_out(data: Path, tmp_path: Path) -> None:
    """How aroused eight actors of Java-SED sound, which the bundle has no labels for."""
    lines = ["path,label,person"]
    for path in sorted((data / "java_sed" / "audio").glob("*-0[12]-*.*")):
        actor, _, emotion = path.stem.split("_")[0].split("-")
        if emotion in QUIET:
            lines.append(f"{path},{QUIET[emotion]},{actor}")
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(lines) + "\n")
    made = adapt(table, tmp_path / "out", labels=("quiet", "aroused"))
    assert len(made.clips) == 64
    assert made.gain.groups == 8
    assert made.gain.before.uar == 0.5
    assert made.gain.after.uar > 0.7
    assert made.out is not None
    truth = [made.labels.names[k] for k in made.clips.labels[:4].tolist()]
    answers = [mien.analyze(path, model=made.out).label for path in made.clips.ids[:4]]
    assert answers == truth

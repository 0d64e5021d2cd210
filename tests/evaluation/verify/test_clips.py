"""Bundles on the clips that an official split held out."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

import mien
from mien.cli.app import app
from mien.cli.show import show_models
from mien.data.datasets import corpora
from mien.data.manifest import Manifest, read_manifest, write_manifest
from mien.evaluation.cards import OnClips, OnCorpus, card_scores, clips_sha256, score_text
from mien.evaluation.scores import read_scores
from mien.evaluation.verify import verify
from mien.evaluation.verify.clips import bundle_scores, held_out, scores_on_clips, scores_on_corpus
from mien.evaluation.verify.missing import MissingDataError
from mien.inference.bundle import load
from mien.labels import EMOTIONS
from mien.types import Clip
from tests.cli.corpus import make_clips, write_recipe


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, [str(o) for o in options])


def quiet(*_: object) -> None:
    pass


def shown(folder: Path) -> str:
    console = Console(file=io.StringIO(), width=200)
    show_models(console, [folder])
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of an official split, a run on it and the bundle of that."""
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("official")
    table = read_manifest(make_clips(folder))
    split = {"s0": "train", "s1": "train", "s2": "val", "s3": "test"}
    clips = tuple(replace(c, split=split[c.speaker]) for c in table.clips)
    write_manifest(replace(table, clips=clips), folder / "made.csv")
    options = [write_recipe(folder), "--data", folder / "made.csv", "--out", folder / "run"]
    done = call("train", *options, "-j", "1")
    assert done.exit_code == 0, done.exception
    done = call("export", folder / "run", folder / "bundle")
    assert done.exit_code == 0, done.exception
    return folder


def test_what_a_split_holds_out() -> None:
    clips = [Clip(s or "none", "x", label="sad", split=s) for s in ("train", "val", "test", "")]
    assert [c.id for c in held_out([*clips, Clip("x", "x", split="test")])] == ["val", "test"]


def test_an_exported_bundle_scores_what_its_card_and_its_run_say(made: Path) -> None:
    (check,) = verify(load(made / "bundle"), made)
    assert check.verdict == "same"
    assert check.now is not None
    table = read_scores(made / "run" / "scores.csv")
    assert check.now.scores.n == len(table) == 12
    right = table.systems["voice"].argmax(1) == table.truth
    assert check.now.scores.accuracy == pytest.approx(right.mean())
    assert "voice: " + check.score.text in shown(made / "bundle")


def test_a_better_card_differs(made: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(made / "bundle", bundle)
    card = json.loads((bundle / "card.json").read_text())
    (score,) = card["scores"]
    score["accuracy"] += 1 / 12
    score["text"] = score_text(score["n"], score["accuracy"], score["interval"])
    (bundle / "card.json").write_text(json.dumps(card))
    done = call("models", "verify", bundle, "--data", tmp_path)
    assert done.exit_code == 1, done.exception
    assert "voice: accuracy is" in done.output


def test_the_table_may_have_moved_but_not_changed(made: Path, tmp_path: Path) -> None:
    (score,) = card_scores(made / "bundle")
    assert isinstance(score.how, OnClips)
    moved = msgspec.structs.replace(score.how, manifest="/nowhere/made.csv")
    bundle, table = load(made / "bundle"), read_manifest(made / "made.csv")
    with pytest.raises(MissingDataError, match=r"neither /nowhere/made\.csv nor"):
        scores_on_clips(bundle, [moved], tmp_path, quiet)
    write_manifest(table, tmp_path / "made.csv")
    assert scores_on_clips(bundle, [moved], tmp_path, quiet)[moved].n == score.n
    other = (replace(table.clips[-1], label="angry" if table.clips[-1].label == "sad" else "sad"),)
    write_manifest(replace(table, clips=table.clips[:-1] + other), tmp_path / "made.csv")
    with pytest.raises(MissingDataError, match="other test clips"):
        scores_on_clips(bundle, [moved], tmp_path, quiet)
    lost = tuple(replace(c, path="gone.mp4") for c in table.clips)
    write_manifest(replace(table, clips=lost), tmp_path / "made.csv")
    with pytest.raises(MissingDataError, match="12 of its files are missing"):
        scores_on_clips(bundle, [moved], tmp_path, quiet)


def test_without_a_table_the_corpus_is_read(tmp_path: Path) -> None:
    for place in ("Train_AFEW/Angry/000000001.mp4", "Val_AFEW/Happy/000000002.mp4"):
        (tmp_path / "afew" / place).parent.mkdir(parents=True)
        shutil.copyfile(mien.sample(), tmp_path / "afew" / place)
    corpus = corpora()["afew"]
    clips = held_out(corpus.find(corpus.folder(tmp_path)))
    assert [c.label for c in clips] == ["happy"]
    how = OnClips(corpora=("afew",), manifest="x.csv", clips=clips_sha256(clips), branch=None)
    face = msgspec.structs.replace(how, branch="face")
    found = scores_on_clips(load(), [how, face], tmp_path, quiet)
    assert {s.n for s in found.values()} == {1}
    label = mien.analyze(mien.sample()).label
    assert found[how].confusion[EMOTIONS.index("happy"), EMOTIONS.index(str(label))] == 1
    shutil.copyfile(mien.sample(), tmp_path / "afew/Val_AFEW/Happy/000000003.mp4")
    with pytest.raises(MissingDataError, match="other test clips"):
        scores_on_clips(load(), [how], tmp_path, quiet)


def test_a_whole_corpus_that_was_never_seen(tmp_path: Path) -> None:
    for place in ("video/01-01-03_01.mp4", "video/06-01-01_01.mp4"):
        (tmp_path / "java_sed" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mien.sample(), tmp_path / "java_sed" / place)
    corpus = corpora()["java_sed"]
    clips = corpus.find(corpus.folder(tmp_path))
    how = OnCorpus(
        corpus="java_sed", modality="audio-video", clips=clips_sha256(clips), branch="face"
    )
    found = scores_on_corpus(load(), [how], tmp_path, quiet)[how]
    assert found.n == 2
    assert found.confusion[:, EMOTIONS.index("happy")].sum() == 2
    other = msgspec.structs.replace(how, clips="0" * 64)
    with pytest.raises(MissingDataError, match="other clips"):
        scores_on_corpus(load(), [other], tmp_path, quiet)
    inside = scores_on_corpus(load(), [how], tmp_path / "java_sed" / "video", quiet)[how]
    assert inside.n == 2  # the folder that holds the clips will do
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError, match="does not look like Java-SED"):
        scores_on_corpus(load(), [how], tmp_path / "empty", quiet)


def test_where_nobody_says_anything_the_commonest_class_answers(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 90, np.uint8))
    manifest = Manifest("m", (Clip("g", "grey.png", label="sad"),), EMOTIONS, tmp_path)
    bundle = load()
    prior = dict.fromkeys(EMOTIONS.names, 0.1) | {"sad": 0.4}
    bundle.spec = msgspec.structs.replace(bundle.spec, prior=prior)
    found = bundle_scores(bundle, manifest)
    assert set(found) == {"face", "voice", None}
    assert [s.accuracy for s in found.values()] == [1.0, 1.0, 1.0]

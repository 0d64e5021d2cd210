"""The voice's training: whom each head has heard, what is written, and the network that ships."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.core.runtime import session  # noqa: E402
from mien.data.datasets.speech_corpora import LANGUAGES, Utterance  # noqa: E402
from mien.evaluation.verify.voice_rows import recordings  # noqa: E402
from mien.features.extractors.voice_embedding import encoded_speech  # noqa: E402
from mien.fusion.log_pool import softmax  # noqa: E402
from mien.inference.bundle import load  # noqa: E402
from mien.labels import EMOTIONS  # noqa: E402
from mien.training.learners.linear import LinearHead  # noqa: E402
from project.bundle import voice  # noqa: E402
from project.bundle.release_paths import ReleasePaths  # noqa: E402
from project.bundle.trust import PAIRS  # noqa: E402
from project.bundle.voice import (  # noqa: E402
    cross_validate,
    leave_each_out,
    take_each_alone,
    write_front,
)
from project.bundle.voice_data import ALTERATIONS, Sounds, prepare_all  # noqa: E402
from project.bundle.voice_fit import fit  # noqa: E402

CORPORA = ("ravdess", "emodb", "java_sed")
SIZE = 20


def sounds(count: int = 168) -> list[Sounds]:
    """Recordings of four speakers and three corpora whose class shows in a dimension each."""
    draw, result = np.random.default_rng(0), []
    for k in range(count):
        label, corpus = k % 7, CORPORA[k % 3]
        one = Utterance(f"{k:03}", Path("x"), EMOTIONS.names[label], str(k % 4), corpus)
        states = draw.normal(0, 1, (2, SIZE)).astype(np.float32)
        states[:, label] += 4
        altered = dict.fromkeys(ALTERATIONS if corpus == "ravdess" else (), states[0] + 0.1)
        if k == 6:
            states[:] = np.nan
        result.append(Sounds(one, states, altered))
    return result


def relabelled(given: list[Sounds], corpus: str, speaker: str | None = None) -> list[Sounds]:
    """With "disgust" for whatever a corpus, or one of its speakers, showed."""
    return [
        replace(s, utterance=replace(s.utterance, label="disgust"))
        if s.utterance.corpus == corpus and speaker in (None, s.utterance.speaker)
        else s
        for s in given
    ]


def test_each_recording_is_scored_once_by_a_head_that_did_not_hear_its_speaker(
    tmp_path: Path,
) -> None:
    given, folds = sounds(), [frozenset({"0", "1"}), frozenset({"2", "3"}), frozenset({"9"})]
    for data, name in ((given, "a"), (relabelled(given, "ravdess", "2"), "b")):
        (tmp_path / name).mkdir()
        cross_validate(data, "ravdess", folds, tmp_path / name)
    found, other = (recordings(tmp_path / name / "voice_ravdess.csv") for name in "ab")
    own = [s for s in given if s.utterance.corpus == "ravdess"]
    assert found.ids.tolist() == sorted(s.utterance.id for s in own)
    assert all(
        (int(s) >= 2) == (f == "1") for s, f in zip(found.speakers, found.folds, strict=True)
    )
    heard = ~np.isnan(found.rows[:, 0])
    assert found.ids[~heard].tolist() == ["006"]
    assert (found.answers == found.labels)[heard].mean() > 0.8
    # what speaker 2 showed teaches the heads of the other fold alone
    held = heard & (found.folds == "1")
    np.testing.assert_array_equal(found.rows[held], other.rows[held])
    assert not np.array_equal(found.rows[heard & ~held], other.rows[heard & ~held])


def test_altered_recordings_are_scored_by_the_same_heads(tmp_path: Path) -> None:
    cross_validate(sounds(), "ravdess", [frozenset("01"), frozenset("23")], tmp_path)
    plain = recordings(tmp_path / "voice_ravdess.csv")
    altered = recordings(tmp_path / "voice_ravdess_altered.csv", {"alteration": "telephone"})
    assert altered.ids.tolist() == plain.ids.tolist()
    heard = ~np.isnan(plain.rows[:, 0])
    apart = np.abs(plain.rows - altered.rows)[heard]
    assert 0 < apart.max() < 0.5
    cross_validate(sounds(), "java_sed", [frozenset("01"), frozenset("23")], tmp_path)
    assert not (tmp_path / "voice_java_sed_altered.csv").exists()


def test_a_corpus_that_is_left_out_teaches_nothing(tmp_path: Path) -> None:
    given = sounds()
    for data, name in ((given, "a"), (relabelled(given, "emodb"), "b")):
        (tmp_path / name).mkdir()
        leave_each_out(data, tmp_path / name)
    rows = {
        corpus: [recordings(tmp_path / run / f"voice_left_out_{corpus}.csv").rows for run in "ab"]
        for corpus in CORPORA
    }
    np.testing.assert_array_equal(*rows["emodb"])
    for corpus in ("java_sed", "ravdess"):
        assert not np.array_equal(*rows[corpus], equal_nan=True)


def test_corpora_one_by_one(tmp_path: Path) -> None:
    given = sounds()
    take_each_alone(given, tmp_path)
    with (tmp_path / PAIRS).open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    pairs = [(line["trained_on"], line["tested_on"]) for line in lines]
    assert pairs == [
        *((a, b) for a in CORPORA for b in CORPORA if a != b),
        *(("all others", b) for b in CORPORA),
    ]
    head = fit([s for s in given if s.utterance.corpus == "ravdess"])
    testing = [s for s in given if s.utterance.corpus == "emodb"]
    labels = np.array([EMOTIONS.index(s.utterance.label) for s in testing])
    right = head(np.stack([s.states[0] for s in testing])).argmax(1) == labels
    assert lines[0]["n"] == "56"
    assert float(lines[0]["accuracy"]) == pytest.approx(right.mean(), abs=1e-4)
    by_pair = dict(zip(pairs, lines, strict=True))
    assert by_pair["emodb", "ravdess"]["n"] == "55"  # one is silent


def test_every_corpus_is_read(made_data: Path) -> None:
    clips = voice.corpora(made_data)
    assert list(dict.fromkeys(one.corpus for one in clips)) == list(LANGUAGES)
    assert len({(one.corpus, one.id) for one in clips}) == len(clips)


def test_the_network_that_ships_learned_from_everything(
    run: ReleasePaths, retrained: Path, made_data: Path
) -> None:
    """What it says of a recording in use is what the head of all recordings says of its state."""
    front, states = retrained / "voice" / "front.onnx", retrained / "voice" / "states"
    given = list(prepare_all(voice.corpora(made_data), front, states, 1, "ravdess"))
    head, bundle, measure = fit(given), load(run.bundle), partial(encoded_speech, load(run.bundle))
    for one in given[::8]:
        said = bundle.branch_output(
            "voice", measure("voice", one.utterance.path, None, None), encoded=True
        )
        if np.isnan(one.states[0][0]):
            assert said is None
            continue
        assert said is not None
        # in grid cells of half a second, hence not to the last digit
        expected = softmax(head(one.states[0][None])[0])
        np.testing.assert_allclose(softmax(said.mean), expected, atol=0.01)


@pytest.fixture(scope="module")
def with_head(
    pretrained: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, LinearHead]:
    draw = np.random.default_rng(0)
    head = LinearHead(
        draw.normal(0, 0.1, (1024, 7)).astype(np.float32), draw.normal(size=7).astype(np.float32)
    )
    path = tmp_path_factory.mktemp("network") / "voice.onnx"
    write_front(pretrained / "whisper_front.npz", path, head=head)
    return path, head


def test_the_head_answers_in_every_row(with_head: tuple[Path, LinearHead]) -> None:
    path, head = with_head
    mel = np.random.default_rng(1).normal(size=(1, 80, 150)).astype(np.float32)
    said, states = session(path, 1).run(["log_probs", "embedding"], {"mel": mel})
    assert states.shape == (75, 1024)
    expected = states @ head.weights + head.bias
    np.testing.assert_allclose(said, expected, atol=3e-3)  # weights of half precision
    # a recording's mean answer is what the head says of its mean state, but for a constant
    mean = said.mean(0) - np.log(np.exp(said.mean(0)).sum())
    np.testing.assert_allclose(mean, head(states.mean(0)[None])[0], atol=3e-3)


def test_a_front_without_a_head_says_nothing(pretrained: Path, tmp_path: Path) -> None:
    write_front(pretrained / "whisper_front.npz", tmp_path / "front.onnx")
    mel = np.zeros((1, 80, 20), np.float32)
    (said,) = session(tmp_path / "front.onnx", 1).run(["log_probs"], {"mel": mel})
    np.testing.assert_array_equal(said, np.zeros((10, 7)))


def test_what_was_read_is_not_read_again(
    run: ReleasePaths,
    retrained: Path,
    made_data: Path,
    pretrained: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The recordings are gone; their states are kept."""
    states = {p: p.stat().st_mtime_ns for p in (retrained / "voice" / "states").rglob("*.npz")}
    assert len(states) == len(voice.corpora(made_data))
    wanted = [
        "voice",
        str(made_data),
        str(retrained / "voice"),
        "--front",
        str(pretrained / "x.npz"),
    ]
    monkeypatch.setattr(sys, "argv", wanted)
    with pytest.raises(Exception, match=r"x\.npz"):
        voice.main()  # comes as far as the network that ships, whose weights are not there
    assert {p: p.stat().st_mtime_ns for p in states} == states
    for table in (run.docs / "voice").glob("voice_*.csv"):
        assert (retrained / "voice" / table.name).read_bytes() == table.read_bytes()

"""The voice encoder's training: its batches, its loss, and that it learns and goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.datasets.speech_corpora import Utterance  # noqa: E402
from mien.features.speech_functionals import SIZE  # noqa: E402
from mien.labels import EMOTIONS  # noqa: E402
from mien.recipes.mien.voice import cross_validate, leave_each_out, score  # noqa: E402
from mien.recipes.mien.voice_data import Sounds  # noqa: E402
from mien.recipes.mien.voice_fit import (  # noqa: E402
    RECIPE,
    Learnt,
    Members,
    batches,
    loss,
    network,
    train,
)
from mien.recipes.mien.voice_scores import recordings  # noqa: E402

FIT = replace(RECIPE.fit, epochs=2, steps=60, rate=2e-2)
SMALL = replace(RECIPE, members=2, hidden=32, dropout=(0.0, 0.2), fit=FIT)


def sounds(count: int = 56) -> list[Sounds]:
    """Recordings of four speakers and three corpora whose class shows in forty functionals."""
    draw, result = np.random.default_rng(0), []
    for k in range(count):
        label, corpus = k % 7, ("ravdess", "emodb", "java_sed")[k % 3]
        one = Utterance(f"{k:02}", Path("x"), EMOTIONS.names[label], str(k % 4), corpus)
        rows = draw.normal(0, 1, (6, SIZE)).astype(np.float32)
        rows[:, 40 * label : 40 * label + 40] += 3
        windows = rows[:0] if k == 5 else rows[4:]
        result.append(Sounds(one, rows[:4], windows, np.arange(len(windows)) / 2, {}))
    return result


def test_corpora_have_their_shares_of_what_is_drawn() -> None:
    data = sounds()
    learnt = Learnt.of(data, RECIPE)
    drawn = np.diff(learnt.cumulated, prepend=0)
    assert drawn.sum() == pytest.approx(1)
    for corpus, share in RECIPE.corpora:
        mine = [s.one.corpus == corpus for s in data for _ in s.learnt]
        assert drawn[mine].sum() == pytest.approx(share)


def test_a_corpus_that_is_left_out_leaves_its_share_to_the_others() -> None:
    learnt = Learnt.of([s for s in sounds() if s.one.corpus != "ravdess"], RECIPE)
    assert learnt.cumulated[-1] == pytest.approx(1)


def test_members_get_rows_of_their_own_and_labels_sum_to_one() -> None:
    learnt = Learnt.of(sounds(), RECIPE)
    (first, *_), (again, *_) = (list(batches(learnt.rows, learnt, SMALL, 0)) for _ in range(2))
    x, y = first.tensors
    assert x.shape == (2, SMALL.batch, SIZE)
    assert not torch.equal(x[0], x[1])
    torch.testing.assert_close(y.sum(2), torch.ones(2, SMALL.batch))
    torch.testing.assert_close(x, again.tensors[0])


def test_the_loss_of_an_even_answer_is_the_log_of_the_classes() -> None:
    model = Members(network(SMALL))
    for last in model.net.last:
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.zeros_(last.bias)
    y = torch.eye(7)[torch.randint(7, (2, 5))]
    got = loss(model, (torch.randn(2, 5, SIZE), y)).detach()
    assert float(got) == pytest.approx(np.log(7), rel=1e-5)


def test_it_learns_and_a_finished_run_is_only_loaded(tmp_path: Path) -> None:
    data = sounds()
    model = train(data, tmp_path, SMALL)
    right = [
        score(model, s.windows).mean(0).argmax() == EMOTIONS.index(s.one.label)
        for s in data
        if len(s.windows)
    ]
    assert np.mean(right) > 0.9
    again = train([], tmp_path, SMALL)
    np.testing.assert_array_equal(score(model, data[0].windows), score(again, data[0].windows))


def test_each_recording_is_scored_once_by_a_network_that_did_not_hear_it(tmp_path: Path) -> None:
    data = sounds()
    folds = [frozenset({"0", "1"}), frozenset({"2", "3"})]
    cross_validate(data, "ravdess", folds, tmp_path, SMALL)
    found = recordings(tmp_path / "voice_ravdess.csv")
    mine = [s for s in data if s.one.corpus == "ravdess"]
    assert sorted(found.ids) == sorted(s.one.id for s in mine)
    assert all(
        (int(s) >= 2) == (f == "1") for s, f in zip(found.speakers, found.folds, strict=True)
    )
    assert (found.answers == found.labels).mean() > 0.8


def test_a_corpus_that_is_left_out_teaches_nothing(tmp_path: Path) -> None:
    data = sounds()
    other = [
        replace(s, one=replace(s.one, label="disgust")) if s.one.corpus == "emodb" else s
        for s in data
    ]
    for given, folder in ((data, tmp_path / "a"), (other, tmp_path / "b")):
        leave_each_out(given, folder, replace(SMALL, fit=replace(SMALL.fit, epochs=1)))
    rows = {
        corpus: [recordings(tmp_path / run / f"voice_left_out_{corpus}.csv").rows for run in "ab"]
        for corpus in ("emodb", "java_sed", "ravdess")
    }
    np.testing.assert_array_equal(*rows["emodb"])
    for corpus in ("java_sed", "ravdess"):
        assert not np.array_equal(*rows[corpus], equal_nan=True)

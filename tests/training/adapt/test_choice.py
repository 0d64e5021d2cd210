from __future__ import annotations

from dataclasses import replace

import numpy as np

from mien.training.adapt.choice import choose, leave_out
from mien.training.adapt.fitting import Fits
from mien.training.adapt.gain import gain_of
from tests.training.adapt.made import BASE, made_clips


def quiet(*_: object) -> None:
    pass


def test_a_shift_of_all_answers_is_mended_by_a_bias() -> None:
    clips = made_clips(48, shift=3.0)
    plan, steps = choose(Fits(clips, BASE), np.arange(48))
    assert steps[0].name == "bias by class"
    assert steps[0].taken
    assert steps[0].loss < steps[0].before - 0.1
    assert set(plan.kinds.values()) <= {"bias", "head"}


def test_embeddings_that_show_the_labels_get_a_head_and_gain_on_people_left_out() -> None:
    clips = made_clips(60, signal=1.0)
    fits = Fits(clips, BASE)
    plan, _ = choose(fits, np.arange(60))
    assert "head" in plan.kinds.values()
    found = leave_out(fits, quiet)
    gain = gain_of(found.before, found.after, clips.labels, clips.groups)
    assert gain.is_one
    assert gain.points > 0.1
    assert gain.interval is not None
    assert gain.interval[0] > 0
    assert gain.only_after > gain.only_before
    assert gain.p < 0.05


def test_noise_gains_nothing() -> None:
    """Embeddings say nothing, and the bundle is as good as it can be."""
    written = 0
    for seed in range(4):
        clips = made_clips(40, seed=seed)
        found = leave_out(Fits(clips, BASE), quiet)
        gain = gain_of(found.before, found.after, clips.labels, clips.groups)
        written += gain.is_one and gain.points > 0.05
    assert written <= 1


def test_what_tells_people_apart_is_not_taken_for_what_they_show() -> None:
    """Each person shows one label most of the time, and the embeddings know the person alone."""
    for seed in range(3):
        draw = np.random.default_rng(seed)
        clips, people = made_clips(60, people=6), np.arange(60) % 6
        labels = np.where(draw.random(60) < 0.8, people % 3, draw.integers(0, 3, 60))
        faces = 3 * draw.normal(size=(6, 12))
        rows = dict.fromkeys(("face", "voice"), faces[people] + 0.1 * draw.normal(size=(60, 12)))
        fits = Fits(replace(clips, labels=labels, rows=rows), BASE)
        plan, _ = choose(fits, np.arange(60))
        assert "head" not in plan.kinds.values()


def test_every_clip_is_answered_by_fits_that_did_not_see_its_person() -> None:
    """Labels of a person that are all wrong change nothing in what is said of that person."""
    clips = made_clips(36, signal=1.0)
    mine = np.flatnonzero(clips.groups == "person 0")
    other = clips.labels.copy()
    other[mine] = (other[mine] + 1) % 3
    first = leave_out(Fits(clips, BASE), quiet)
    fits = Fits(replace(clips, labels=other), BASE)
    folds = [fold.tolist() for fold in fits.folds(np.arange(36))]
    second = leave_out(fits, quiet)
    if folds == [fold.tolist() for fold in Fits(clips, BASE).folds(np.arange(36))]:
        np.testing.assert_allclose(first.after[mine], second.after[mine])
    assert not np.allclose(first.after, second.after)


def test_a_branch_that_few_clips_have_is_left_alone() -> None:
    clips = made_clips(30, signal=1.0)
    said = {**clips.said, "voice": np.full((30, 3), np.nan)}
    fits = Fits(replace(clips, said=said, linear=said, rows={"face": clips.rows["face"]}), BASE)
    plan, steps = choose(fits, np.arange(30))
    assert not [step for step in steps if step.name == "linear head of the voice"]
    assert np.isfinite(fits.probabilities(fits.fit(plan, np.arange(30)), np.arange(30))).all()

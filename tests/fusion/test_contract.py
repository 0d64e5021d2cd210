"""Contract of every fusion, found by itself: fits, keeps, loads, repeats, takes absent branches."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mien.fusion
from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores
from mien.fusion.fuser import Fused, Fusion
from mien.fusion.load import load_fusion
from mien.training.schedules import OptimConfig

from .clips import CLASSES, made

# Small enough for a test; every other number is the fusion's own.
SMALL: dict[str, Any] = {
    "trees": 30,
    "rounds": 20,
    "training": OptimConfig(
        epochs=6, steps=20, optimiser="adam", rate=3e-2, average=0.0, clip=1e6, weight_decay=0.0
    ),
    "hidden": (16, 16, 16),
    "hidden_per_modality": 8,
}


def declared() -> dict[str, Fusion]:
    for module in pkgutil.iter_modules(mien.fusion.__path__):
        importlib.import_module(f"mien.fusion.{module.name}")
    found: dict[str, Fusion] = {}
    waiting = list(Fusion.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("mien.") and _whole(kind):
            own = kind()
            known = {f.name for f in fields(own)}  # type: ignore[arg-type]
            changes = {key: value for key, value in SMALL.items() if key in known}
            found[kind.__name__] = replace(own, **changes)  # type: ignore[type-var]
    return found


def _whole(kind: type) -> bool:
    return not inspect.isabstract(kind) and is_dataclass(kind)


Fits = Callable[[str], Fused]
FUSIONS = declared()
TRAIN, LABELS = made(160, seed=0)
TEST, TRUTH = made(200, seed=1)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fits:
    @cache
    def one(name: str) -> Fused:
        return FUSIONS[name].fit(TRAIN, LABELS, CLASSES, 0, tmp_path_factory.mktemp(name))

    return one


def test_all_of_them_are_here(fitted: Fits) -> None:
    assert set(FUSIONS) == {
        "Mean",
        "Maximum",
        "MajorityVote",
        "WeightedMean",
        "LogOpinion",
        "StackedSvm",
        "StackedForest",
        "StackedAdaBoost",
        "ModDrop",
        "ComplementaryModDrop",
        "ScoreTree",
        "ConcatMlp",
    }
    assert {fitted(name).kind for name in FUSIONS} == {
        *("mean", "maximum", "majority_vote", "weighted_mean", "log_pool", "stacked", "network")
    }


@pytest.mark.parametrize("name", FUSIONS)
def test_it_gives_probabilities_that_beat_the_weaker_branches(name: str, fitted: Fits) -> None:
    said = fitted(name).batch(TEST)
    there = np.any([part.present for part in TEST.values()], axis=0)
    assert not there.all()
    assert np.isnan(said[~there]).all()
    np.testing.assert_allclose(said[there].sum(1), 1, atol=1e-6)
    assert said[there].min() >= 0
    right = (said[there].argmax(1) == TRUTH[there]).mean()
    voice = TEST["voice"]
    alone = (voice.log_probs[voice.present].argmax(1) == TRUTH[voice.present]).mean()
    assert right > alone + 0.05


@pytest.mark.parametrize("name", FUSIONS)
def test_what_is_kept_gives_the_same_answers(name: str, tmp_path: Path, fitted: Fits) -> None:
    fused = replace(fitted(name), temperature=1.5)
    spec = json.loads(json.dumps(fused.save(tmp_path)))
    again = load_fusion(spec, tmp_path)
    assert again.kind == fused.kind
    np.testing.assert_allclose(again.batch(TEST), fused.batch(TEST), atol=1e-5)


@pytest.mark.parametrize("name", FUSIONS)
def test_one_clip_is_fused_as_in_a_batch(name: str, fitted: Fits) -> None:
    fused, batch = fitted(name), fitted(name).batch(TEST)
    for row in range(12):
        alone = fused(
            {
                branch: (
                    part.log_probs[row],
                    None if part.descriptor is None else part.descriptor[row],
                )
                if part.present[row]
                else (None, None)
                for branch, part in TEST.items()
            }
        )
        if alone is None:
            assert np.isnan(batch[row]).all()
        else:
            np.testing.assert_allclose(alone, batch[row], atol=1e-6)


@pytest.mark.parametrize("name", FUSIONS)
def test_absent_branches_are_left_out_and_none_gives_none(name: str, fitted: Fits) -> None:
    fused = fitted(name)
    assert fused({}) is None
    assert fused(dict.fromkeys(fused.branches, (None, None))) is None
    for branch, part in TEST.items():
        row = int(np.flatnonzero(part.present)[0])
        descriptor = None if part.descriptor is None else part.descriptor[row]
        alone = fused({branch: (part.log_probs[row], descriptor)})
        assert alone is not None
        assert alone.shape == (CLASSES,)
        assert np.isfinite(alone).all()
    with pytest.raises(UsageError, match="no branch 'nose'"):
        fused({"nose": (np.zeros(CLASSES), None)})


@pytest.mark.parametrize("name", FUSIONS)
def test_a_seed_repeats_whatever_stands_in_absent_rows(
    name: str, tmp_path: Path, fitted: Fits
) -> None:
    noise = {
        branch: BranchScores(
            np.where(part.present[:, None], part.log_probs, 5.0),
            None
            if part.descriptor is None
            else np.where(part.present[:, None], part.descriptor, 99.0),
            part.present,
        )
        for branch, part in reversed(TRAIN.items())
    }
    before = {branch: part.log_probs.copy() for branch, part in noise.items()}
    again = FUSIONS[name].fit(noise, LABELS, CLASSES, 0, tmp_path)
    np.testing.assert_array_equal(again.batch(TEST), fitted(name).batch(TEST))
    for branch, part in noise.items():
        np.testing.assert_array_equal(part.log_probs, before[branch])


@pytest.mark.parametrize("name", FUSIONS)
def test_what_does_not_fit_is_refused(name: str, tmp_path: Path) -> None:
    fusion = FUSIONS[name]
    gone = BranchScores.of(np.full((160, CLASSES), np.nan))
    with pytest.raises(UsageError, match="'voice' is absent from every clip"):
        fusion.fit({**TRAIN, "voice": gone}, LABELS, CLASSES, 0, tmp_path)
    with pytest.raises(UsageError, match="labels: must be 160 columns from 0 to 3"):
        fusion.fit(TRAIN, LABELS - 1, CLASSES, 0, tmp_path)
    with pytest.raises(UsageError, match="has 4 classes, the fusion has 5"):
        fusion.fit(TRAIN, LABELS, 5, 0, tmp_path)


def test_declaring_and_running_need_neither_torch_nor_scikit_learn(
    tmp_path: Path, fitted: Fits
) -> None:
    specs = {}
    for name in FUSIONS:
        (tmp_path / name).mkdir()
        specs[name] = fitted(name).save(tmp_path / name)
    sizes = dict.fromkeys(fitted("ModDrop").branches, 0)
    sizes |= {b: p.descriptor.shape[1] for b, p in TEST.items() if p.descriptor is not None}
    program = f"""
import sys, json
from pathlib import Path
import numpy as np
from mien.fusion import concat_mlp, log_opinion, majority, maximum, mean, mod_drop, score_tree
from mien.fusion import stacked_adaboost, stacked_forest, stacked_svm, weighted_mean
from mien.fusion.load import load_fusion
say = {{b: (np.zeros({CLASSES}), np.zeros(d) if d else None) for b, d in {sizes!r}.items()}}
for name, spec in json.loads({json.dumps(specs)!r}).items():
    assert load_fusion(spec, Path({str(tmp_path)!r}) / name)(say) is not None
heavy = {{"torch", "sklearn", "scipy", "onnx", "skl2onnx"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""The default bundle beside a run of another recipe, which is really trained on the same clips."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from mien.bundle import load
from mien.commands.train import train
from mien.errors import UsageError
from mien.evaluate.cost import read_costs
from mien.manifest import write_manifest
from mien.metrics import mcnemar
from mien.recipes.mien import evaluate
from mien.recipes.mien.clip_faces import video_clips
from mien.recipes.mien.fusion_scores import fusion_table
from mien.recipes.mien.paper_rows import paper_rows
from mien.recipes.mien.place import Place
from mien.scores import read_scores

CHANGED = ["face.model.schooling.fit.epochs=1", "face.model.schooling.fit.steps=2"]
CHANGED += [name.replace("face", "voice", 1) for name in CHANGED]
CHANGED += ["voice.model.width=4", "voice.model.embedding=8", "voice.model.schooling.batch=4"]
CHANGED += ["inner=2"]


@pytest.fixture(scope="module")
def trained(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the recipe for clips on all clips, in the folds of Java-SED."""
    folder = tmp_path_factory.mktemp("trained")
    write_manifest(video_clips(made_data), folder / "clips.csv")
    train(
        "mien",
        data=folder / "clips.csv",
        out=folder / "other",
        folds="speaker",
        change=CHANGED,
        jobs=1,
    )
    return folder / "other"


def test_both_are_scored_on_the_same_clips_and_compared(
    trained: Path, run: Place, made_data: Path
) -> None:
    evaluate.papers(made_data, [trained], run)
    report = json.loads((run.reports / "papers.json").read_text())
    ours, theirs = report["rows"]["mien"], report["rows"]["other"]
    table, fused = read_scores(trained / "scores.csv"), fusion_table(run.reports)
    assert table.ids == fused.ids
    right = fused.systems["fused"].argmax(1) == fused.truth
    other = table.systems["fused"].argmax(1) == table.truth
    assert (ours["n"], theirs["n"]) == (24, 24)
    assert (ours["accuracy"], theirs["accuracy"]) == (
        round(right.mean(), 6),
        round(other.mean(), 6),
    )
    assert theirs["ours_better_by"] == pytest.approx(right.mean() - other.mean(), abs=1e-4)
    assert theirs["p_holm"] == pytest.approx(mcnemar(right, other)[2], abs=1e-4)
    assert "p_holm" not in ours
    assert (ours["system"], theirs["system"]) == ("fused", "fused")
    assert (ours["size"], theirs["size"]) == ("full", "small")
    cost = read_costs(trained)
    assert cost is not None
    assert theirs["megabytes"] == cost.systems["fused"].megabytes
    assert ours["megabytes"] == pytest.approx(load(run.bundle).size / 1e6)
    assert ours["milliseconds"] > 0
    assert np.isfinite(theirs["milliseconds"])


def test_a_run_without_costs_or_of_other_clips_is_refused(
    trained: Path, run: Place, made_data: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    (copy / "cost.json").unlink()
    with pytest.raises(
        UsageError, match=r"copy: no cost\.json with 'fused'; 'mien evaluate"
    ) as told:
        paper_rows(made_data, [copy], run)
    assert "\n" not in str(told.value)
    shutil.copyfile(trained / "cost.json", copy / "cost.json")
    lines = (copy / "scores.csv").read_text().replace("video/01-01-02_01", "video/elsewhere")
    (copy / "scores.csv").write_text(lines)
    with pytest.raises(UsageError) as told:
        paper_rows(made_data, [copy], run)
    assert "\n" not in str(told.value)

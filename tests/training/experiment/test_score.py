from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.cli.evaluate import evaluate
from mien.data.manifest import write_manifest
from mien.errors import UsageError
from mien.evaluation.reports import read_run
from mien.evaluation.scores import read_scores
from mien.features.store import Store, load_features
from mien.training.experiment.plan import OUTER, FitJob
from mien.training.experiment.run import outer_rows
from mien.training.experiment.score import altered_scores, open_plan, rows_of, touched
from mien.training.experiment.work import extractor_of
from tests.training.experiment.conftest import stretches


def test_plain_clips_score_as_in_the_training(run: Path) -> None:
    plan = open_plan(run)
    fold = plan.folds[1]
    for branch, wanted in outer_rows(plan, 0, fold).items():
        one = extractor_of(plan.task.recipe.branches[branch])
        features = load_features(plan.manifest, one, Store(plan.task.store))
        unit = FitJob(branch, 0, fold.number, OUTER, fold.train, fold.test)
        given = rows_of(plan, unit, [features[i] for i in fold.test])
        np.testing.assert_allclose(given.log_probs, wanted.log_probs, atol=1e-5)
        assert len(given.present) == 4


def test_without_one_modality_the_other_answers_alone(run: Path) -> None:
    evaluate(run, alter="muted, faceless", jobs=1)
    plain = read_scores(run / "scores.csv")
    for name, left, gone in (("muted", "face", "voice"), ("faceless", "voice", "face")):
        table = read_scores(run / "altered" / f"{name}.csv")
        assert set(table.systems) == {gone, "fused"}
        assert table.absent(gone).all()
        np.testing.assert_allclose(table.systems["fused"], plain.systems[left], atol=2e-6)
        assert table.ids == plain.ids
        assert np.array_equal(table.fold, plain.fold)
    report = read_run(run)
    assert list(report.altered) == ["muted", "faceless"]
    text = (run / "report" / "report.md").read_text()
    assert "| muted | fused | 8 | 0 |" in text
    assert "| faceless | face | 8 | 8 |" in text


def test_a_branch_that_is_not_touched_is_not_scored_again(run: Path) -> None:
    plan = open_plan(run)
    assert {b: one.alteration for b, one in touched(plan, "blur").items()} == {"face": "blur"}
    assert set(touched(plan, "noise 10 dB")) == {"voice"}
    assert set(touched(plan, "faster")) == {"face", "voice"}
    with pytest.raises(UsageError, match=r"has no 'face_embedding', as it is made now, of 8 of 8"):
        altered_scores(plan, "low light")


def test_what_the_recipe_cannot_notice_is_left_out(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "run.json"
    record = json.loads(path.read_text())
    del record["recipe"]["branches"]["voice"]
    path.write_text(json.dumps(record))
    evaluate(run, alter="muted,faceless", jobs=1)
    assert "muted: changes nothing that this recipe looks at; left out" in capsys.readouterr().out
    assert [p.name for p in (run / "altered").iterdir()] == ["faceless.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alter": "fog"}, "unknown alteration 'fog'"),
        ({"alter": "all", "data": Path("x.csv")}, "one at a time"),
        ({"jobs": -1}, "must be 0 or more"),
    ],
)
def test_wrong_usage_is_told(run: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        evaluate(run, **options)  # type: ignore[arg-type]


def test_a_run_whose_clips_changed_is_not_scored(trained: Path, run: Path, tmp_path: Path) -> None:
    given = stretches()
    odd = replace(given.clips[0], end=2.0)
    write_manifest(replace(given, clips=(odd, *given.clips[1:])), tmp_path / "changed.csv")
    path = run / "run.json"
    record = json.loads(path.read_text())
    record["manifest"]["path"] = str(tmp_path / "changed.csv")
    path.write_text(json.dumps(record))
    with pytest.raises(UsageError, match=r"with other numbers or another .*changed\.csv"):
        open_plan(run, trained / "features")

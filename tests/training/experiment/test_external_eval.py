from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.cli.evaluate import evaluate
from mien.data.manifest import Manifest, write_manifest
from mien.errors import UsageError
from mien.evaluation.reports import read_report, read_run
from mien.evaluation.scores import ScoreTable
from mien.labels import EMOTIONS, LabelSet
from mien.training.experiment.external_eval import check_labels, seen_speakers
from mien.training.experiment.score import open_plan
from tests.conftest import tone, write_sound
from tests.training.experiment.conftest import stretches


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """The sample under another name, with one clip that has no face and no speech."""
    media = tmp_path / "copy.mp4"
    media.write_bytes(mien.sample().read_bytes())
    sound = write_sound(tmp_path / "a.wav", tone(1.0), 16_000, "mono", "pcm_s16le")
    given = stretches("others", "xy")
    clips = [replace(clip, path=str(media)) for clip in given.clips]
    clips.append(replace(clips[0], id="tone", path=str(sound), start=None, end=None, speaker="z"))
    clips.append(replace(clips[0], id="nobody knows", label=""))
    write_manifest(replace(given, clips=tuple(clips)), tmp_path / "others.csv")
    return tmp_path / "others.csv"


def test_the_final_system_scores_other_clips_and_reports_beside_the_run(
    run: Path, others: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(run, others, jobs=1)
    assert "run on others" in capsys.readouterr().out
    folder = run / "on" / "others"
    found = read_run(folder)
    assert (found.stamp, found.title) == ("", "run on others")
    assert found.prior == json.loads((run / "final.json").read_text())["prior"]
    assert found.costs.keys() == {"face", "voice", "fused"}
    assert np.array_equal(found.table.absent("fused"), [False] * 4 + [True, False])
    (report,) = read_report(folder / "report" / "report.json").reports
    assert (report.n, report.unlabelled, report.speakers) == (5, 1, 3)
    assert all(one.n == 5 for one in report.systems)
    assert "the final system, trained on clips" in report.facts["folds"]
    assert (others.parent / "features").is_dir()
    _fused_by_the_pool(run, found.table)


def _fused_by_the_pool(run: Path, table: ScoreTable) -> None:
    """Worked out by hand for the first clip."""
    joint = json.loads((run / "fusion" / "final" / "joint.json").read_text())
    pool, own = joint["fusions"]["fused"], joint["temperatures"]
    first = {b: table.systems[b][0] * own[b] for b in ("face", "voice")}
    pooled = sum(pool["weights"][b] * rows for b, rows in first.items())
    pooled = pooled / pool["temperatures"]["face+voice"]
    exact = pooled - np.log(np.exp(pooled).sum())
    assert table.systems["fused"][0] == pytest.approx(exact, abs=1e-4)


def test_speakers_that_were_trained_on_are_refused_or_stamped(run: Path, trained: Path) -> None:
    with pytest.raises(UsageError, match=r"4 speakers were in the training \(a, b, c, d\)"):
        evaluate(run, trained / "clips.csv", jobs=1)
    evaluate(run, trained / "clips.csv", jobs=1, allow_seen=True)
    text = (run / "on" / "clips" / "report" / "report.md").read_text()
    assert "speakers seen in training" in text
    row = next(line for line in text.splitlines() if line.startswith("| fused |"))
    assert row.count("†") >= 6


def test_who_was_seen_goes_by_corpus_and_file(run: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.mp4").write_bytes(mien.sample().read_bytes())
    plan = open_plan(run)
    copy = str(tmp_path / "copy.mp4")

    def seen(**changed: object) -> list[str]:
        clips = tuple(replace(c, **{"path": copy, **changed}) for c in stretches().clips[:2])
        return seen_speakers(plan, Manifest("m", clips, EMOTIONS, Path()))

    assert seen() == ["a"]
    assert seen(extra={}) == ["a"]  # of no known corpus: to be on the safe side
    assert seen(extra={"corpus": "other"}) == []
    assert seen(speaker="new") == []
    assert seen(speaker="") == []
    assert seen(speaker="new", path=str(mien.sample())) == ["new"]
    assert seen(speaker="", path=str(mien.sample())) == ["mine-a-happy", "mine-a-sad"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("", ""), "no clip has a label"),
        (("calm", "bored"), r"has other labels \(bored, calm\) than the run \(happy, sad\)"),
        (("happy", "calm"), r"labels that the run does not know: 1 'calm'; it knows happy, sad"),
    ],
)
def test_labels_that_do_not_agree(labels: tuple[str, str], said: str) -> None:
    pair = zip(stretches().clips[:2], labels, strict=True)
    clips = tuple(replace(clip, label=label) for clip, label in pair)
    with pytest.raises(UsageError, match=said):
        check_labels(LabelSet("own", ("happy", "sad")), Manifest("m", clips, EMOTIONS, Path()))

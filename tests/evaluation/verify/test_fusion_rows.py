"""The rows of face, voice and both, from stored scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.evaluation.verify.fusion_rows import against, fusion_rows, fusion_table
from tests.project.bundle.made import made_scores


def test_rows_of_systems_and_of_groups(tmp_path: Path) -> None:
    rows = fusion_rows(made_scores(tmp_path, absent=0))
    names = list(rows)
    assert names[:5] == [
        *["Java-SED, face", "Java-SED, voice", "Java-SED, fused"],
        *["Java-SED, voice, corpus never heard", "Java-SED, fused, corpus never heard"],
    ]
    assert [s.n for s, _ in rows.values()][:5] == [96] * 5
    women, men = rows["Java-SED, fused, women"][0], rows["Java-SED, fused, men"][0]
    assert women.n == men.n == 48
    whole = rows["Java-SED, fused"][0]
    assert np.isclose((women.accuracy + men.accuracy) / 2, whole.accuracy)
    (best,) = [s for name, (s, _) in rows.items() if "fused, best actor" in name]
    (worst,) = [s for name, (s, _) in rows.items() if "fused, worst actor" in name]
    assert best.uar > whole.uar > worst.uar
    assert best.uar_interval is None
    assert rows["Java-SED, fused"][1] is not None
    heard, unheard = rows["Java-SED, voice"][0], rows["Java-SED, voice, corpus never heard"][0]
    assert heard.accuracy > unheard.accuracy  # as it was made up


def test_clips_without_a_voice_count_by_their_face(tmp_path: Path) -> None:
    table = fusion_table(made_scores(tmp_path, absent=2))
    assert len(table) == 96
    absent = np.isnan(table.systems["voice"][:, 0])
    assert absent.sum() == 2
    face, fused = table.systems["face"], table.systems["fused"]
    np.testing.assert_array_equal(fused[absent], face[absent])
    assert not np.isclose(fused[~absent], face[~absent]).all(1).any()


def test_both_are_compared_with_one_branch(tmp_path: Path) -> None:
    table = fusion_table(made_scores(tmp_path))
    right = {n: s.argmax(1) == table.truth for n, s in table.systems.items()}
    only, lost = (right["fused"] & ~right["face"]).sum(), (right["face"] & ~right["fused"]).sum()
    assert against(table, "face").startswith(f"only fused right {only}, only face right {lost}, ")
    assert only > lost


def test_a_clip_without_a_row_of_its_voice_is_named(tmp_path: Path) -> None:
    path = made_scores(tmp_path) / "voice_java_sed.csv"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("video/03-0,")]
    path.write_text("\n".join(kept) + "\n")
    with pytest.raises(UsageError, match="no clip 'video/03-0'"):
        fusion_table(tmp_path)
    path.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        fusion_table(tmp_path)

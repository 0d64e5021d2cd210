"""The rows of face, voice and both, from stored scores."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from mien.recipes.mien.fusion_scores import fusion_rows, fusion_table, reliable_from
from tests.recipes.mien.made import made_scores


def test_rows_of_systems_and_of_groups(tmp_path: Path) -> None:
    rows = fusion_rows(made_scores(tmp_path))
    names = list(rows)
    assert names[:3] == ["Java-SED, face", "Java-SED, voice", "Java-SED, fused"]
    assert [s.n for s, _ in rows.values()][:3] == [96, 96, 96]
    women, men = rows["Java-SED, fused, women"][0], rows["Java-SED, fused, men"][0]
    assert women.n == men.n == 48
    whole = rows["Java-SED, fused"][0]
    assert np.isclose((women.accuracy + men.accuracy) / 2, whole.accuracy)
    (best,) = [s for name, (s, _) in rows.items() if "fused, best actor" in name]
    (worst,) = [s for name, (s, _) in rows.items() if "fused, worst actor" in name]
    assert best.uar > whole.uar > worst.uar
    assert best.uar_interval is None
    assert rows["Java-SED, fused"][1] is not None


def test_the_confidence_from_which_two_in_three_are_right(tmp_path: Path) -> None:
    table = fusion_table(made_scores(tmp_path, absent=0))
    least = reliable_from(table)
    said = np.exp(table.systems["fused"])
    right = said.argmax(1) == table.truth
    assert right[said.max(1) >= least].mean() >= 2 / 3
    assert right[said.max(1) >= least - 0.05].mean() < 2 / 3 or least == 0.2


def test_where_two_in_three_are_never_right_no_answer_is_reliable(tmp_path: Path) -> None:
    table = fusion_table(made_scores(tmp_path, absent=0))
    said = np.exp(table.systems["fused"])
    never = dataclasses.replace(table, truth=(said.argmax(1) + 1) % said.shape[1])
    assert reliable_from(never) == 1.0

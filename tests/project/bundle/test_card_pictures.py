"""Pictures that stand alone."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mien.evaluation.verify.fusion_rows import fusion_table
from project.bundle.card_pictures import draw_reliability, draw_risk
from tests.project.bundle.made import made_scores


def test_both_are_pictures_of_their_own(tmp_path: Path) -> None:
    table = fusion_table(made_scores(tmp_path))
    area, risk = draw_risk(table, "fused", tmp_path / "risk.svg")
    assert len(risk) == 100
    assert area == pytest.approx(np.mean(risk), abs=0.02)
    draw_reliability(table.truth, np.exp(table.systems["face"]), tmp_path / "true.svg")
    for name in ("risk.svg", "true.svg"):
        root = ElementTree.parse(tmp_path / name).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.find("{http://www.w3.org/2000/svg}style") is not None

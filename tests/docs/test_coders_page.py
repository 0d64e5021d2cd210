"""docs/guides/coders.md: its commands on clips that everybody has, and on a slice of corpora."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, prepare, run

PAGE = ROOT / "docs" / "guides" / "coders.md"
OWN, *CORPORA = [block for block in blocks(PAGE) if block.language == "sh"]


def test_the_two_commands(tmp_path: Path) -> None:
    prepare(tmp_path)
    printed = run(OWN, tmp_path, {})
    assert "The coders agree with each other" in printed
    study = json.loads((tmp_path / "agreement" / "agreement.json").read_text("utf-8"))
    assert study["coders"] == ["anna", "ben"]
    assert study["clips"] == 2
    assert not study["faults"]
    for name in ("agreement.html", "pairs.csv", "disagreements.csv"):
        assert (tmp_path / "agreement" / name).is_file()


@pytest.mark.slow
@pytest.mark.data
def test_the_worked_examples_on_a_slice(data: Path, tmp_path: Path) -> None:
    changes = {
        "DATA": str(data),
        r"benchmarks/coders.py": f"{ROOT}/benchmarks/coders.py",
        r"crowds.csv > ": "crowds.csv --clips 300 > ",
        r"--clips 400": "--clips 12",
    }
    for block in CORPORA:
        run(block, tmp_path, changes)
    study = json.loads((tmp_path / "crowds" / "agreement.json").read_text("utf-8"))
    assert study["coders"] == ["voice", "face", "both"]
    kappas = {(p["first"], p["second"]): p["kappa"]["value"] for p in study["pairs"]}
    assert kappas["face", "both"] > kappas["voice", "face"] > 0

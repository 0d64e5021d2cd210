"""The README's figures come from the reports, and stand where they belong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from project.bundle import readme

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the repository's README and reports, where commands are run."""
    shutil.copyfile(ROOT / "README.md", tmp_path / "README.md")
    (tmp_path / "reports").mkdir()
    for path in (ROOT / "reports").glob("*.json"):
        shutil.copyfile(path, tmp_path / "reports" / path.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(path: Path, value: float, *keys: str) -> None:
    report = json.loads(path.read_text())
    inner = report
    for key in keys[:-1]:
        inner = inner[key]
    assert keys[-1] in inner
    inner[keys[-1]] = value
    path.write_text(json.dumps(report))


def test_the_readme_says_what_the_reports_say(checkout: Path) -> None:
    readme.fill()
    assert (checkout / "README.md").read_text() == (ROOT / "README.md").read_text()


def test_a_changed_figure_shows_and_nothing_else_moves(checkout: Path) -> None:
    reports, clip = checkout / "reports", "720p, one person"
    change(reports / "face.json", 0.1234, "rows", "FER2013 private test", "accuracy")
    change(reports / "voice.json", 0.2345, "rows", "RAVDESS speech, unseen actors", "accuracy")
    change(reports / "fusion.json", 0.3456, "rows", "Java-SED, fused", "accuracy")
    change(reports / "speed.json", 6.78, "pipeline", clip, "2", "default", "wall")
    before = (checkout / "README.md").read_text().splitlines()
    readme.fill()
    after = (checkout / "README.md").read_text().splitlines()
    assert len(after) == len(before)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 4
    text = "\n".join(changed)
    assert "| face | web pictures like those learned from |" in text
    assert {"12.3 (", "23.4 (", "34.6 ("} <= {text[k : k + 6] for k in range(len(text))}
    assert "take 6.78 s on two threads" in text

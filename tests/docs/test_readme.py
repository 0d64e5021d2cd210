"""README.md: what it shows after `make demo`, on the sample clip."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks, prepare, run

PAGE = ROOT / "README.md"


def kinds() -> dict[str, Block]:
    """The blocks that are run here, by what they begin with."""
    found = {}
    for one in blocks(PAGE):
        for start in (".venv/bin/mien predict", "import mien", "make demo"):
            if one.code.startswith(start):
                found[start] = one
    return found


def test_the_commands_on_clips_of_ones_own(tmp_path: Path) -> None:
    prepare(tmp_path)
    said = run(kinds()[".venv/bin/mien predict"], tmp_path, {r"^\.venv/bin/": ""})
    assert '"schema": 1' in said
    assert "happy" in said
    assert (tmp_path / "results/anna/one.mp4.html").is_file()
    assert (tmp_path / "clips.csv").read_text().startswith("path,label,confidence,")


def test_five_lines_of_python(tmp_path: Path) -> None:
    said = run(kinds()["import mien"], tmp_path, {})
    assert said.startswith("neutral 0.")


@pytest.mark.slow
@pytest.mark.external
def test_make_demo_in_a_fresh_clone(tmp_path: Path) -> None:
    """The whole way of a newcomer: environment, package, sample. Needs a package index."""
    if not (ROOT / ".git").exists() or shutil.which("make") is None:
        pytest.skip("needs a git checkout and make")
    clone = tmp_path / "mien"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{ROOT}", clone], check=True)
    make = ["make", "demo", f"PYTHON={sys.executable}"]
    done = subprocess.run(make, cwd=clone, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "happy" in done.stdout
    assert (clone / "demo-out" / "sample.mp4.html").is_file()

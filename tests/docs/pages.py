"""The code blocks of the docs, and running them as a reader would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import mien

__all__ = ["ROOT", "SHOWN", "Block", "blocks", "plain", "prepare", "run"]

ROOT = Path(__file__).resolve().parents[2]
RUN = {"sh", "python"}
SHOWN = {"text", "json", "xml"}
"""Languages that, right after a block that is run, stand for what it prints."""

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Args:
        language: after the fence; "" where there is none.
        code: its lines.
        shown: the output that the page shows for it, "" for none.
        line: of its fence, from 1.
    """

    language: str
    code: str
    shown: str
    line: int


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page in their order, without those that only show output."""
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        language, code = match[1], match[2]
        last = found[-1] if found else None
        between = text[end : match.start()].strip()
        end = match.end()
        if language in SHOWN and last and last.language in RUN and not between and not last.shown:
            found[-1] = Block(last.language, last.code, code, last.line)
            continue
        found.append(Block(language, code, "", text.count("\n", 0, match.start()) + 1))
    return found


def prepare(folder: Path) -> None:
    """What a reader has: a clip, and a folder of clips."""
    for name in ("clip.mp4", "clips/anna/one.mp4", "clips/ben/two.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(mien.sample(), folder / name)


def run(block: Block, folder: Path, changes: dict[str, str]) -> str:
    """Run one block in a folder, in a process of its own, and give what it printed.

    Args:
        changes: {regular expression: replacement} in the code, for example of DATA.

    Raises:
        AssertionError: it failed, with all that it printed.
    """
    code = block.code
    for pattern, new in changes.items():
        code = re.sub(pattern, new, code, flags=re.MULTILINE)
    shell = ["bash", "-euo", "pipefail", "-c", code]
    command = shell if block.language == "sh" else [sys.executable, "-W", "error", "-c", code]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "96", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"line {block.line}:\n{code}\n{done.stdout}"
    assert "Traceback" not in done.stdout, f"line {block.line}:\n{code}\n{done.stdout}"
    return done.stdout


def plain(text: str) -> str:
    """Without numbers, frames and the width of columns: what a busy machine does not change."""
    return " ".join(re.sub(r"[\d.,–−+%-]+|[━─▁▂▃▄▅▆▇█▉▊▋▌▍▎▏]", " ", text).split())

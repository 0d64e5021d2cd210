from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mien
from mien.features.extractors import code
from mien.features.extractors.code import code_modules, code_version

FIRST = '''"""What it does."""
from mien.planted_part import scale

def value(x: float) -> float:
    """Docstring."""
    return scale(x) + 1  # a comment
'''
PART = "def scale(x: float) -> float:\n    return 2 * x\n"

Plant = Callable[[str, str], str]


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Version of a module of mien with the given text, which imports another."""
    monkeypatch.setattr(mien, "__path__", [*mien.__path__, str(tmp_path)])
    caches = (code.code_version, code._tree, code._is_module)

    def made(first: str, part: str) -> str:
        (tmp_path / "planted.py").write_text(first)
        (tmp_path / "planted_part.py").write_text(part)
        for cache in caches:
            cache.cache_clear()
        try:
            return code_version("mien.planted")
        finally:
            for cache in caches:
                cache.cache_clear()

    return made


def test_words_about_the_code_change_nothing(version: Plant) -> None:
    words = FIRST.replace("What it does.", "Other words.").replace("a comment", "more")
    spaced = words.replace("\n\ndef", "\n\n\n\ndef").replace("Docstring.", "Longer.\n\n    Text.")
    assert version(FIRST, PART) == version(spaced, "# here\n" + PART)


def test_code_changes_it_wherever_it_is(version: Plant) -> None:
    found = {
        version(FIRST, PART),
        version(FIRST.replace("+ 1", "+ 2"), PART),
        version(FIRST, PART.replace("2 *", "3 *")),
    }
    assert len(found) == 3


def test_all_that_makes_a_face_counts() -> None:
    modules = set(code_modules("mien.features.extractors.face_embedding"))
    wanted = {
        "features.extractors.faces",
        "features.extractors.passes",
        "faces.align",
        "faces.blazeface",
        "faces.finder",
    }
    wanted |= {"faces.mtcnn", "faces.track", "media.picture", "media.reader", "media.clock"}
    assert {f"mien.{name}" for name in wanted} <= modules
    assert not {
        name for name in modules if name.startswith(("mien.output.report", "mien.training"))
    }


def test_all_that_makes_a_window_counts() -> None:
    modules = set(code_modules("mien.features.extractors.log_mel"))
    wanted = {"features.log_mel", "features.speech", "features.voice_windows", "media.sound"}
    assert {f"mien.{name}" for name in wanted} | {"mien.features.windows"} <= modules

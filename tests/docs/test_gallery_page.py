"""docs/gallery.md: what it shows as printed is what the commands print today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, plain

PAGE = ROOT / "docs" / "gallery.md"


@pytest.mark.slow
def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "project" / "pages")
    import gallery

    page = plain(PAGE.read_text("utf-8"))
    shown = [exhibit for exhibit in gallery.EXHIBITS if not exhibit.file]
    assert len(shown) == 3
    for exhibit in shown:
        gallery.make_clips(tmp_path, exhibit.command)
        assert plain(gallery.printed(exhibit.command, tmp_path)) in page, exhibit.name
    for exhibit in gallery.EXHIBITS:
        gallery.filled(PAGE.read_text("utf-8"), exhibit, "")  # names the command, has the place
        assert not exhibit.file or (gallery.PICTURES / f"{exhibit.name}.png").is_file()

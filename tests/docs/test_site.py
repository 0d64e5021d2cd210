"""`make docs`: it builds without a warning, and nothing in it is fetched from another host."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT

pytest.importorskip("material")
pytest.importorskip("mkdocstrings")

LOADING = {
    "audio": ["src"],
    "embed": ["src"],
    "form": ["action"],
    "iframe": ["src"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "link": ["href"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "video": ["src", "poster"],
}
"""Tags and attributes that make a browser fetch something without being asked."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Links(HTMLParser):
    """What a page loads, where it leads, and the places in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.leads: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            if name in LOADING.get(tag, []):
                self.loaded.append(value or "")
            if tag == "a" and name == "href":
                self.leads.append(value or "")


def pages(site: Path) -> dict[Path, Links]:
    return {page: Links(page) for page in site.rglob("*.html")}


def test_nothing_is_fetched_from_another_host(site: Path) -> None:
    found = pages(site)
    assert len(found) > 20
    for page, links in found.items():
        away = [url for url in links.loaded if urlsplit(url).netloc]
        assert not away, f"{page.name}: {away}"
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8")
        away = re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*|@import[^;]*//[^;]*", text)
        assert not away, f"{sheet.name}: {away}"


def test_every_link_leads_somewhere(site: Path) -> None:
    """Pages, pictures and places in pages; strict mode does not look into what it generates."""
    found = pages(site)
    for page, links in found.items():
        for url in (*links.leads, *links.loaded):
            parts = urlsplit(url)
            if parts.netloc or parts.scheme or page.name == "404.html":
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if target.is_dir():
                target = target / "index.html"
            assert target.exists(), f"{page.relative_to(site)}: {url}"
            if parts.fragment and target in found:
                place = unquote(parts.fragment)
                known = place in found[target].places or place == "__skip"
                assert known, f"{page.relative_to(site)}: {url}"


def test_pictures_have_words_in_their_place(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        bare = [tag for tag in re.findall(r"<img [^>]*>", text) if not re.search(r'alt="[^"]', tag)]
        assert not bare, f"{page.name}: {bare}"


def test_the_reference_has_every_public_name(site: Path) -> None:
    import mien

    text = "".join(page.read_text("utf-8") for page in (site / "reference").glob("*.html"))
    missing = []
    for name in set(mien.__all__) - {"__version__"}:
        value = getattr(mien, name)
        module = getattr(value, "__module__", "mien.labels")
        places = (f'id="mien.{name}"', f'id="{module}.{name}"')
        if not any(place in text for place in places):
            missing.append(name)
    assert not missing


def test_every_page_is_in_the_navigation(site: Path) -> None:
    index = Links(site / "index.html")
    leads = {unquote(urlsplit(url).path) for url in index.leads}
    built = {
        page.relative_to(site).as_posix() for page in site.rglob("*.html") if page.stem != "404"
    }
    assert built - leads <= {"index.html"}

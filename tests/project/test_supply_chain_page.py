"""docs/supply_chain.md: locked versions, licences and the page of them are what they say."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKED = re.compile(r"^([\w.-]+)==(\S+)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)


def locked(name: str) -> dict[str, list[str]]:
    """{package: versions}; several where markers tell them apart."""
    found: dict[str, list[str]] = {}
    for package, version, _ in LOCKED.findall((ROOT / "requirements" / name).read_text("utf-8")):
        found.setdefault(_normal(package), []).append(version)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needs(*extras: str) -> list[Requirement]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_every_locked_file_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 10
    bare = [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert not bare


def test_the_lock_holds_all_that_is_needed_in_versions_that_are_allowed() -> None:
    everything = needs(*PROJECT["optional-dependencies"])
    for name, wanted in (("base.txt", needs()), ("dev.txt", everything)):
        found = locked(name)
        for need in wanted:
            versions = found.get(_normal(need.name))
            assert versions, f"{name}: {need.name} is missing; run make lock"
            for version in versions:
                assert need.specifier.contains(Version(version)), f"{name}: {need} {version}"


def test_every_dependency_has_a_lowest_version() -> None:
    for need in needs(*PROJECT["optional-dependencies"]):
        assert any(one.operator in (">=", "==") for one in need.specifier), str(need)


def test_the_page_of_licences_names_every_direct_dependency_and_every_weight() -> None:
    page = (ROOT / "docs" / "licences.md").read_text("utf-8")
    for need in needs():
        assert re.search(rf"^\| {re.escape(_normal(need.name))} \|", page, re.MULTILINE), need.name
    home = ROOT / "src" / "mien"
    weights = [path.relative_to(home).as_posix() for path in home.rglob("*.onnx")]
    assert len(weights) > 5
    for name in weights:
        assert f"`{name}`" in page, name
    assert "not said" not in page


def test_the_hashes_on_the_page_are_those_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "project" / "release"))
    sys.modules.pop("collect_licences", None)
    from collect_licences import files  # type: ignore[import-not-found]

    page = (ROOT / "docs" / "licences.md").read_text("utf-8")
    others = [one for one in files() if not one.own]
    assert len(others) > 4
    for one in others:
        assert one.sha256 in page, f"{one.name}: run python project/release/collect_licences.py"


def test_the_notice_names_every_folder_of_weights() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    home = ROOT / "src" / "mien"
    for path in home.rglob("*.onnx"):
        assert path.parent.relative_to(ROOT).as_posix() in notice


def test_the_version_is_one() -> None:
    import mien

    assert PROJECT["version"] == mien.__version__
    assert f"## {mien.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")

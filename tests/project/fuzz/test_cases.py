"""Inputs that once broke a promise, found by `project/fuzz/fuzz.py`; each target's seeds, too."""

from __future__ import annotations

from pathlib import Path

import pytest

CASES = sorted(path for path in (Path(__file__).parent / "cases").rglob("*") if path.is_file())
TOOLS = Path(__file__).resolve().parents[3] / "project" / "fuzz"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    import fuzz_targets  # type: ignore[import-not-found]

    monkeypatch.setattr(fuzz_targets, "_FOLDER", tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_is_mended(case: Path) -> None:
    from fuzz_targets import TARGETS

    if case.parent.name == "parquet":
        pytest.importorskip("pyarrow")
    TARGETS[case.parent.name].run(case.read_bytes())


@pytest.mark.parametrize("target", ["timing", "bundle", "network", "manifest", "parquet", "answer"])
def test_seeds_are_taken_and_targets_notice(target: str) -> None:
    for package in ("onnx", "pyarrow"):
        pytest.importorskip(package)
    from fuzz_targets import TARGETS

    for seed in TARGETS[target].seeds():
        TARGETS[target].run(seed)
        TARGETS[target].run(seed[: len(seed) // 2])


def test_a_broken_promise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import fuzz_targets

    from mien.data.manifest import read_manifest

    def careless(path: Path) -> object:
        path.read_bytes().decode()
        return read_manifest(path)

    monkeypatch.setattr(fuzz_targets, "read_manifest", careless)
    with pytest.raises(UnicodeDecodeError):
        fuzz_targets.TARGETS["manifest"].run(b"id,path,label\n\xff")

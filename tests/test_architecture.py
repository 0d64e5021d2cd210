"""docs/architecture.md holds: imports go one way, and what must not be imported is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PAGE = ROOT / "docs" / "architecture.md"

KNOWN = {
    # A notebook asks the data class itself for its drawing.
    ("mien.types.answer", "mien.output.report.notebook"),
}
"""Imports inside a function that go up, each with its reason."""


@dataclass(frozen=True)
class Import:
    """One import statement of one name."""

    of: str
    to: str
    lazy: bool


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in (SOURCE / "mien").rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> tuple[Import, ...]:
    """Every import at run time, of mien's modules and of others; not those for type checkers."""
    return tuple(
        Import(name, to, lazy)
        for name, path in modules().items()
        for to, lazy in _imports(ast.parse(path.read_text("utf-8")), lazy=False)
    )


def _imports(node: ast.AST, lazy: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name, lazy) for alias in child.names)
        if isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                yield (whole if whole in modules() else str(child.module)), lazy
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, lazy or function)


def own() -> list[Import]:
    """Imports between modules of mien."""
    return [one for one in imports() if one.to in modules() and one.to != one.of]


def layers() -> list[list[str]]:
    """The diagram, from the top to the bottom."""
    text = PAGE.read_text("utf-8")
    block = text[text.index("<!-- layers -->") : text.index("<!-- /layers -->")]
    joined = re.sub(r"\n {12}(?=\w)", " ", block)
    lines = re.findall(r"^[a-z ]+?\s{2,}([\w. ]+)$", joined, re.MULTILINE)
    return [line.split() for line in lines]


@cache
def levels() -> dict[str, int]:
    """{unit: its line from the bottom}."""
    rows = layers()
    return {name: len(rows) - k for k, row in enumerate(rows) for name in row}


def unit(module: str) -> str:
    """The name in the diagram that stands for a module: the longest that fits."""
    parts = module.split(".")[1:] or ["mien"]
    names = [".".join(parts[:k]) for k in range(len(parts), 0, -1)]
    return next((name for name in names if name in levels()), names[-1])


def test_the_diagram_names_every_part_once() -> None:
    named = [name for row in layers() for name in row]
    assert len(named) == len(set(named))
    assert len(layers()) > 8
    missing = {unit(module) for module in modules()} - set(named)
    assert not missing, f"put these into docs/architecture.md: {sorted(missing)}"


def test_every_name_of_the_diagram_is_there() -> None:
    there = {name for module in modules() for name in _prefixes(module)} | {"mien"}
    gone = {name for row in layers() for name in row} - there
    assert not gone, f"take these out of docs/architecture.md: {sorted(gone)}"


def _prefixes(module: str) -> list[str]:
    parts = module.split(".")[1:]
    return [".".join(parts[:k]) for k in range(1, len(parts) + 1)]


def test_no_import_goes_against_the_arrows() -> None:
    up = [
        f"{one.of} -> {one.to}"
        for one in own()
        if levels()[unit(one.of)] < levels()[unit(one.to)] and (one.of, one.to) not in KNOWN
    ]
    assert not up, f"imports that go up: {up}"


def test_the_known_exceptions_are_still_needed_and_lazy() -> None:
    for pair in KNOWN:
        found = [one for one in own() if (one.of, one.to) == pair]
        assert found, f"no longer there: {pair}"
        assert all(one.lazy for one in found), pair


@pytest.mark.parametrize("lazy", [False, True], ids=["at the top", "anywhere"])
def test_no_modules_import_each_other(lazy: bool) -> None:
    """Anywhere: but for the known exceptions, and a factory beside what it makes."""
    graph: dict[str, set[str]] = {}
    for one in own():
        if lazy and ((one.of, one.to) in KNOWN or (one.lazy and _same_package(one))):
            continue
        if lazy or not one.lazy:
            graph.setdefault(one.of, set()).add(one.to)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a round: {' -> '.join(error.args[1])}")


def _same_package(one: Import) -> bool:
    return one.of.rpartition(".")[0] == one.to.rpartition(".")[0]


def reached(start: str, *, lazily: bool = False) -> set[str]:
    """All modules of mien that importing one imports, packages above them included."""
    edges: dict[str, set[str]] = {}
    for one in own():
        if lazily or not one.lazy:
            edges.setdefault(one.of, set()).add(one.to)
    seen: set[str] = set()
    left = [start]
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        parts = name.split(".")
        left += [".".join(parts[:k]) for k in range(1, len(parts))]
        left += edges.get(name, ())
    return seen


HEAVY = {"torch", "sklearn", "scipy", "pyarrow", "matplotlib", "lightning_fabric", "onnx", "pandas"}


LIGHT = [
    "mien.cli.app",
    "mien.inference.analysis",
    "mien.inference.batch",
    "mien.cli.predict",
    "mien.client",
]


@pytest.mark.parametrize("start", LIGHT + [m for m in sorted(modules()) if ".cli." in m])
def test_nothing_heavy_is_imported_before_it_is_needed(start: str) -> None:
    found = reached(start)
    assert {start, "mien"} <= found
    heavy = {
        f"{one.of} -> {one.to}"
        for one in imports()
        if one.of in found and not one.lazy and one.to.split(".")[0] in HEAVY
    }
    assert not heavy


def test_torch_is_not_reached_from_the_inference_path() -> None:
    """Not from inside functions either."""
    found = reached("mien.inference.analysis", lazily=True)
    users = {one.of for one in imports() if one.to.split(".")[0] == "torch"} & found
    assert not users, sorted(users)


def test_pydantic_is_for_the_service_alone() -> None:
    """It takes longer to import than the rest of mien."""
    users = {one.of for one in imports() if one.to.split(".")[0] in ("pydantic", "fastapi")}
    assert users
    assert {unit(name) for name in users} == {"serve"}


CODE = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "runpy"}
CALLS = {"eval", "exec", "compile", "__import__"}
READERS = [
    "mien.inference.analysis",
    "mien.inference.bundle",
    "mien.data.manifest",
    "mien.output.answer",
    "mien.output.formats",
    "mien.data.coding",
]


@pytest.mark.parametrize("start", READERS)
def test_what_reads_files_of_strangers_executes_nothing(start: str) -> None:
    found = reached(start)
    users = {f"{one.of}: {one.to}" for one in imports() if one.of in found and one.to in CODE}
    for name in found:
        tree = ast.parse(modules()[name].read_text("utf-8"))
        users |= {f"{name}: {call}" for call in _calls(tree)}
    assert not users


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in CALLS:
            yield called.id
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            value = node.value
            if not (isinstance(value, ast.Constant) and value.value is False):
                yield "allow_pickle"

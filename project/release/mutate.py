"""Mutation testing: change one thing at a time, and see whether a test notices.

python project/release/mutate.py [metrics] [fusion] [alignment] [--every N]

Operators, comparisons, numbers, conditions and signs of the named files are changed one by one
(DeMillo, Lipton & Sayward 1978). Each change is tried in a fork of one process, by the tests of
that file. What survives is either a test that is missing or a change that changes nothing; which
of them is noted in EQUIVALENT. Needs Linux or macOS.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import datetime
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2  # noqa: F401  (loaded once, before the forks, as numpy is)
import numpy  # noqa: F401
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PARTS = {
    "metrics": {"mien.evaluation.metrics": ["tests/evaluation/test_metrics.py"]},
    "alignment": {"mien.faces.align": ["tests/faces/test_align.py"]},
    "fusion": {
        "mien.fusion.log_pool": ["tests/fusion/test_fusion.py", "tests/fusion/test_log_opinion.py"],
        "mien.fusion.majority": ["tests/fusion/test_majority.py"],
        "mien.fusion.maximum": ["tests/fusion/test_maximum.py"],
        "mien.fusion.mean": ["tests/fusion/test_mean.py"],
        "mien.fusion.weighted_mean": ["tests/fusion/test_weighted_mean.py"],
        "mien.fusion.branch_scores": ["tests/fusion/test_branch_scores.py"],
        "mien.fusion.calibrate": ["tests/fusion/test_calibrate.py"],
    },
}
"""Part: modules that are changed, and the tests that have to notice."""
CPU_SECONDS = 120

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}

_DRAWS = "another number, or another seed, of random draws"
EQUIVALENT: dict[str, str] = {
    "mien.evaluation.metrics: 2000 -> 2001, in: "
    "def bootstrap_uar(parts: Counts, times: int = 2000) -> tuple[float, float]:": _DRAWS,
    "mien.evaluation.metrics: 0 -> 1, in: draw = np.random.default_rng(0)": _DRAWS,
    "mien.evaluation.metrics: 1000 -> 1001, in: perfect = [_ece(confidence, "
    "draw.random(len(truth)) < confidence, parts) for _ in range(1000)]": _DRAWS,
    "mien.evaluation.metrics: draw.random(len(truth)) < confidence -> "
    "draw.random(len(truth)) <= confidence, "
    "in: perfect = [_ece(confidence, draw.random(len(truth)) < confidence, parts) "
    "for _ in range(1000)]": "a random number equals a confidence once in 2^53 draws",
    "mien.faces.align: target - target.mean(0) -> target + target.mean(0), "
    "in: a, b = source - source.mean(0), target - target.mean(0)": (
        "`b` is only summed times `a`, whose mean is zero, so its own shift cancels out"
    ),
    "mien.faces.align: 0 -> 1, in: corners = np.array([[x, y] "
    "for x in (0, self.size) for y in (0, self.size)]) - 0.5": (
        "the region starts one pixel of the crop later, of two that are read beyond its edge"
    ),
    "mien.faces.align: 2 -> 3, in: while scale < 1 / 4 and min(frame.shape[:2]) > 1:": (
        "the third side is that of three colours, more than one as well"
    ),
    "mien.faces.align: 8 -> 9, in: fine = min(8, max(1, int(1 / max(scale, 1e-3))))": (
        "a bound of the memory for frames of one row or column, all others need four at most"
    ),
    "mien.faces.align: fine > 1 -> fine >= 1, in: if fine > 1:": (
        "a crop that is resized to its own size stays as it is"
    ),
    "mien.fusion.weighted_mean: 256 -> 257, in: _CHUNK = 256": (
        "how many weights are tried at a time, for the sake of memory"
    ),
    "mien.fusion.weighted_mean: True -> False, "
    "in: for name, weight in zip(given.stack.branches, best, strict=True)": (
        "the grid has a column for each branch, so the lengths are equal"
    ),
    "mien.fusion.calibrate: 0 -> 1, in: there = ~np.isnan(probabilities[:, 0])": (
        "a row is NaN in all its columns or in none"
    ),
}
"""Changes that no test can notice, as they are printed without their line, with the reason."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    line: int
    change: str
    source: str
    code: ast.Module

    @property
    def key(self) -> str:
        """What it is, wherever in the file."""
        return f"{self.module}: {self.change}, in: {self.source}"

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.change}, in: {self.source}"


def mutants(module: str) -> Iterator[Mutant]:
    """Every change of a module, in the order of its lines."""
    path = SOURCE / Path(*module.split(".")).with_suffix(".py")
    text = path.read_text("utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    nodes = list(ast.walk(tree))
    quiet = {id(part) for node in nodes for part in _unseen(node)}
    for place, node in enumerate(nodes):
        if id(node) in quiet:
            continue
        for number in range(_ways(node)):
            changed = copy.deepcopy(tree)
            other = list(ast.walk(changed))[place]
            before = ast.unparse(other)
            _change(other, number)
            after = ast.unparse(other)
            line = getattr(node, "lineno", 0)
            source = lines[line - 1].strip()
            code = ast.fix_missing_locations(changed)
            yield Mutant(module, line, f"{before} -> {after}", source, code)


def _unseen(node: ast.AST) -> Iterator[ast.AST]:
    """What is not run, or is there for people: annotations, docstrings, __all__, messages."""
    roots: list[ast.AST | None] = []
    if isinstance(node, ast.AnnAssign):
        roots = [node.annotation]
    elif isinstance(node, ast.ClassDef):
        roots = [*node.decorator_list]
    elif isinstance(node, ast.FunctionDef):
        every = [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]
        roots = [node.returns, *(arg.annotation for arg in every), *node.decorator_list]
    elif isinstance(node, ast.Raise):
        roots = [node]
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Subscript):
        alias = isinstance(node.targets[0], ast.Name) and node.targets[0].id[:1].isupper()
        roots = [node.value] if alias and node.col_offset == 0 else []
    for root in roots:
        if root is not None:
            yield from ast.walk(root)


def _ways(node: ast.AST) -> int:
    """In how many ways a node is changed."""
    if isinstance(node, ast.BinOp):
        return int(type(node.op) in SWAPS)
    if isinstance(node, ast.Compare):
        return sum(type(op) in SWAPS for op in node.ops)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return 1
    return int(isinstance(node, ast.BoolOp | ast.IfExp | ast.If | ast.UnaryOp))


def _change(node: ast.AST, number: int) -> None:
    if isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Compare):
        places = [k for k, op in enumerate(node.ops) if type(op) in SWAPS]
        node.ops[places[number]] = SWAPS[type(node.ops[places[number]])]()  # type: ignore[call-overload]
    elif isinstance(node, ast.Constant):
        value = node.value
        node.value = not value if isinstance(value, bool) else value + 1  # type: ignore[operator]
    elif isinstance(node, ast.IfExp | ast.If):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.UnaryOp):
        drop = isinstance(node.op, ast.Not | ast.USub | ast.Invert)
        node.op = ast.UAdd() if drop else ast.USub()


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed code in the place of one module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name, path, target=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
        if name != self.mutant.module:
            return None
        file = SOURCE / Path(*name.split(".")).with_suffix(".py")
        return importlib.util.spec_from_file_location(name, file, loader=self)

    def exec_module(self, module):  # type: ignore[no-untyped-def]
        exec(compile(self.mutant.code, f"<{self.mutant}>", "exec"), module.__dict__)


def passes(tests: list[str], mutant: Mutant | None) -> bool:
    """Whether the tests pass, in a fork of this process; False also where it takes too long."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    if mutant:
        sys.meta_path.insert(0, Loader(mutant))
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-m",
        "not data and not slow",
    ]
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        code = pytest.main([*options, *tests])
    if mutant is None and code:
        os.write(2, quiet.getvalue().encode())
    os._exit(int(code))


def main() -> None:
    """Print each survivor as it is found, then how many were noticed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    print(f"{datetime.date.today()}", flush=True)
    unknown = 0
    for part in given.parts:
        tried, survived = 0, []
        for module, tests in PARTS[part].items():
            if not passes(tests, None):
                raise SystemExit(f"{module}: the tests fail without any change")
            for one in list(mutants(module))[:: given.every]:
                tried += 1
                if passes(tests, one):
                    survived.append(one.key)
                    print(f"  {one}  [{EQUIVALENT.get(one.key, 'NOT NOTICED')}]", flush=True)
        known = sum(one in EQUIVALENT for one in survived)
        unknown += len(survived) - known
        noticed = tried - len(survived)
        print(f"{part}: {noticed} of {tried} noticed, {known} equivalent", flush=True)
    raise SystemExit(1 if unknown else 0)


if __name__ == "__main__":
    main()

"""Coverage-guided fuzzing of what reads files of strangers, with atheris (libFuzzer).

python project/fuzz/fuzz.py TARGET [--seconds N] [--keep FOLDER]     pip install atheris
python project/fuzz/fuzz.py --list

Runs until something is found or the time is over. What is found lies in FOLDER (reports/fuzz) as
`TARGET-crash-...`; `python project/fuzz/fuzz.py TARGET --replay FILE` runs one input again. How
long each
target ran, and what came of it, is noted in reports/fuzz.json.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import platform
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOTES = ROOT / "reports" / "fuzz.json"
_INSIDE = "MIEN_FUZZ_INSIDE"
_MEMORY = 3000  # MB
_HANG = 60  # s of one input
_ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 0.5, 1e-320, 1e308, -1e308, 10**30, math.nan, math.inf),
    *("", "a", "\x1b[2J", "\ud800", "../x", "\n", "1", "x" * 999, [], {}, [0, 0], {"a": 1}),
]
"""What stands in the place of a value in JSON."""


def main() -> None:
    """One target."""
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("target", nargs="?", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--keep", type=Path, default=ROOT / "reports" / "fuzz")
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    if given.list or not given.target:
        print("\n".join(f"{n:10} {t.run.__doc__.splitlines()[0]}" for n, t in TARGETS.items()))
    elif given.replay:
        TARGETS[given.target].run(given.replay.read_bytes())
        print("it is taken or refused as it should be")
    else:
        sys.exit(_watch(given.target, given.seconds, given.keep))


class _Plain(argparse.RawDescriptionHelpFormatter):
    pass


def _watch(target: str, seconds: int, keep: Path) -> int:
    """Fuzz in a process of its own, which a finding ends; note how it went."""
    keep.mkdir(parents=True, exist_ok=True)
    corpus = keep / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    before = time.monotonic()
    options = (
        f"-max_total_time={seconds}",
        f"-timeout={_HANG}",
        f"-rss_limit_mb={_MEMORY}",
        f"-artifact_prefix={keep / target}-",
        "-print_final_stats=1",
        "-max_len=200000",
        "-detect_leaks=0",
    )
    command = [sys.executable, __file__, target, str(corpus), *options]
    done = subprocess.Popen(
        command, env={**os.environ, _INSIDE: target}, stderr=subprocess.PIPE, text=True
    )
    assert done.stderr is not None
    tail: list[str] = []
    for line in done.stderr:
        tail = [*tail[-200:], line]
        if not line.startswith("#") or "pulse" in line or "INITED" in line:
            sys.stderr.write(line)
    done.wait()
    runs = re.search(r"number_of_executed_units:\s+(\d+)", "".join(tail))
    covered = re.findall(r"cov: (\d+) ft: (\d+)", "".join(tail))
    _note(
        {
            "target": target,
            "date": date.today().isoformat(),
            "seconds": round(time.monotonic() - before),
            "runs": int(runs[1]) if runs else None,
            "branches": int(covered[-1][0]) if covered else None,
            "found": done.returncode != 0,
            "python": platform.python_version(),
        }
    )
    return done.returncode


def _note(row: dict[str, object]) -> None:
    rows = json.loads(NOTES.read_text("utf-8")) if NOTES.is_file() else []
    NOTES.write_text(json.dumps([*rows, row], indent=1) + "\n", "utf-8")


def _mutate_json(data: bytes, most: int, seed: int) -> bytes:
    """Changes of JSON: three of four times one value or key, else a few bytes."""
    draw = random.Random(seed)
    try:
        whole = {"": json.loads(data)}
    except (ValueError, RecursionError):
        whole = {}
    if whole and draw.random() < 0.75:
        _change(whole, draw)
        return json.dumps(whole[""]).encode()[:most]
    changed = bytearray(data or b"0")
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(changed) + 1)
        changed[at : at + draw.randrange(3)] = draw.randbytes(draw.randrange(3))
    return bytes(changed or b"0")[:most]


def _change(whole: dict[str, Any], draw: random.Random) -> None:
    """Replace, take out, double or rename one thing in a tree of dicts and lists."""
    places = list(_places(whole))
    inside, key = draw.choice(places)
    other = draw.choice(places)
    way = draw.randrange(5) if isinstance(inside, dict) and len(inside) > 1 else 0
    if way == 1:
        del inside[key]
    elif way == 2:
        inside[draw.choice(["x", "", "file", "\n", str(key) + "2"])] = inside[key]
    elif way == 3:
        inside[draw.choice(list(inside))] = inside.pop(key)
    elif isinstance(inside[key], list) and inside[key] and draw.random() < 0.5:
        inside[key] = inside[key][: draw.randrange(len(inside[key]))] * draw.randrange(3)
    elif draw.random() < 0.3:
        inside[key] = copy.deepcopy(other[0][other[1]])
    else:
        inside[key] = draw.choice(_ODD)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    for key in keys:
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from _places(tree[key])


def _fuzz(target: str) -> None:
    """The body of the process that fuzzes."""
    try:
        import atheris
    except ImportError:
        sys.exit("this needs the package 'atheris': pip install atheris")
    with atheris.instrument_imports(include=["mien", "csv", "json"], enable_loader_override=False):
        from fuzz_targets import TARGETS
    chosen = TARGETS[target]
    corpus = Path(sys.argv[2])
    if not any(corpus.iterdir()):
        for number, seed in enumerate(chosen.seeds()):
            (corpus / f"seed{number:02}").write_bytes(seed)
    own = {"custom_mutator": _mutate_json} if chosen.is_json else {}
    atheris.Setup([sys.argv[0], *sys.argv[2:]], chosen.run, **own)
    atheris.Fuzz()


if __name__ == "__main__":
    if os.environ.get(_INSIDE):
        _fuzz(os.environ[_INSIDE])
    else:
        main()

"""A corpus on a Ray cluster of several nodes, of which workers and a whole node are killed.

    python benchmarks/scale_faults.py --data DATA [--clips 2000] [--json reports/scale_faults.json]

DATA holds java_sed/video and wild. Cuts the clips anew, starts a cluster (a head without workers
and three nodes, real raylets), lets `mien.scale.analyze_corpus` begin and kills it with SIGKILL;
starts it again, kills workers and a node while it runs, and adds another node; then compares the
data set with what one process of `mien predict` writes, row for row, joined on the media's SHA-256.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import duckdb
import ray
from pyarrow import parquet
from ray.cluster_utils import Cluster
from scale_corpus import make_corpus

from mien.scale import Run, State, analyze_corpus

_STORE = 80 * 2**20
_QUIET = subprocess.DEVNULL


def workers() -> list[int]:
    """Processes of workers among the descendants of this one."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                names[int(entry.name)] = (entry / "cmdline").read_text()
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
            except OSError:
                continue
    return [pid for pid in parents if names[pid].startswith("ray::Analyst") and _ours(pid, parents)]


def _ours(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def begin_and_kill(corpus: Path, out: Path, address: str, after: int) -> None:
    """Let a driver of its own settle about `after` inputs, then kill it."""
    run = f"Run(address={address!r}, every=1.0)"
    code = "from mien.scale import Run, analyze_corpus\n"
    code += f"analyze_corpus({str(corpus)!r}, {str(out)!r}, run={run})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=_QUIET, stderr=_QUIET) as process:
        while process.poll() is None:
            time.sleep(0.2)
            if (out / "inputs").is_dir() and len(dict(settled(out))) >= after:
                process.send_signal(signal.SIGKILL)
                process.wait()


def _mien() -> list[str]:
    return [sys.executable, "-m", "mien"]


def settled(out: Path) -> Iterator[tuple[str, str]]:
    """Address and content of every input in the manifest."""
    for part in (out / "inputs").rglob("*.parquet"):
        rows = parquet.ParquetFile(part).read(["address", "media"]).to_pylist()
        yield from ((row["address"], row["media"]) for row in rows)


class Trouble:
    """Kills as the run goes on: workers at some counts, a node halfway; then a node comes."""

    def __init__(self, cluster: Cluster, nodes: list[Any], clips: int) -> None:
        self._cluster, self._node = cluster, nodes[0]
        self._kills = [round(clips * part) for part in (0.35, 0.45, 0.7)]
        self._loss, self._gain = round(clips * 0.55), round(clips * 0.8)
        self.killed = self.nodes = 0

    def __call__(self, state: State) -> None:
        """Called with the counts, about twice a second."""
        count = state.settled + state.skipped
        if self._kills and count >= self._kills[0]:
            del self._kills[0]
            for pid in workers()[:1]:
                os.kill(pid, signal.SIGKILL)
                self.killed += 1
        if self._node is not None and count >= self._loss:
            self._cluster.remove_node(self._node, allow_graceful=False)
            self._node, self.nodes = None, 1
        if self._gain and count >= self._gain:
            self._cluster.add_node(num_cpus=1, object_store_memory=_STORE)
            self._gain = 0


def alone(corpus: Path, out: Path) -> None:
    """What one process of `mien predict` says."""
    line = [*_mien(), "predict", str(corpus), "--out", str(out), "--json", "--parquet"]
    subprocess.run([*line, "--jobs", "1", "--threads", "1"], stdout=_QUIET, stderr=_QUIET)


def compare(reference: Path, out: Path) -> dict[str, int]:
    """Count clips, windows and people of the reference, and rows that differ in the data set.

    Windows are compared bit for bit with `mien predict --parquet`; clips and people with the JSON
    of `mien predict`, which has 6 digits of a probability and 4 of a time.
    """
    base = duckdb.connect()
    clips, windows, people = (_by_media(base, out, *how) for how in TABLES)
    result = {"clips": 0, "windows": 0, "people": 0, "differ": 0, "missing": 0}
    result["rows_twice"] = sum(len(rows) - 1 for rows in clips.values())
    seen = set()
    for path in sorted(reference.rglob("*.json")):
        answer = json.loads(path.read_text())
        media = answer["source"]["sha256"]
        if media in seen:
            continue
        seen.add(media)
        wanted = parquet.ParquetFile(path.with_suffix(".parquet")).read().to_pylist()
        result["clips"] += 1
        result["windows"] += len(wanted)
        result["people"] += len(answer["people"])
        if media not in clips:
            result["missing"] += 1
            continue
        result["differ"] += wanted != windows.get(media, [])
        result["differ"] += _clip(answer) != _clip_row(clips[media][0])
        found = [_person_row(row) for row in people.get(media, [])]
        result["differ"] += [_person(one) for one in answer["people"]] != found
    result["too_many"] = len(set(clips) - seen)
    return result


TABLES = (("clips", "media"), ("windows", "start"), ("people", "person"))
"""Tables, and by what their rows of a clip are in order."""

Rows = dict[str, list[dict[str, Any]]]


def _by_media(base: duckdb.DuckDBPyConnection, out: Path, table: str, order: str) -> Rows:
    query = f"select * exclude (day) from read_parquet('{out}/{table}/*/*.parquet') order by "
    result: Rows = {}
    for row in base.sql(query + order).to_arrow_table().to_pylist():
        result.setdefault(row.pop("media"), []).append(row)
    return result


def _clip(answer: dict[str, Any]) -> tuple[object, ...]:
    codes = [reason["code"] for reason in answer["reasons"]]
    length, probabilities = answer["source"]["duration"], answer["probabilities"]
    said = answer["label"], answer["confidence"], answer["reliable"], probabilities
    return length, answer["source"]["complete"], *said, codes


def _clip_row(row: dict[str, Any]) -> tuple[object, ...]:
    confidence = None if row["confidence"] is None else round(row["confidence"], 6)
    said = row["label"], confidence, row["reliable"], _probabilities(row)
    return round(row["duration"], 4), row["complete"], *said, row["reasons"]


def _person(one: dict[str, Any]) -> tuple[object, ...]:
    sights = len(one["track"]["times"])
    return one["id"], one["start"], one["end"], sights, one["probabilities"] or None


def _person_row(row: dict[str, Any]) -> tuple[object, ...]:
    times = round(row["start"], 4), round(row["end"], 4)
    return row["person"], *times, row["sights"], _probabilities(row)


def _probabilities(row: dict[str, Any]) -> dict[str, float] | None:
    found = {name[2:]: value for name, value in row.items() if name.startswith("p_")}
    return None if None in found.values() else {n: round(p, 6) for n, p in found.items()}


def main() -> None:
    """Print the counts; exit code 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        corpus, out = root / "corpus", root / "out"
        make_corpus(options.data, corpus, options.clips)
        cluster = Cluster(True, head_node_args={"num_cpus": 0, "object_store_memory": _STORE})
        nodes = [cluster.add_node(num_cpus=1, object_store_memory=_STORE) for _ in range(3)]
        begin_and_kill(corpus, out, cluster.address, options.clips // 5)
        before = len(dict(settled(out)))
        ray.init(address=cluster.address, log_to_driver=False)
        trouble = Trouble(cluster, nodes, options.clips)
        state = analyze_corpus(corpus, out, run=Run(every=5.0), progress=trouble)
        again = analyze_corpus(corpus, out)
        ray.shutdown()
        cluster.shutdown()
        alone(corpus, root / "alone")
        found = compare(root / "alone", out)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "inputs": state.total,
        "settled_before_the_driver_was_killed": before,
        "skipped_by_the_second_run": state.skipped,
        "done_by_the_second_run": state.done,
        "copies": state.copies,
        "workers_killed": trouble.killed,
        "nodes_killed": trouble.nodes,
        "deaths_seen": state.deaths,
        "calls_tried_again": state.tries_lost,
        "failed": state.failed,
        "left_for_a_third_run": again.settled,
        **{f"compared_{key}": value for key, value in found.items()},
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    wrong = ("compared_differ", "compared_missing", "compared_too_many", "compared_rows_twice")
    if any(result[name] for name in wrong) or before != state.skipped or again.settled:
        sys.exit(1)


if __name__ == "__main__":
    main()

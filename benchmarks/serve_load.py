"""`mien serve` under load, and killed again and again.

    python benchmarks/serve_load.py [--clips 200] [--clients 50] [--kills 10] [--json FILE]

Load: so many clients at once send so many clips, wait as long as Retry-After says when they are
refused, and fetch each answer, which must be the one that `mien.analyze` gives. Another process
asks for single jobs all the while, and times it. Memory is that of the server and its workers.

Kills: the server gets kill -9 at random moments while clips are sent, and is started anew on the
same data; every job that was ever accepted must end, with the right answer, and none twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

sys.path.insert(0, str(Path(__file__).parent))

from clips import make_clip

import mien

QUEUE = 30
LINE = re.compile(r"mien serves at (http://\S+) ")


class Server:
    """A `mien serve` of our own, on a free port."""

    def __init__(self, data: Path, workers: int) -> None:
        options = ["--data", str(data), "--workers", str(workers), "--queue", str(QUEUE)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mien", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        found = LINE.match(self.process.stdout.readline())
        if found is None:
            raise SystemExit("the server did not start")
        self.url = found[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """End it, whatever happened."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@dataclass
class Clips:
    """Clips of different content; each copy differs in bytes only, by an empty box at its end."""

    files: list[bytes]
    answers: list[dict[str, Any]]

    @classmethod
    def make(cls, folder: Path) -> Clips:
        """One to three seconds of the sample, in three sizes."""
        sizes = [(1, 320, 320), (2, 480, 480), (3, 640, 480)]
        paths = [make_clip(folder / f"{s}.mp4", s, w, h) for s, w, h in sizes]
        answers = [mien.analyze(path).to_dict() for path in paths]
        return cls([path.read_bytes() for path in paths], answers)

    def copy(self, k: int) -> bytes:
        """The k-th clip; no two have the same hash."""
        return self.files[k % len(self.files)] + struct.pack(">I4sQ", 16, b"free", k)

    def right(self, k: int, answer: dict[str, Any]) -> bool:
        """Whether this is the answer for the k-th clip."""
        expected = self.answers[k % len(self.answers)]
        apart = {"source"}
        same = {n: v for n, v in answer.items() if n not in apart} == {
            n: v for n, v in expected.items() if n not in apart
        }
        return same and answer["source"]["path"] == f"{k}.mp4"


@dataclass
class Tally:
    """What happened."""

    right: int = 0
    wrong: list[int] = field(default_factory=list)
    refusals: Counter[int] = field(default_factory=Counter)


async def give(http: httpx.AsyncClient, clips: Clips, k: int, tally: Tally) -> str:
    """Send a clip until it is accepted; gives the job's id."""
    while True:
        files = {"file": (f"{k}.mp4", clips.copy(k))}
        answer = await http.post("/v1/jobs", files=files)
        if answer.status_code == 202:
            return str(answer.json()["jobs"][0]["id"])
        tally.refusals[answer.status_code] += 1
        await asyncio.sleep(int(answer.headers["Retry-After"]))


async def client(url: str, clips: Clips, mine: list[int], tally: Tally, ids: Any) -> None:
    """Send some clips, one after the other, and fetch the answers."""
    async with httpx.AsyncClient(base_url=url, timeout=600) as http:
        for k in mine:
            job = await give(http, clips, k, tally)
            ids.put(job)
            while (await http.get(f"/v1/jobs/{job}")).json()["finished"] is None:
                await asyncio.sleep(1)
            answer = (await http.get(f"/v1/jobs/{job}/result")).json()
            if clips.right(k, answer):
                tally.right += 1
            else:
                tally.wrong.append(k)


def probe(url: str, ids: Any, out: Any) -> None:
    """Ask for a job, again and again, until told to stop (None); in a process of its own."""
    known: list[str] = [ids.get()]
    seconds = []
    with httpx.Client(base_url=url, timeout=60) as http:
        while True:
            began = time.perf_counter()
            http.get(f"/v1/jobs/{random.choice(known)}").raise_for_status()
            seconds.append(time.perf_counter() - began)
            while not ids.empty():
                if (one := ids.get()) is None:
                    out.put(sorted(seconds))
                    return
                known.append(one)
            time.sleep(0.02)


class Memory(threading.Thread):
    """Highest resident memory in MiB: {process number: [role, first seen, highest]}."""

    def __init__(self, server: int) -> None:
        super().__init__(daemon=True)
        self.server, self.most = server, dict[int, float]()
        self.stop = threading.Event()

    def run(self) -> None:
        """Look twice a second."""
        while not self.stop.wait(0.5):
            for number in [self.server, *children(self.server)]:
                self.most[number] = max(self.most.get(number, 0), resident(number))


def children(parent: int) -> list[int]:
    """Process numbers of the processes that a process has started."""
    path = Path(f"/proc/{parent}/task")
    try:
        lists = [(task / "children").read_text() for task in path.iterdir()]
    except OSError:
        return []
    return [int(number) for text in lists for number in text.split()]


def resident(number: int) -> float:
    """Resident memory in MiB; 0 of a process that is gone."""
    try:
        text = Path(f"/proc/{number}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


def load(clips: Clips, folder: Path, count: int, clients: int, workers: int) -> dict[str, Any]:
    """The first part."""
    with Server(folder / "load", workers) as server:
        memory, tally = Memory(server.process.pid), Tally()
        memory.start()
        began = time.perf_counter()
        seconds = under_load(server.url, clips, count, clients, tally)
        took = time.perf_counter() - began
        memory.stop.set()
        memory.join()
        jobs = listed(server.url)
    own = memory.most.pop(server.process.pid)
    return {
        "clips": count,
        "clients": clients,
        "workers": workers,
        "seconds": round(took, 1),
        "answered_right": tally.right,
        "answered_wrong": len(tally.wrong),
        "jobs": len(jobs),
        "different_clips": len({job["sha256"] for job in jobs}),
        "done_at_first_attempt": sum(j["state"] == "done" and j["attempts"] == 1 for j in jobs),
        "refused": {str(status): n for status, n in tally.refusals.items()},
        "get_job_ms": {
            name: round(1000 * seconds[int(q * len(seconds))], 1)
            for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        },
        "get_job_asked": len(seconds),
        "server_mib": round(own),
        "largest_worker_mib": round(max(memory.most.values(), default=0)),
    }


def under_load(url: str, clips: Clips, count: int, clients: int, tally: Tally) -> list[float]:
    """Let the clients send; gives the seconds that the prober waited, sorted."""
    context = multiprocessing.get_context("spawn")
    ids, times = context.Queue(), context.Queue()
    asking = context.Process(target=probe, args=(url, ids, times), daemon=True)
    asking.start()

    async def every() -> None:
        shares = [list(range(k, count, clients)) for k in range(clients)]
        await asyncio.gather(*(client(url, clips, share, tally, ids) for share in shares))

    asyncio.run(every())
    ids.put(None)
    seconds: list[float] = times.get()
    asking.join()
    return seconds


def listed(url: str) -> list[dict[str, Any]]:
    """All jobs."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = httpx.get(url + "/v1/jobs", params={"limit": 200, **after}, timeout=60).json()
        found += page["jobs"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def kills(clips: Clips, folder: Path, times: int, workers: int, seed: int) -> dict[str, Any]:
    """The second part."""
    chance = random.Random(seed)
    accepted: dict[str, int] = {}
    number, data = 0, folder / "kills"
    states: Counter[str] = Counter()
    for _ in range(times):
        server = Server(data, workers)
        end = time.monotonic() + chance.uniform(0.2, 4.0)
        killer = threading.Timer(end - time.monotonic(), server.process.kill)
        killer.start()
        while server.process.poll() is None:
            files = {"file": (f"{number}.mp4", clips.copy(number))}
            try:
                answer = httpx.post(server.url + "/v1/jobs", files=files, timeout=60)
            except httpx.TransportError:
                break
            if answer.status_code == 202:
                accepted[answer.json()["jobs"][0]["id"]] = number
            number += 1
            time.sleep(chance.uniform(0, 0.4))
        server.process.wait()
    with Server(data, workers) as server:
        states.update(job["state"] for job in listed(server.url))
        lost, wrong = check(server.url, clips, accepted)
        jobs = listed(server.url)
    return {
        "kills": times,
        "seed": seed,
        "accepted": len(accepted),
        "states_after_the_last": dict(states),
        "lost": lost,
        "wrong": wrong,
        "jobs": len(jobs),
        "different_clips": len({job["sha256"] for job in jobs}),
    }


def check(url: str, clips: Clips, accepted: dict[str, int]) -> tuple[int, int]:
    """Wait for all jobs; gives how many are lost, and how many have a wrong answer."""
    lost = wrong = 0
    for job, number in accepted.items():
        while True:
            answer = httpx.get(f"{url}/v1/jobs/{job}", timeout=60)
            if answer.status_code != 200 or answer.json()["finished"]:
                break
            time.sleep(0.2)
        if answer.status_code != 200 or answer.json()["state"] != "done":
            lost += 1
            print("lost:", answer.text, file=sys.stderr)
        elif not clips.right(number, httpx.get(f"{url}/v1/jobs/{job}/result", timeout=60).json()):
            wrong += 1
    return lost, wrong


def main() -> None:
    """Run both parts and print what they found; exit code 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = Clips.make(folder)
        found = {
            "cores": os.cpu_count(),
            "load": load(clips, folder, options.clips, options.clients, options.workers),
            "kill": kills(clips, folder, options.kills, options.workers, options.seed),
        }
    print(text := json.dumps(found, indent=1))
    if options.json is not None:
        options.json.write_text(text + "\n")
    first, second = found["load"], found["kill"]
    once = first["jobs"] == first["different_clips"] == first["answered_right"] == options.clips
    if not once or first["get_job_ms"]["p95"] >= 50 or second["lost"] or second["wrong"]:
        sys.exit(1)


if __name__ == "__main__":
    main()

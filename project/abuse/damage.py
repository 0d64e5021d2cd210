"""Make damaged clips from real ones: every container and codec, the same for the same seed.

python project/abuse/damage.py FOLDER [CORPUS ...] [--seed N] [--rounds N]

Without a corpus the sample clip that comes with mien is the only source, encoded anew in every
container and codec (`damage_sources.py`); of the clips in CORPUS the first 1.5 s are taken.
FOLDER/index.jsonl says of each file what it is: {"path", "kind", "source", "container", "codecs"}.
A file that is what another one is, or was not changed, is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

import av
import av.error

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 1.5
MOST_BYTES = 2 * 10**6  # of a source
INDEX = "index.jsonl"


@dataclass(frozen=True)
class Damaged:
    """One file of the corpus.

    Args:
        path: relative to the folder.
        kind: of damage.
        source: name of the clip that it was made from; "" for what is made up.
        container, codecs: of that clip, as FFmpeg calls them.
    """

    path: str
    kind: str
    source: str
    container: str
    codecs: str


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus", type=Path, nargs="*")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=1, help="times each damage to bytes is done")
    given = parser.parse_args()
    rows = write_corpus(given.folder, given.corpus, given.seed, given.rounds)
    kinds = len({row.kind for row in rows})
    print(f"{len(rows)} damaged files of {kinds} kinds in {given.folder}", file=sys.stderr)


def write_corpus(
    folder: Path, corpus: list[Path], seed: int = 9, rounds: int = 1, most: int | None = None
) -> list[Damaged]:
    """Write the files and their index; an index that is there is taken for the whole corpus.

    Args:
        folder: where they go.
        corpus: folders of real clips.
        seed: of all chance.
        rounds: how often each kind of damage to bytes is done to each clip.
        most: sources to use of each kind; None is all.
    """
    index = folder / INDEX
    if index.is_file():
        return [Damaged(**json.loads(line)) for line in index.read_text("utf-8").splitlines()]
    from damage_sources import write_sources

    folder.mkdir(parents=True, exist_ok=True)
    clips = write_sources(folder / "sources")
    found = [path for root in corpus for path in sorted(root.rglob("*")) if path.is_file()]
    tasks = [(path, folder, seed, rounds) for path in [*clips, *found][:most]]
    seen = {_digest(path) for path in clips}
    rows: list[Damaged] = []
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for made in pool.map(_of_one, tasks):
            rows += _new(made, seen, folder)
    rows += _new(_made_up(folder, clips), seen, folder)
    index.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), "utf-8")
    return rows


def _new(made: list[Damaged], seen: set[bytes], folder: Path) -> Iterator[Damaged]:
    """Those whose content is another than all before; the others are deleted."""
    for row in made:
        path = folder / row.path
        digest = _digest(path)
        if digest in seen:
            path.unlink()
            continue
        seen.add(digest)
        yield row


def _digest(path: Path) -> bytes:
    """Of what a file is: its content, and the suffix that it says."""
    return hashlib.sha256(path.suffix.encode() + path.read_bytes()).digest()


def _of_one(task: tuple[Path, Path, int, int]) -> list[Damaged]:
    """All that is made from one clip."""
    path, folder, seed, rounds = task
    av.logging.set_level(None)
    known = _content(path)
    if known is None:
        return []
    data, container, codecs = known
    name = f"{path.parent.name}-{path.name}"
    made = []
    for kind, number, content in _damages(data, f"{seed} {name}", rounds):
        place = f"{kind.replace(' ', '-').replace(',', '')}/{number}-{name}"
        _write(folder / place, content)
        made.append(Damaged(place, kind, name, container, codecs))
    return made


def _damages(data: bytes, seed: str, rounds: int) -> Iterator[tuple[str, int, bytes]]:
    from damage_bytes import BYTES
    from damage_headers import HEADERS, lie
    from damage_packets import PACKETS, TAGS, remuxed, tagged

    for kind, damage in BYTES.items():
        for number in range(rounds):
            yield kind, number, damage(data, Random(f"{seed} {kind} {number}"))
    for about in HEADERS:
        for number in range(rounds):
            lied = lie(data, about, Random(f"{seed} {about} {number}"))
            if lied is not None:
                yield f"lying {about}", number, lied
    for kind in PACKETS:
        changed = remuxed(data, kind, Random(f"{seed} {kind}"))
        if changed is not None:
            yield kind, 0, changed
    for kind in TAGS:
        changed = tagged(data, kind)
        if changed is not None:
            yield kind, 0, changed


def _content(path: Path) -> tuple[bytes, str, str] | None:
    """Content, container and codecs of a clip; the beginning of one that is long."""
    try:
        with av.open(str(path)) as source:
            container = source.format.name.split(",")[0]
            codecs = "+".join(
                s.codec.canonical_name for s in source.streams.video + source.streams.audio
            )
            if path.parent.name == "sources":
                return path.read_bytes(), container, codecs
            made = io.BytesIO()
            with av.open(made, "w", format="mov" if container == "mov" else container) as out:
                outs = {
                    s.index: out.add_stream_from_template(s, opaque=True) for s in source.streams
                }
                for packet in islice(source.demux(), 2000):
                    if packet.dts is None or float(packet.dts * packet.time_base) > SECONDS:
                        continue
                    packet.stream = outs[packet.stream.index]
                    out.mux(packet)
            data = made.getvalue()
            return (data, container, codecs) if len(data) < MOST_BYTES else None
    except (av.error.FFmpegError, OSError, ValueError):
        return None


def _made_up(folder: Path, clips: list[Path]) -> list[Damaged]:
    """What is not made from one clip."""
    import damage_crafted as crafted
    import damage_references as references

    contents = {path.name: path.read_bytes() for path in clips}
    place = (folder / "references").absolute()
    _write(place / references.CANARY, references.canary())
    groups = {
        "references": references.references(str(place)),
        "other things": crafted.disguised(contents),
        "odd samples": crafted.odd_samples(),
        "bombs": crafted.bombs(),
    }
    made = []
    for kind, files in groups.items():
        for number, (name, content) in enumerate(files):
            path = f"{kind.replace(' ', '-')}/{number}-{name}"
            _write(folder / path, content)
            made.append(Damaged(path, kind, "", name.rpartition(".")[2], ""))
    return made


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()

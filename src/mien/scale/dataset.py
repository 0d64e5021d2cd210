"""The results of a corpus: Parquet parts, each complete or absent.

    dataset.json                     what made it: model, options, version
    clips/day=2026-01-31/part-X.parquet      a row for each content
    windows/day=.../part-X.parquet           the timeline, as `mien predict --parquet` has it
    people/day=.../part-X.parquet            a row for each tracked face
    failures/day=.../part-X.parquet          inputs that were given up, with the reason
    inputs/day=.../part-X.parquet            the manifest: which input has which content

The part in `inputs` is written last; parts of that name elsewhere count only once it is there,
and the next run removes what a killed one has left without it.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mien.errors import UsageError
from mien.scale.listing import Entry
from mien.scale.rows import TABLES
from mien.scale.storage import join, open_filesystem, read, remove, write

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FAILURES", "MANIFEST", "Dataset", "settled"]

SCHEMA = 1
MANIFEST, FAILURES = "inputs", "failures"
_METADATA = "dataset.json"


class Dataset:
    """A folder, or an address, with results.

    Args:
        out: where.
        made_by: model, options and version; results of different ones do not mix.

    Raises:
        UsageError: there are results of another model, other options or another version.
        OutputError: it cannot be written.
    """

    def __init__(self, out: str, made_by: Mapping[str, Any]) -> None:
        self.out = out
        metadata = json.loads(json.dumps({"schema": SCHEMA, **made_by}))
        path = join(out, _METADATA)
        try:
            old = json.loads(read(path))
        except FileNotFoundError:
            write(path, json.dumps(metadata, indent=1).encode() + b"\n")
            return
        for key in {**old, **metadata}:
            if old.get(key) != metadata.get(key):
                difference = (
                    f"{key} {json.dumps(old.get(key))}, and not {json.dumps(metadata.get(key))}"
                )
                raise UsageError(f"{out}: holds results with {difference}; choose another --out")

    def commit(self, tables: Mapping[str, Sequence[pyarrow.Table]]) -> None:
        """Write one part of each table that has rows, the manifest's last.

        Raises:
            OutputError: it cannot be written.
        """
        import pyarrow

        now = datetime.now(UTC)
        name = f"part-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.parquet"
        for table in (*TABLES, FAILURES, MANIFEST):
            parts = tables.get(table, ())
            if sum(map(len, parts)) or table == MANIFEST:
                path = join(self.out, table, f"day={now:%Y-%m-%d}", name)
                write(path, _bytes(pyarrow.concat_tables(parts)))

    def tidy(self) -> None:
        """Remove parts that never became part of the data set."""
        complete = {PurePosixPath(path).name for path in _parts(self.out, MANIFEST)}
        for table in (*TABLES, FAILURES):
            for path in _parts(self.out, table):
                if PurePosixPath(path).name not in complete:
                    remove(path)

    def forget_failures(self) -> None:
        """Remove the record of failed inputs, so that they are tried again."""
        for path in _parts(self.out, FAILURES):
            remove(path)


def settled(out: str, table: str = MANIFEST) -> Iterator[list[tuple[Entry, str | None]]]:
    """Settled inputs with the SHA-256 of their content, a part at a time.

    A part of the manifest that a crash of the machine has left damaged is removed.
    """
    import pyarrow
    from pyarrow import parquet

    for path in _parts(out, table):
        try:
            columns = ["address", "size", "modified", "media"]
            manifest = parquet.read_table(io.BytesIO(read(path)), columns=columns)
        except pyarrow.ArrowInvalid:
            remove(path)
            continue
        rows = zip(*(manifest[name].to_pylist() for name in columns), strict=True)
        yield [(Entry(*row[:3]), row[3]) for row in rows]


def _parts(out: str, table: str) -> list[str]:
    """Addresses of a table's parts; none where there is no such table."""
    system, root = open_filesystem(join(out, table))
    try:
        paths = system.find(root)
    except FileNotFoundError:
        return []
    return [str(system.unstrip_protocol(p)) for p in sorted(paths) if p.endswith(".parquet")]


def _bytes(table: pyarrow.Table) -> bytes:
    from pyarrow import parquet

    content = io.BytesIO()
    parquet.write_table(table, content, compression="zstd")
    return content.getvalue()

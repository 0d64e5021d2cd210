"""Clip tables: reading, writing, folds. CSV needs nothing but the base install.

Columns: id, path, start, end, label, speaker, split, licence, and any further ones, which become
`Clip.extra`. Relative paths start from the table's folder.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mien.errors import MissingExtraError, OutputError, UsageError
from mien.labels import EMOTIONS, LabelSet
from mien.report.atomic import atomic
from mien.types import Clip

__all__ = [
    "COLUMNS",
    "SPLITS",
    "Manifest",
    "folds",
    "label_set",
    "near_emotion",
    "read_manifest",
    "write_manifest",
]

COLUMNS = ("id", "path", "start", "end", "label", "speaker", "split", "licence")
SPLITS = ("train", "val", "test")
_NEEDED = ("id", "path", "label")
_SLIP = 0.84  # likeness above which a name is taken for a slip: "hapy", but not "unhappy"


@dataclass(frozen=True)
class Manifest:
    """A table of clips.

    Args:
        name: of the corpus; the file's stem.
        clips: in the order of the file.
        labels: the label set.
        root: folder that relative paths start from.
    """

    name: str
    clips: tuple[Clip, ...]
    labels: LabelSet
    root: Path

    def __len__(self) -> int:
        return len(self.clips)

    def path(self, clip: Clip) -> Path:
        """Where the clip's media file is."""
        return self.root / clip.path

    def where(self, keep: Callable[[Clip], bool]) -> Manifest:
        """The clips for which `keep` is true, with the same label set."""
        return Manifest(self.name, tuple(c for c in self.clips if keep(c)), self.labels, self.root)


def label_set(name: str, labels: Iterable[str]) -> LabelSet:
    """The seven emotions where they hold all labels, else the sorted names.

    Raises:
        UsageError: no label at all, or one that is nearly the same as another of the seven.
    """
    names = {label for label in labels if label}
    if names <= set(EMOTIONS.names):
        return EMOTIONS
    for label in sorted(names):
        if (near := near_emotion(label)) in names:
            raise UsageError(f"{name}: unknown label '{label}'; did you mean '{near}'?")
    return LabelSet(name, tuple(sorted(names)))


def near_emotion(label: str) -> str:
    """The one of the seven that a name is so near to that it may be a slip of it, or ""."""
    near = get_close_matches(label, EMOTIONS.names, 1, _SLIP)
    return near[0] if near and label not in EMOTIONS.names else ""


def read_manifest(path: str | Path) -> Manifest:
    """Read a table of clips, .csv or .parquet.

    Raises:
        UsageError: not there, not a table, a column missing, an id twice, a number that is none,
            a label one letter away from another one; with the line.
        MissingExtraError: Parquet without the extra `tables`.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such manifest; 'mien data prepare' makes one")
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
    clips = tuple(_clip(f"{path}: line {number}", row) for number, row in rows)
    if not clips:
        raise UsageError(f"{path}: has no clips")
    names = {c.label for c in clips}
    for (number, _), c in zip(rows, clips, strict=True):
        if (near := near_emotion(c.label)) in names:
            where = f"{path}: line {number}"
            raise UsageError(f"{where}: unknown label '{c.label}'; did you mean '{near}'?")
    twice = [name for name, n in Counter(c.id for c in clips).items() if n > 1]
    if twice:
        raise UsageError(f"{path}: the id '{twice[0]}' stands there twice; ids must be unique")
    return Manifest(path.stem, clips, label_set(path.stem, (c.label for c in clips)), path.parent)


def _csv_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            _check_columns(path, reader.fieldnames or ())
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise UsageError(
                        f"{path}: line {reader.line_num}: not as many cells as columns"
                    )
                rows.append((reader.line_num, row))
            return rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: not a table in CSV (UTF-8): {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


def _parquet_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None
    try:
        table = parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise UsageError(f"{path}: not a Parquet file ({str(error).splitlines()[0]})") from None
    _check_columns(path, table.column_names)
    return [
        (number, {key: "" if value is None else str(value) for key, value in row.items()})
        for number, row in enumerate(table.to_pylist(), 1)
    ]


def _check_columns(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise UsageError(
            f"{path}: no column {', '.join(missing)}; a manifest has {', '.join(COLUMNS)}"
        )
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise UsageError(f"{path}: the column '{twice[0]}' stands there twice")


def _clip(where: str, row: Mapping[str, str]) -> Clip:
    start, end = (_number(where, name, row.get(name, "")) for name in ("start", "end"))
    if not row["id"] or not row["path"]:
        raise UsageError(f"{where}: id or path is empty")
    if end is not None and end <= (start or 0.0):
        raise UsageError(f"{where}: the end {end:g} s is not after the start {start or 0:g} s")
    split = row.get("split", "").strip().lower()
    if split not in ("", *SPLITS):
        raise UsageError(f"{where}: split '{split}' is none of {', '.join(SPLITS)}")
    return Clip(
        id=row["id"],
        path=row["path"],
        start=start,
        end=end,
        label=row["label"].strip().lower(),
        speaker=row.get("speaker", ""),
        split=split,
        licence=row.get("licence", ""),
        extra={key: value for key, value in row.items() if key not in COLUMNS},
    )


def _number(where: str, name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{where}: {name} '{text}' is not a number of seconds") from None
    if not 0 <= value < 1e7:
        raise UsageError(f"{where}: {name} {text} is not a time in seconds")
    return value


def write_manifest(manifest: Manifest, path: str | Path) -> None:
    """Write a table of clips, .csv or .parquet, whole or not at all.

    Paths are made relative to the table's folder where they lie below its parent.

    Raises:
        UsageError: another ending.
        OutputError: it cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{path}: must end with .csv or .parquet")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made ({error.strerror})") from None
    extra = list(dict.fromkeys(key for c in manifest.clips for key in c.extra))
    rows = [_row(manifest, clip, path.parent, extra) for clip in manifest.clips]
    if path.suffix == ".parquet":
        _write_parquet(rows, path)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *extra], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic(path) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8")


def _row(
    manifest: Manifest, clip: Clip, folder: Path, extra: Sequence[str]
) -> dict[str, str | float | None]:
    file = manifest.path(clip).absolute()
    try:
        place = os.path.relpath(file, folder.absolute())
    except ValueError:  # another drive
        place = str(file)
    inside = Path(place).parts[:2] != ("..", "..")
    row: dict[str, str | float | None] = {name: getattr(clip, name) for name in COLUMNS}
    row["path"] = Path(place if inside else file).as_posix()
    return row | {key: clip.extra.get(key, "") for key in extra}


def _write_parquet(rows: list[dict[str, str | float | None]], path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None
    times = {name: pyarrow.float64() for name in ("start", "end")}
    fields = [(name, times.get(name, pyarrow.string())) for name in rows[0]]
    with atomic(path) as partial:
        parquet.write_table(pyarrow.Table.from_pylist(rows, pyarrow.schema(fields)), partial)


def folds(manifest: Manifest, how: str) -> list[frozenset[str]]:
    """Speakers of each test fold.

    Args:
        manifest: the clips.
        how: "corpus": the published folds of the corpus;
            "speaker": the published folds, or without such one fold a speaker;
            "speaker:N": N folds, the published ones if they are N, else the speakers dealt out so
            that the folds are about even in clips.

    Raises:
        UsageError: not such a text, too few speakers, or no published folds.
    """
    from mien.datasets import published_folds

    kind, colon, count = how.partition(":")
    number_wrong = colon and (kind == "corpus" or not count.isdigit() or int(count) < 2)
    if kind not in ("speaker", "corpus") or number_wrong:
        raise UsageError(f"--folds {how}: write corpus, speaker or speaker:5")
    sizes = Counter(c.speaker for c in manifest.clips if c.label)
    if "" in sizes:
        raise UsageError(f"--folds {how}: {sizes['']} clips have no speaker; fill the column")
    names = {c.extra.get("corpus", "") for c in manifest.clips} - {""}
    corpus = names.pop() if len(names) == 1 else manifest.name
    published = published_folds(corpus, sizes)
    if kind == "corpus" and not published:
        raise UsageError(f"--folds corpus: no folds are published for {corpus}; write speaker:5")
    if published and (not count or int(count) == len(published)):
        return published
    number = int(count) if count else len(sizes)
    if number < 2 or number > len(sizes):
        raise UsageError(f"--folds {how}: there are {len(sizes)} speakers")
    groups: list[set[str]] = [set() for _ in range(number)]
    for speaker in sorted(sizes, key=lambda s: (-sizes[s], s)):
        min(groups, key=lambda g: sum(sizes[s] for s in g)).add(speaker)
    return [frozenset(group) for group in groups]

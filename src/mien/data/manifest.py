"""Clip tables: reading, writing, folds. CSV needs nothing but the base install.

Columns: id, path, start, end, label, speaker, split, licence, and any further ones, which become
`Clip.extra`; of these `faces`, a folder of aligned faces, is a path too, `group` says what belongs
together where no speaker is known, and `use` may say "pictures" (`mien data join`). Relative paths
start from the table's folder. The column `label_set` names all classes, as in `calm|tense`, where
they are neither the seven emotions nor just the labels that occur.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mien.data.manifest_files import Cell, read_rows, write_rows
from mien.errors import UsageError
from mien.labels import EMOTIONS, LabelSet
from mien.types import Clip

__all__ = [
    "COLUMNS",
    "SPLITS",
    "Manifest",
    "folds",
    "label_set",
    "near_emotion",
    "read_manifest",
    "ways_to_split",
    "write_manifest",
]

COLUMNS = ("id", "path", "start", "end", "label", "speaker", "split", "licence")
SPLITS = ("train", "val", "test")
_PLACES = ("path", "faces")
_NEEDED = ("id", "path", "label")
_TIMES = ("start", "end")
_LABEL_SET, _BETWEEN = "label_set", "|"
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
        UsageError: a label that is nearly the same as another of the seven.
    """
    names = set(filter(None, labels))
    if names <= set(EMOTIONS.names):
        return EMOTIONS
    for label in sorted(names):
        if (near := near_emotion(label)) in names:
            raise UsageError(f"{name}: unknown label '{label}'; did you mean '{near}'?")
    return LabelSet(name, tuple(sorted(names)))


def near_emotion(label: str) -> str:
    """The emotion of the seven that a name may be a misspelling of, or ""."""
    near = get_close_matches(label, EMOTIONS.names, 1, _SLIP)
    return near[0] if near and label not in EMOTIONS.names else ""


def read_manifest(path: str | Path) -> Manifest:
    """Read a table of clips, .csv or .parquet.

    Raises:
        UsageError: not there, not a table, a column missing, an id twice, a number that is none,
            a label that is not in the column `label_set`, or one letter away from another one;
            with the line.
        MissingExtraError: Parquet without the extra `tables`.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such manifest; 'mien data prepare' makes one")
    rows = read_rows(path, _NEEDED, (*COLUMNS, "faces", _LABEL_SET), _TIMES)
    clips = tuple(
        _clip(f"{path}: line {number}", _slashed(row, path.parent)) for number, row in rows
    )
    if not clips:
        raise UsageError(f"{path}: has no clips")
    twice = [name for name, n in Counter(c.id for c in clips).items() if n > 1]
    if twice:
        raise UsageError(f"{path}: the id '{twice[0]}' stands there twice; ids must be unique")
    return Manifest(path.stem, clips, _labels(path, rows, clips), path.parent)


def _labels(
    path: Path, rows: Sequence[tuple[int, Mapping[str, str]]], clips: Sequence[Clip]
) -> LabelSet:
    """The label set that the table names or shows."""
    named = {row.get(_LABEL_SET, "") for _, row in rows}
    if len(named) > 1:
        raise UsageError(f"{path}: the column {_LABEL_SET} must say the same on all lines")
    names = tuple(filter(None, named.pop().split(_BETWEEN)))
    labels = LabelSet(path.stem, names) if names else None
    used_labels = {c.label for c in clips if c.label}
    for (number, _), c in zip(rows, clips, strict=True):
        where = f"{path}: line {number}"
        if labels is None and (near := near_emotion(c.label)) in used_labels:
            raise UsageError(f"{where}: unknown label '{c.label}'; did you mean '{near}'?")
        if labels is not None and c.label:
            try:
                labels.index(c.label)
            except UsageError as error:
                raise UsageError(f"{where}: {error}") from None
    return labels or label_set(path.stem, used_labels)


def _slashed(row: Mapping[str, str], root: Path) -> dict[str, str]:
    """A row with "/" in place of the backslashes of Windows."""
    paths = {name: row[name] for name in _PLACES if "\\" in row.get(name, "")}
    turned = {n: v.replace("\\", "/") for n, v in paths.items() if not os.path.lexists(root / v)}
    return {**row, **turned}


def _clip(where: str, row: Mapping[str, str]) -> Clip:
    start, end = (_number(where, name, row.get(name, "")) for name in _TIMES)
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
        extra={key: value for key, value in row.items() if key not in (*COLUMNS, _LABEL_SET)},
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

    Paths are made relative to the table's folder where they lie below its parent. The column
    `label_set` is there where the label set cannot be told from the clips.

    Raises:
        UsageError: another ending.
        OutputError: it cannot be written.
    """
    path = Path(path)
    extra = list(dict.fromkeys(key for c in manifest.clips for key in c.extra))
    derived = (
        label_set(path.stem, (c.label for c in manifest.clips)).names if manifest.clips else ()
    )
    named = {} if derived == manifest.labels.names else {_LABEL_SET: manifest.labels.names}
    more: dict[str, Cell] = {name: _BETWEEN.join(names) for name, names in named.items()}
    rows = [_row(manifest, clip, path.parent, extra) | more for clip in manifest.clips]
    write_rows(path, [*COLUMNS, *extra, *more], rows, numbers=_TIMES)


def _row(manifest: Manifest, clip: Clip, folder: Path, extra: Sequence[str]) -> dict[str, Cell]:
    row: dict[str, Cell] = {name: getattr(clip, name) for name in COLUMNS}
    row |= {key: clip.extra.get(key, "") for key in extra}
    for name in _PLACES:
        if file := row.get(name):
            row[name] = _path_in_table(manifest.root / str(file), folder)
    return row


def _path_in_table(file: Path, folder: Path) -> str:
    """A path as it stands in a table in `folder`."""
    file = file.absolute()
    try:
        relative = Path(os.path.relpath(file, folder.absolute()))
    except ValueError:  # another drive
        return file.as_posix()
    return (file if relative.parts[:2] == ("..", "..") else relative).as_posix()


def ways_to_split(clips: Iterable[Clip]) -> str:
    """The values of --folds that labelled clips allow, in words."""
    speakers = {c.speaker for c in clips if c.label} - {""}
    if not speakers:
        return (
            "no clip has a speaker; fill the column 'speaker', or add --folds random:5, which may "
            "test on people that were trained on, so that scores are too good"
        )
    if len(speakers) == 1:
        return (
            "there is one speaker only, so nothing can be tested on another one; possible is "
            "--folds random:5, whose scores hold for this speaker alone"
        )
    return f"there are {len(speakers)} speakers; add --folds speaker:{min(5, len(speakers))}"


def _nameless(manifest: Manifest) -> str:
    """What is left for clips without a speaker."""
    grouped = any(c.extra.get("group") for c in manifest.clips if not c.speaker)
    return "group:3 (by the column 'group')" if grouped else "random:5"


def folds(manifest: Manifest, scheme: str) -> list[frozenset[str]]:
    """Speakers of each test fold.

    Args:
        manifest: the clips.
        scheme: "corpus": the published folds of the corpus;
            "speaker": the published folds, or without such one fold a speaker;
            "speaker:N": N folds, the published ones if they are N, else the speakers dealt out so
            that the folds are about even in clips.

    Raises:
        UsageError: not such a text, too few speakers, or no published folds.
    """
    from mien.data.datasets import published_folds

    kind, colon, count = scheme.partition(":")
    number_wrong = colon and (kind == "corpus" or not count.isdigit() or int(count) < 2)
    if kind not in ("speaker", "corpus") or number_wrong:
        raise UsageError(f"--folds {scheme}: write corpus, speaker or speaker:5")
    sizes = Counter(c.speaker for c in manifest.clips if c.label)
    if "" in sizes:
        text = f"{sizes['']} clips have no speaker; fill the column, or write {_nameless(manifest)}"
        raise UsageError(f"--folds {scheme}: {text}, which may test on people that were trained on")
    names = {c.extra.get("corpus", "") for c in manifest.clips} - {""}
    corpus = names.pop() if len(names) == 1 else manifest.name
    published = published_folds(corpus, sizes)
    if kind == "corpus" and not published:
        raise UsageError(f"--folds corpus: no folds are published for {corpus}; write speaker:5")
    if published and (not count or int(count) == len(published)):
        return published
    number = int(count) if count else len(sizes)
    if number < 2 or number > len(sizes):
        raise UsageError(f"--folds {scheme}: {ways_to_split(manifest.clips)}")
    groups: list[set[str]] = [set() for _ in range(number)]
    for speaker in sorted(sizes, key=lambda s: (-sizes[s], s)):
        min(groups, key=lambda g: sum(sizes[s] for s in g)).add(speaker)
    return [frozenset(group) for group in groups]

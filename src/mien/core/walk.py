"""The contents of a folder: clips and pictures; all other files are counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "ANNOTATED",
    "EMPTY",
    "LEDGER",
    "PICTURES",
    "RESULTS",
    "STILL",
    "SUFFIXES",
    "TWICE",
    "FolderContents",
    "SkippedFiles",
    "folder_contents",
    "identity",
    "is_own",
]

_VIDEO = """
    264 265 3g2 3gp 3gp2 3gpp amv asf avc avi dav dif divx dv dvr-ms evo f4v flv gxf h261 h263 h264
    h265 h26l hevc imx insv ismv ivf lrv m1v m2p m2t m2ts m2v m4v mj2 mjpeg mjpg mk3d mkv mod mov
    mp4 mpe mpeg mpg mpv mqv mts mxf nut obu ogm ogv qt rm rmvb tod tp trp ts vob vro webm wmv wtv
    xmv y4m
"""
_SOUND = """
    3ga aac ac3 aif aifc aiff amr ape au awb caf dts eac3 f4a flac gsm isma m4a m4b m4r mka mp2 mp3
    mpa mpc oga ogg ogx opus ra snd spx tta voc w64 wav weba wma wv
"""
_STILL = "avif bmp gif heic heif jfif jp2 jpe jpeg jpg pgm png pnm ppm tga tif tiff webp"

SUFFIXES = frozenset(f".{name}" for name in (_VIDEO + _SOUND).split())
"""Suffixes of video and sound inside a folder; a file that is named is always tried."""

PICTURES = frozenset(f".{name}" for name in _STILL.split())
"""Suffixes of pictures."""

ANNOTATED = ".annotated.mp4"
"""The suffix of mien's own annotated copy of a video, after the name of its source."""

LEDGER = ".mien-done.jsonl"
"""The file in an output folder that records what is done."""

HIDDEN, DANGLING, RESULTS = "hidden", "dangling links", "results of mien"
STILL = "pictures (--pictures takes them too)"
TWICE = "more names of files that are read once"
EMPTY = "folders without clips"
_SINGULAR = {
    DANGLING: "dangling link",
    RESULTS: "result of mien",
    STILL: "picture (--pictures takes it too)",
    TWICE: "more name of a file that is read once",
    EMPTY: "folder without clips",
}
_KINDS_SHOWN = 5  # endings that are named


@dataclass
class SkippedFiles:
    """Counts of skipped files by kind, and the suffixes of those of other kinds."""

    counts: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)

    def other(self, path: Path) -> None:
        """Note a file that is neither a clip nor a picture."""
        self.endings[path.suffix.lower() or "no ending"] += 1

    def line(self) -> str:
        """The skipped files in words; "" if there are none."""
        counts = {kind: count for kind, count in self.counts.items() if count}
        parts = [
            f"{n} {_SINGULAR.get(kind, kind) if n == 1 else kind}" for kind, n in counts.items()
        ]
        if kinds := [name for name, _ in self.endings.most_common()]:
            names = ", ".join(kinds[:_KINDS_SHOWN] + ["..."] * (len(kinds) > _KINDS_SHOWN))
            parts.append(f"{self.endings.total()} of other kinds ({names})")
        return ", ".join(parts)


@dataclass
class FolderContents:
    """The files of a folder, each list sorted.

    Args:
        clips: video and sound.
        pictures: still ones.
        shut: folders that cannot be read.
    """

    clips: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    shut: list[Path] = field(default_factory=list)


def is_own(path: Path) -> bool:
    """Whether a name is that of an annotated copy that mien wrote, as clip.mp4.annotated.mp4."""
    source = path.name.removesuffix(ANNOTATED)
    return source != path.name and Path(source).suffix.lower() in SUFFIXES | PICTURES


def folder_contents(
    root: Path, passed: SkippedFiles, results: Path | None = None
) -> FolderContents:
    """List a folder to all depths, each real folder once, links to folders last.

    Args:
        root: the folder.
        passed: counts hidden files, dangling links, results of mien and files of other kinds.
        results: the folder for results, which is left out where it lies below `root`.
    """
    contents = FolderContents()
    for folder, names in _folders(root, passed, contents, results):
        for name in names:
            _sort(Path(folder, name), passed, contents)
    for paths in (contents.clips, contents.pictures, contents.shut):
        paths.sort()
    return contents


def _sort(path: Path, passed: SkippedFiles, contents: FolderContents) -> None:
    """Add a file to the contents, or count it as skipped."""
    suffix = path.suffix.lower()
    if path.name == LEDGER:
        return
    if path.name.startswith("."):
        passed.counts[HIDDEN] += 1
    elif _is_dangling(path):
        passed.counts[DANGLING] += 1
    elif is_own(path):
        passed.counts[RESULTS] += 1
    elif suffix not in SUFFIXES | PICTURES or not _is_file(path):
        passed.other(path)
    else:
        (contents.clips if suffix in SUFFIXES else contents.pictures).append(path)


def _folders(
    root: Path, passed: SkippedFiles, contents: FolderContents, results: Path | None
) -> Iterator[tuple[str, list[str]]]:
    """(folder, names of its files) of each folder."""
    entered = {identity(root)}
    results_identity = None if results is None or not results.is_dir() else identity(results)
    waiting = [root]
    while waiting:
        links: list[Path] = []
        for top in waiting:
            walk = os.walk(top, onerror=lambda error: contents.shut.append(Path(error.filename)))
            for folder, folders, names in walk:
                folders[:] = _subfolders_to_enter(
                    folder, sorted(folders), entered, results_identity, links, passed
                )
                yield folder, names
        waiting = []
        for link in links:
            if identity(link) not in entered:
                entered.add(identity(link))
                waiting.append(link)


def _subfolders_to_enter(
    parent: str,
    names: list[str],
    entered: set[tuple[int, int] | str],
    results_identity: tuple[int, int] | str | None,
    links: list[Path],
    passed: SkippedFiles,
) -> list[str]:
    """The subfolders to enter; links are collected, hidden ones and results are skipped."""
    result = []
    for name in names:
        path = Path(parent, name)
        folder_identity = identity(path)
        if name.startswith("."):
            passed.counts[HIDDEN] += 1
        elif folder_identity == results_identity and folder_identity not in entered:
            passed.counts[RESULTS] += _clips_below(path)
            entered.add(folder_identity)
        elif path.is_symlink():
            links.append(path)
        elif folder_identity not in entered:
            entered.add(folder_identity)
            result.append(name)
    return result


def _clips_below(folder: Path) -> int:
    return sum(
        Path(name).suffix.lower() in SUFFIXES for _, _, names in os.walk(folder) for name in names
    )


def identity(path: Path) -> tuple[int, int] | str:
    """A key that is equal for two names of the same file or folder."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return os.path.abspath(path)  # noqa: PTH100 (a link that leads nowhere stays itself)
    return (stat.st_dev, stat.st_ino) if stat.st_ino else str(path.resolve())


def _is_dangling(path: Path) -> bool:
    try:
        return path.is_symlink() and not path.exists()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # which is told when it is tried
        return True

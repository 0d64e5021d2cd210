"""What an extractor measures of a clip: its media, or what a column of the manifest names."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien.core.hashes import file_sha256
from mien.errors import MediaError
from mien.features.extractors.extractor import Extractor

if TYPE_CHECKING:
    from mien.data.manifest import Manifest

__all__ = ["folder_sha256", "measured_by"]


def measured_by(manifest: Manifest, extractor: Extractor) -> Manifest:
    """The manifest with the paths of what an extractor measures.

    One with a `column` measures the folder that the column names, where there is one.
    """
    column = str(getattr(extractor, "column", ""))
    if not column:
        return manifest
    clips = tuple(
        replace(clip, path=clip.extra[column])
        if clip.extra.get(column) and (manifest.root / clip.extra[column]).is_dir()
        else clip
        for clip in manifest.clips
    )
    return replace(manifest, clips=clips)


def folder_sha256(folder: Path) -> str:
    """Hash of the names and contents of the files in a folder.

    Raises:
        MediaError: one of them cannot be read.
    """
    whole = hashlib.sha256()
    try:
        for file in sorted(path for path in folder.iterdir() if path.is_file()):
            whole.update(f"{file.name}\0{file_sha256(file)}\n".encode())
    except OSError as error:
        raise MediaError(f"{folder}: cannot be read ({error.strerror})") from None
    return whole.hexdigest()

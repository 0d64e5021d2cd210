"""What was measured of clips, kept in a folder, so that the next run need not decode them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.errors import OutputError
from mien.features.extractors.code import code_version
from mien.features.store.media_hashes import MediaHashes
from mien.training.adapt.measure import BranchEvidence, ClipEvidence, Stretch

__all__ = ["Kept"]

_PARTS = ("said", "linear", "rows")


class Kept:
    """A file for each clip, named by the content of the media, the stretch, bundle and code.

    Args:
        folder: made when something is put into it.
        bundle: SHA-256 of the bundle that measures.
    """

    def __init__(self, folder: Path, bundle: str) -> None:
        made_by = f"{bundle} {code_version('mien.training.adapt.measure', 'mien.inference.bundle')}"
        digest = hashlib.sha256(made_by.encode()).hexdigest()[:12]
        self.folder = folder / f"adapt-{digest}"
        self.media = MediaHashes(folder / "media.jsonl")

    def file(self, path: Path, stretch: Stretch) -> Path:
        """Where a clip is kept.

        Raises:
            MediaError: the media file cannot be read.
        """
        described = json.dumps([self.media.sha256(path), *stretch])
        return self.folder / f"{hashlib.sha256(described.encode()).hexdigest()}.npz"

    def get(self, path: Path, stretch: Stretch) -> ClipEvidence | None:
        """What is kept of a clip; None of nothing, or of a file that was damaged.

        Raises:
            MediaError: the media file cannot be read.
        """
        try:
            with np.load(self.file(path, stretch), allow_pickle=False) as arrays:
                return _evidence({name: arrays[name] for name in arrays.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, path: Path, stretch: Stretch, evidence: ClipEvidence) -> None:
        """Keep a clip; it is on disk when this returns.

        Raises:
            MediaError: the media file cannot be read.
            OutputError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"{self.folder}: cannot be made ({error.strerror}); choose another --store"
            raise OutputError(text) from None
        with atomic(self.file(path, stretch)) as partial, partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **_arrays(evidence))


def _arrays(evidence: ClipEvidence) -> dict[str, NDArray[np.float64]]:
    """Named arrays; a branch's parts are "face/rows"."""
    named = {
        f"{branch}/{part}": value
        for branch, answer in evidence.branches.items()
        for part in _PARTS
        if (value := getattr(answer, part)) is not None
    }
    named["decoded"] = np.array(float(evidence.decoded))
    return named if evidence.together is None else {**named, "together": evidence.together}


def _evidence(named: dict[str, NDArray[np.float64]]) -> ClipEvidence:
    """The inverse of `_arrays`."""
    together, decoded = named.pop("together", None), bool(named.pop("decoded"))
    branches = {name.partition("/")[0] for name in named}
    parts = {b: {p: named.get(f"{b}/{p}") for p in _PARTS} for b in sorted(branches)}
    evidence = {
        b: BranchEvidence(log_probs, arrays["linear"], arrays["rows"])
        for b, arrays in parts.items()
        if (log_probs := arrays["said"]) is not None
    }
    return ClipEvidence(evidence, together, decoded)

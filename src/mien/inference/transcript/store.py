"""Evidence of a clip as a file: a few numbers for each half second, and no picture or sound."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.features.windows import WindowStats
from mien.inference.bundle import Bundle
from mien.inference.evidence import Evidence, GridStats
from mien.inference.transcript.evidence import Cells, ClipEvidence, presence_of, speaking_of
from mien.types import Prediction

__all__ = ["load_evidence", "save_evidence"]

Arrays = dict[str, NDArray[np.generic]]


def save_evidence(clip: ClipEvidence, bundle: Bundle, path: Path) -> bool:
    """Write evidence as compressed arrays; False, and nothing is written, where it cannot be kept.

    What can be kept are statistics that merge (the default bundle's); a network that looks at all
    rows of a stretch would need the rows.

    Raises:
        OutputError: the file cannot be written.
    """
    parts = [("shared", clip.shared), *((f"p{k}", v) for k, v in clip.people.items())]
    arrays: Arrays = {
        "bundle": np.array(bundle.sha256),
        "duration": np.array(clip.duration),
        "people": np.array(sorted(clip.people), np.int64),
    }
    for owner, branches in parts:
        for branch, evidence in branches.items():
            if not isinstance(evidence, GridStats):
                return False
            arrays |= _packed(f"{owner}/{branch}", evidence)
    for owner, codes in [("sound", clip.sound_beyond), *_owners(clip.beyond)]:
        for code, cells in codes.items():
            arrays[f"beyond/{owner}/{code}"] = np.array(list(cells), np.int64)
    with atomic(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return True


def _owners(beyond: Mapping[int, Cells]) -> list[tuple[str, Cells]]:
    return [(f"p{person}", codes) for person, codes in beyond.items()]


def _packed(name: str, evidence: GridStats) -> Arrays:
    cells = sorted(evidence.cells)
    stats = [evidence.cells[cell] for cell in cells]
    moments = np.stack([stat.moments for stat in stats]) if stats else np.zeros((0, 2, 0))
    return {
        f"{name}/cells": np.array(cells, np.int64),
        f"{name}/n": np.array([stat.n for stat in stats], np.int64),
        f"{name}/moments": moments,
    }


def load_evidence(path: Path, bundle: Bundle, prediction: Prediction) -> ClipEvidence:
    """Read evidence back.

    Args:
        path: that `save_evidence` wrote.
        bundle: the model that found it.
        prediction: the answer for the clip, which has the people.

    Raises:
        UsageError: it is not there, damaged, or of another bundle.
    """
    try:
        with np.load(path) as stored:
            arrays: Arrays = {name: stored[name] for name in stored.files}
        if str(arrays["bundle"]) != bundle.sha256:
            raise UsageError(f"{path.name}: is of another model; analyse the clip anew")
        return _unpacked(arrays, bundle, prediction)
    except FileNotFoundError:
        raise UsageError(f"{path.name}: is not there; analyse the clip anew") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{path.name}: is damaged; analyse the clip anew") from None


def _unpacked(arrays: Arrays, bundle: Bundle, prediction: Prediction) -> ClipEvidence:
    people = arrays["people"].tolist()
    shared: dict[str, Evidence] = {}
    for modality in ("voice", "frame"):
        shared |= _filled(arrays, "shared", bundle, modality)
    return ClipEvidence(
        people={person: _filled(arrays, f"p{person}", bundle, "face") for person in people},
        shared=shared,
        presence=presence_of(prediction),
        duration=float(arrays["duration"]),
        speaking=speaking_of(prediction),
        beyond={person: _codes(arrays, f"p{person}") for person in people},
        sound_beyond=_codes(arrays, "sound"),
    )


def _filled(arrays: Arrays, owner: str, bundle: Bundle, modality: str) -> dict[str, Evidence]:
    result: dict[str, Evidence] = {}
    make: Callable[[str], Mapping[str, object]] = bundle.evidence
    for branch, evidence in make(modality).items():
        name = f"{owner}/{branch}"
        if not isinstance(evidence, GridStats) or f"{name}/cells" not in arrays:
            raise KeyError(name)
        rows = zip(
            arrays[f"{name}/cells"].tolist(),
            arrays[f"{name}/n"].tolist(),
            np.asarray(arrays[f"{name}/moments"], np.float64),
            strict=True,
        )
        for cell, n, moments in rows:
            evidence.cells[cell] = WindowStats(n, moments)
        result[branch] = evidence
    return result


def _codes(arrays: Arrays, owner: str) -> dict[str, list[int]]:
    head = f"beyond/{owner}/"
    return {k.removeprefix(head): v.tolist() for k, v in arrays.items() if k.startswith(head)}

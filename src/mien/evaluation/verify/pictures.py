"""A bundle's face encoder on FER2013's private test, which no weights here were trained on."""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session
from mien.data.datasets import fer2013
from mien.data.datasets.fer2013 import Fer2013
from mien.errors import BundleError, UsageError
from mien.evaluation.cards import OnPictures
from mien.evaluation.metrics import calibration, scores
from mien.evaluation.verify.figures import Figures
from mien.evaluation.verify.missing import MissingDataError
from mien.fusion.log_pool import softmax
from mien.inference.bundle import Bundle
from mien.labels import EMOTIONS, FERPLUS

__all__ = ["face_encoder", "outputs", "scores_on_pictures"]

_BATCH = 256
_OUTPUTS = ("fer2013", "ferplus")
_FILES = ("fer2013.tar.xz", "ferplus_to_kaggle.csv.gz")

Progress = Callable[[str, int, int], None]
Rows = NDArray[np.float64]
Outputs = dict[str, Rows]


def scores_on_pictures(
    bundle: Bundle, wanted: Sequence[OnPictures], data: Path, progress: Progress
) -> dict[object, Figures]:
    """{method: scores of the bundle}.

    Raises:
        MissingDataError: FER2013 is not in the folder.
        UsageError: it is damaged.
        BundleError: the bundle has no face encoder with the outputs that it takes.
    """
    run = face_encoder(bundle)
    progress("reading FER2013", 0, 0)
    splits = _read(_folder(data))
    test = splits["PrivateTest"]
    flips = any(method.flips for method in wanted)
    total = len(test) * (2 if flips else 1)
    plain = outputs(run, test.pictures, partial(_shifted, progress, 0, total))
    mirrored = plain
    if flips:
        turned = np.ascontiguousarray(test.pictures[:, :, ::-1])
        mirrored = outputs(run, turned, partial(_shifted, progress, len(test), total))
    fresh = test.without_copies_of(splits["Training"])
    return {method: _scores(method, test, fresh, plain, mirrored) for method in wanted}


def _shifted(progress: Progress, before: int, total: int, done: int) -> None:
    progress("FER2013 private test", before + done, total)


def face_encoder(bundle: Bundle) -> Any:
    """The session of a bundle's face encoder.

    Raises:
        BundleError: it has none with the outputs that it takes.
    """
    files = [s.encoder for s in bundle.spec.streams.values() if s.extractor == "faces"]
    if not files or files[0] is None:
        raise BundleError(
            f"{bundle.path}: the card has scores of a face encoder, and there is none"
        )
    run = session(bundle.path / files[0], bundle.threads, bundle.device)
    missing = set(_OUTPUTS) - {output.name for output in run.get_outputs()}
    if missing:
        raise BundleError(f"{bundle.path / files[0]}: has no output '{min(missing)}'")
    return run


def _folder(data: Path) -> Path:
    """Where the pictures and the votes are."""
    for folder in (data / "fer2013", data):
        if all((folder / name).is_file() for name in _FILES):
            return folder
    raise MissingDataError(f"no {' and '.join(_FILES)} in {data / 'fer2013'} or {data}")


def _read(folder: Path) -> dict[str, Fer2013]:
    try:
        return fer2013.load(folder)
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError) as error:
        raise UsageError(f"{folder / _FILES[0]}: cannot be unpacked ({error})") from None


def outputs(
    run: Any, pictures: NDArray[np.uint8], done: Callable[[int], None] = lambda _: None
) -> Outputs:
    """{output: (N,C) logits} of pictures (N,48,48); `done` hears how many are."""
    parts = []
    for start in range(0, len(pictures), _BATCH):
        parts.append(run.run(list(_OUTPUTS), {"crops": pictures[start : start + _BATCH]}))
        done(min(start + _BATCH, len(pictures)))
    columns = zip(_OUTPUTS, zip(*parts, strict=True), strict=True)
    return {name: np.concatenate(rows).astype(float) for name, rows in columns}


def _scores(
    method: OnPictures, test: Fer2013, fresh: NDArray[np.bool_], plain: Outputs, mirrored: Outputs
) -> Figures:
    is_fer2013 = method.target == "fer2013"
    output, labels = ("fer2013", EMOTIONS) if is_fer2013 else ("ferplus", FERPLUS)
    truth = test.labels if is_fer2013 else fer2013.majority(test.votes)
    logits = plain[output]
    if method.flips:
        logits = softmax(logits) + softmax(mirrored[output])
    counted = (truth >= 0) & (fresh | method.copies)
    right, answers = truth[counted], logits[counted]
    result = scores(right, answers.argmax(1), len(labels))
    if method.temperature is None:
        return Figures(result)
    return Figures(result, calibration(right, softmax(answers / method.temperature)))

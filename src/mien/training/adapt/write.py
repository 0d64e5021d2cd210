"""The adapted bundle: a copy of the bundle with what was fitted, and a card that says so."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.core.hashes import file_sha256
from mien.core.published import rounded_all
from mien.errors import OutputError, UsageError
from mien.fusion.log_opinion import FusedLogPool
from mien.inference.bundle import Bundle, load
from mien.labels import LabelSet
from mien.training.adapt.clips import Base
from mien.training.adapt.correction import Correction
from mien.training.adapt.fitting import Fitted
from mien.training.adapt.material import transfer
from mien.training.adapt.measure import outputs_of
from mien.training.adapt.onnx_bytes import linear_model
from mien.training.adapt.trust import Trust

__all__ = ["NewBundle", "check_place", "write_bundle"]

_DIGITS = 6
_OWN = ("bundle.json", "card.json")  # files that are written anew


@dataclass(frozen=True)
class NewBundle:
    """What goes into the folder.

    Args:
        name: of the bundle.
        labels: what it answers with.
        base: numbers of the bundle before, and the prior.
        fitted: what was fitted.
        trust: from which confidence its answers are called reliable.
        card: what card.json says, beside the name.
    """

    name: str
    labels: LabelSet
    base: Base
    fitted: Fitted
    trust: Trust
    card: Mapping[str, Any]


def check_place(out: Path) -> None:
    """Refuse a folder that holds something else, before the work begins.

    Raises:
        UsageError: it does.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is not empty; choose another --out, or delete it")


def write_bundle(bundle: Bundle, new: NewBundle, out: Path) -> None:
    """Write the folder, whole or not at all, and see that it can be read.

    Args:
        bundle: the one that was adapted.
        new: what is different.
        out: the folder; must not exist, or be empty.

    Raises:
        UsageError: the folder is taken.
        OutputError: it cannot be written.
    """
    check_place(out)
    with _folder(out) as partial:
        for file in _copied(bundle):
            shutil.copyfile(file, partial / file.name)
        heads = _write_heads(bundle, new, partial)
        spec = _spec(bundle, new, heads, partial)
        for name in set(bundle.spec.files) - set(spec["files"]):
            (partial / name).unlink(missing_ok=True)
        _write_json(partial / "bundle.json", spec)
        _write_json(partial / "card.json", {"name": new.name, **new.card})
        load(partial, threads=1)


def _copied(bundle: Bundle) -> Iterator[Path]:
    """Networks and licences."""
    for file in sorted(bundle.path.iterdir()):
        if file.is_file() and file.name not in _OWN:
            yield file


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its name once all is there."""
    partial = out.with_name(out.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_heads(bundle: Bundle, new: NewBundle, folder: Path) -> dict[str, str]:
    """Write the linear heads; {branch: file}. With other labels each branch needs one."""
    same = new.labels.names == bundle.labels.names
    into = np.eye(len(new.labels)) if same else transfer(bundle.labels, new.labels)
    files = {}
    for branch, correction in new.fitted.corrections.items():
        if correction.weights is None and same:
            continue
        stream = bundle.spec.branches[branch].stream
        has = "log_probs" in outputs_of(bundle, stream)
        name = f"{re.sub(r'[^A-Za-z0-9._-]', '_', branch)}_adapted.onnx"
        weights = _matrix(correction, new.base.sizes[branch], into if has else into[:0])
        (folder / name).write_bytes(linear_model(weights, correction.bias.astype(np.float32)))
        files[branch] = name
    return files


def _matrix(correction: Correction, size: int, into: NDArray[np.float64]) -> NDArray[np.float32]:
    """(2E+2C,K) weights of the mean of rows, then of their deviation, which counts for nothing."""
    embedding = correction.weights
    if embedding is None:
        embedding = np.zeros((size, into.shape[1]))
    mean = np.concatenate([embedding, into])
    return np.concatenate([mean, np.zeros_like(mean)]).astype(np.float32)


def _spec(bundle: Bundle, new: NewBundle, heads: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What bundle.json says."""
    plain: dict[str, Any] = msgspec.to_builtins(bundle.spec)
    names, pool = new.base.branches, new.fitted.pool
    branches = {name: _branch(plain["branches"][name], new, name, heads) for name in names}
    streams = {b["stream"] for b in branches.values()}
    fusion = FusedLogPool(names, len(new.labels), pool.weights, pool.temperatures).save(folder)
    below = {"right": new.trust.right, "n": new.trust.n} if new.trust.n else None
    spec = {
        **plain,
        "name": new.name,
        "labels": list(new.labels.names),
        "prior": dict(
            zip(new.labels.names, rounded_all(new.base.prior.tolist(), _DIGITS), strict=True)
        ),
        "reliable_from": dict(new.trust.reliable_from),
        "below": rounded_all(below, _DIGITS),
        "streams": {name: stream for name, stream in plain["streams"].items() if name in streams},
        "branches": branches,
        "fusion": rounded_all(fusion, _DIGITS),
    }
    used = [b["head"] for b in branches.values()]
    used += [stream["encoder"] for stream in spec["streams"].values()]
    files = sorted(name for name in used if name is not None)
    return {**spec, "files": {name: file_sha256(folder / name) for name in files}}


def _branch(
    plain: Mapping[str, Any], new: NewBundle, name: str, heads: Mapping[str, str]
) -> dict[str, Any]:
    """One branch: another head, or a bias, and its temperature."""
    alone = {**plain, "temperature": round(new.fitted.pool.temperatures[name], _DIGITS)}
    if name in heads:
        return {**alone, "head": heads[name], "pooling": "statistics", "sampler": None, "bias": {}}
    bias = new.fitted.corrections[name].bias + [plain["bias"].get(n, 0.0) for n in new.labels.names]
    if not bias.any():
        return alone
    return {
        **alone,
        "bias": dict(zip(new.labels.names, rounded_all(bias.tolist(), _DIGITS), strict=True)),
    }

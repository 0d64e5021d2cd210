"""A baseline: how somebody usually looks and sounds, as few numbers, and its small JSON.

No picture, no sound and no embedding: a shift and a number of seconds for each branch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from mien.core.atomic import atomic
from mien.core.checked import MisfitError, checked_json
from mien.core.published import readable
from mien.errors import UsageError
from mien.output.relative_schema import RelativeBranchModel, to_branches
from mien.types import RelativeBranch

__all__ = ["Baseline", "read_baseline", "write_baseline"]

_MOST = 2**20  # bytes
_DIGITS = 2  # of seconds


@dataclass(frozen=True)
class Baseline:
    """How the people of a recording, or of several, usually look and sound.

    Args:
        name: where it comes from, for people.
        model: name and sha256 of the bundle; another one's numbers mean something else.
        labels: the label set.
        people: {person id: {branch: shift}} of faces; 1 is the main person.
        shared: {branch: shift} of the voice, whoever's it is.
        voices: {person id: {branch: shift}} of the own voice of each, where several are in view.
        missing: what could not be estimated, and why.
    """

    name: str
    model: Mapping[str, str]
    labels: tuple[str, ...]
    people: Mapping[int, Mapping[str, RelativeBranch]] = field(default_factory=dict)
    shared: Mapping[str, RelativeBranch] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    voices: Mapping[int, Mapping[str, RelativeBranch]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The same in plain JSON types."""
        return {
            "schema": 1,
            "kind": "baseline",
            "name": readable(self.name),
            "model": {"name": self.model["name"], "sha256": self.model["sha256"]},
            "labels": list(self.labels),
            "people": {str(k): _branches(branches) for k, branches in self.people.items()},
            "shared": _branches(self.shared),
            "voices": {str(k): _branches(branches) for k, branches in self.voices.items()},
            "missing": list(self.missing),
        }


def _branches(corrections: Mapping[str, RelativeBranch]) -> dict[str, Any]:
    return {name: correction.to_dict(_DIGITS) for name, correction in corrections.items()}


class _BaselineModel(Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    kind: Literal["baseline"]
    name: str
    model: dict[str, str]
    labels: list[str]
    people: dict[str, dict[str, RelativeBranchModel]]
    shared: dict[str, RelativeBranchModel]
    missing: list[str] = []
    voices: dict[str, dict[str, RelativeBranchModel]] = {}


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline as JSON: some hundred bytes.

    Raises:
        OutputError: the file cannot be written.
    """
    text = json.dumps(baseline.to_dict(), indent=1, ensure_ascii=False)
    with atomic(path) as part:
        part.write_text(text + "\n", "utf-8")


def read_baseline(path: Path) -> Baseline:
    """Read what `write_baseline` wrote.

    Raises:
        UsageError: it is not there, or is none.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > _MOST:
        raise UsageError(f"{path}: is larger than {_MOST >> 20} MB, which no baseline is")
    try:
        m = checked_json(content, _BaselineModel)
        people, voices = (
            {int(k): to_branches(branches) for k, branches in group.items()}
            for group in (m.people, m.voices)
        )
    except (MisfitError, ValueError) as error:
        raise UsageError(f"{path}: is no baseline of mien ({error})") from None
    shared, labels = to_branches(m.shared), tuple(m.labels)
    for correction in [
        *shared.values(),
        *(
            b
            for group in (people, voices)
            for branches in group.values()
            for b in branches.values()
        ),
    ]:
        if set(correction.shift) != set(labels):
            raise UsageError(f"{path}: is no baseline of mien (shift and labels differ)")
    return Baseline(m.name, m.model, labels, people, shared, tuple(m.missing), voices)

"""What a learner tells a bundle of its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Exported"]


@dataclass(frozen=True)
class Exported:
    """What a bundle has to say of a branch.

    Args:
        stream: fields of `mien.inference.bundle_spec.StreamSpec` besides the extractor.
        branch: fields of `mien.inference.bundle_spec.BranchSpec` besides stream and temperature.
    """

    stream: dict[str, Any] = field(default_factory=dict)
    branch: dict[str, Any] = field(default_factory=dict)

"""What the default bundle says of the sample clip, as it is stored for the tests.

    python -m tests.sample_prediction    writes tests/data/sample_prediction.json anew

To be run after the default bundle has changed, and only then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mien

__all__ = ["STORED", "sample_prediction"]

STORED = Path(__file__).parent / "data" / "sample_prediction.json"
_PLACES = 4


def sample_prediction() -> dict[str, Any]:
    """The parts of the answer that follow from the weights alone, with four digits."""
    answer = mien.analyze(mien.sample()).to_dict()
    return {
        "model": answer["model"]["name"],
        "label": answer["label"],
        "reliable": answer["reliable"],
        "probabilities": _rounded(answer["probabilities"]),
        "branches": {
            name: _rounded(branch["probabilities"]) for name, branch in answer["branches"].items()
        },
        "timeline": [_rounded(window["probabilities"]) for window in answer["timeline"]],
        "people": [_rounded(person["probabilities"]) for person in answer["people"]],
    }


def _rounded(probabilities: dict[str, float] | None) -> dict[str, float] | None:
    if probabilities is None:
        return None
    return {name: round(value, _PLACES) for name, value in probabilities.items()}


if __name__ == "__main__":
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(json.dumps(sample_prediction(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {STORED}")

"""Insights over time in the form of Azure AI Video Indexer's output (v2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mien.core.atomic import atomic
from mien.core.published import readable
from mien.output.formats.tiers import length, tiers
from mien.output.report.cells import Run, sights
from mien.types import Prediction

__all__ = ["video_indexer_result", "write_video_indexer"]

_TYPES = {"angry": "Anger", "fear": "Fear", "happy": "Joy", "sad": "Sadness"}
"""The names that Video Indexer has; other labels keep their own with a capital letter."""


def video_indexer_result(p: Prediction) -> dict[str, object]:
    """One video with `insights.emotions` (of face and voice together) and `insights.faces`."""
    name = readable(Path(str(p.source["path"])).name)
    duration = length(p)
    clip = next(tier for tier in tiers(p) if tier.name == "clip")
    video = {
        "id": p.source["sha256"],
        "state": "Processed",
        "insights": {
            "version": "1.0.0.0",
            "duration": _stamp(duration),
            "emotions": _emotions(clip.runs),
            "faces": [
                {
                    "id": person.id,
                    "name": f"Person {person.id}",
                    "instances": [
                        _stretch(start, end) for start, end in sights(person, end=duration)
                    ],
                }
                for person in p.people
            ],
        },
    }
    return {
        "id": p.source["sha256"],
        "name": name,
        "state": "Processed",
        "durationInSeconds": round(duration),
        "videos": [video],
    }


def write_video_indexer(p: Prediction, path: Path) -> None:
    """Write `video_indexer_result` as JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic(path) as part:
        text = json.dumps(video_indexer_result(p), ensure_ascii=False)
        part.write_text(text + "\n", "utf-8")


def _emotions(label_runs: Sequence[Run]) -> list[dict[str, object]]:
    labels = dict.fromkeys(run.label for run in label_runs)
    return [
        {
            "id": number,
            "type": _TYPES.get(label, label.capitalize()),
            "instances": [
                {"confidence": round(run.mean, 4)} | _stretch(run.start, run.end)
                for run in label_runs
                if run.label == label
            ],
        }
        for number, label in enumerate(labels, 1)
    ]


def _stretch(start: float, end: float) -> dict[str, str]:
    first, last = _stamp(start), _stamp(end)
    return {"adjustedStart": first, "adjustedEnd": last, "start": first, "end": last}


def _stamp(seconds: float) -> str:
    """Hours:minutes:seconds, with milliseconds where there are any."""
    minutes, millis = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, rest = divmod(millis, 1000)
    return f"{hours}:{minutes:02}:{whole:02}" + (f".{rest:03}" if rest else "")

"""Write reports/training.json from the logs of the face and the voice training.

python tools/summarise_training.py FACE_RUN VOICE_RUN
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def rows(log: Path) -> list[dict[str, float]]:
    """The lines of a log, the last one of each epoch."""
    found = [json.loads(line) for line in log.read_text().splitlines()]
    return list({int(row["epoch"]): row for row in found}.values())


def main() -> None:
    """Summarise both runs and keep the per-epoch numbers."""
    face, voice = Path(sys.argv[1]), Path(sys.argv[2])
    result: dict[str, str] = {}
    for stage in sorted(face.glob("stage_*/log.jsonl")):
        log = rows(stage)
        best = max(log, key=lambda row: row["public_accuracy"])
        minutes = sum(row["seconds"] for row in log) / 60
        result[f"face, {stage.parent.name.replace('_', ' ')}"] = (
            f"{len(log)} epochs, {minutes:.0f} minutes beside other work on four cores; epoch "
            f"{best['epoch']:.0f} chosen on PublicTest, {100 * best['public_accuracy']:.1f} %; "
            "one seed"
        )
    for run in ("final", "ravdess_0", "java_sed_0"):
        log = rows(voice / run / "log.jsonl")
        minutes = sum(row["seconds"] for row in log) / 60
        result[f"voice, {run.replace('_', ' ')}"] = (
            f"{len(log)} epochs of 40 steps, {minutes:.0f} minutes beside other work on one core, "
            f"last loss {log[-1]['loss']:.3f}; the last epoch counts; one seed"
        )
    Path("reports/training.json").write_text(json.dumps(result, indent=1) + "\n")
    logs = Path("reports/logs")
    logs.mkdir(exist_ok=True)
    for path in [*face.glob("stage_*/log.jsonl"), voice / "final" / "log.jsonl"]:
        (logs / f"{path.parent.name}.jsonl").write_text(path.read_text())


if __name__ == "__main__":
    main()

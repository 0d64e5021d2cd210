"""Write reports/training.json from the logs of the face and the voice training.

python tools/summarise_training.py FACE_RUN VOICE_RUN
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path


def rows(log: Path) -> list[dict[str, float]]:
    """The lines of a log."""
    with log.open(newline="") as stream:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]


def main() -> None:
    """Summarise both runs and keep the per-epoch numbers."""
    face, voice = Path(sys.argv[1]), Path(sys.argv[2])
    result: dict[str, str] = {}
    for stage in sorted(face.glob("stage_*/log.csv")):
        log = rows(stage)
        last = stage.parent.name in ("stage_3", "stage_4")  # by the recipe
        best = log[-1] if last else max(log, key=lambda row: row["public_accuracy"])
        size = "the middle 44 px" if stage.parent.name == "stage_4" else "all 48 px"
        minutes = sum(row["seconds"] for row in log) / 60
        result[f"face, {stage.parent.name.replace('_', ' ')}"] = (
            f"{len(log)} epochs, {minutes:.0f} minutes beside other work on four cores; epoch "
            f"{best['epoch']:.0f} kept, PublicTest {100 * best['public_accuracy']:.1f} %, FER+ "
            f"{100 * best['public_ferplus']:.1f} %, looking at {size}; one seed"
        )
    for run in ("final", "ravdess_0", "java_sed_0"):
        log = rows(voice / run / "log.csv")
        minutes = sum(row["seconds"] for row in log) / 60
        result[f"voice, {run.replace('_', ' ')}"] = (
            f"{len(log)} epochs of 40 steps, {minutes:.0f} minutes beside other work on one core, "
            f"last loss {log[-1]['loss']:.3f}; the last epoch counts; one seed"
        )
    Path("reports/training.json").write_text(json.dumps(result, indent=1) + "\n")
    logs = Path("reports/logs")
    logs.mkdir(exist_ok=True)
    for path in [*face.glob("stage_*/log.csv"), voice / "final" / "log.csv"]:
        (logs / f"{path.parent.name}.csv").write_text(path.read_text())


if __name__ == "__main__":
    main()

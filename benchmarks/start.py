"""What a start costs: Python, libraries, imports, the bundle, the command on the sample clip."""

from __future__ import annotations

import sys

from measure import Seconds, commands, in_turns

import mien

__all__ = ["start"]

LIBRARIES = "import av, cv2, numpy, onnxruntime"


def start(runs: int) -> tuple[dict[str, Seconds], float]:
    """Medians for each, and the cold command over Python, libraries and the clip when warm."""
    python, sample = [sys.executable, "-c"], mien.sample()
    cold = commands(
        {
            "python": [*python, "pass"],
            "python and the four base libraries": [*python, LIBRARIES],
            "and mien.inference.analysis": [
                *python,
                f"{LIBRARIES}; import mien.inference.analysis",
            ],
            "and its command line": [
                *python,
                f"{LIBRARIES}; import mien.inference.analysis, mien.cli.app",
            ],
            "mien predict SAMPLE, cold": [sys.executable, "-m", "mien", "predict", str(sample)],
        },
        runs,
    )
    bundle = mien.load()
    warm = in_turns(
        {
            "the sample, warm": lambda: mien.analyze(sample, model=bundle),
            "reading the bundle": mien.load,
            "opening its networks": lambda: mien.load().open_encoders(),
        },
        runs,
    )
    needed = cold["python and the four base libraries"].wall + warm["the sample, warm"].wall
    return cold | warm, cold["mien predict SAMPLE, cold"].wall / needed

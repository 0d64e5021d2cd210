"""The bundle's face encoder beside the network of the package `fer`, on FER2013's private test.

    python benchmarks/fer_network.py PYTHON DATA/fer2013 [--json reports/fer_network.json]

PYTHON is that of an environment with `fer` (`pip install --no-deps fer`, with tensorflow, Pillow,
requests, pandas, tqdm, 'opencv-contrib-python<5' and 'setuptools<81'). Same pictures, one run,
one thread each; time is that of the processor, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import mien
from mien.data.datasets import fer2013
from mien.evaluation.metrics import mcnemar, wilson
from mien.evaluation.verify.pictures import face_encoder, outputs
from mien.labels import EMOTIONS
from mien.training.experiment.record import hardware

THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
WORKER = Path(__file__).with_name("fer_worker.py")


def main() -> None:
    """Print the table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    private = fer2013.load(options.root)["PrivateTest"]
    theirs = ask_fer(options.python, private.pictures)
    mine, seconds = ask_mien(private.pictures)
    right = {"mien": mine == private.labels}
    spent = {"mien": seconds}
    for name, kind in (("fer, Keras", "keras"), ("fer, reduced (its default)", "lite")):
        columns = np.array([EMOTIONS.index(str(one)) for one in theirs["names"]])
        right[name] = columns[theirs[kind]] == private.labels
        spent[name] = float(theirs[f"{kind}_seconds"])
    rows = {name: row(right[name], spent[name], right["mien"]) for name in right}
    for name, figures in rows.items():
        print(name, json.dumps(figures))
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware(),
        "command": "python benchmarks/fer_network.py PYTHON DATA/fer2013",
        "versions": versions(options.python),
        "rows": rows,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def ask_mien(pictures: np.ndarray) -> tuple[np.ndarray, float]:
    """Answers (N,) of the default bundle's encoder, and processor seconds."""
    answer = partial(outputs, face_encoder(mien.load(threads=1)))
    answer(pictures[:64])
    before = time.process_time()
    found = answer(pictures)["fer2013"].argmax(1)
    return found, time.process_time() - before


def ask_fer(python: Path, pictures: np.ndarray) -> dict[str, Any]:
    """What the worker says in the other environment."""
    with tempfile.TemporaryDirectory() as folder:
        given, answers = Path(folder) / "pictures.npy", Path(folder) / "answers.npz"
        np.save(given, pictures)
        command = [python.absolute(), WORKER.resolve(), given, answers]
        one = {**os.environ, **dict.fromkeys(THREADS, "1")}
        subprocess.run(command, check=True, cwd=folder, env=one, stderr=subprocess.DEVNULL)
        with np.load(answers) as found:
            return dict(found)


def row(right: np.ndarray, seconds: float, mine: np.ndarray) -> dict[str, Any]:
    """The figures of one network."""
    low, high = wilson(float(right.sum()), len(right))
    only_mine, only_theirs, p = mcnemar(mine, right)
    return {
        "n": len(right),
        "accuracy": round(float(right.mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
        "pictures_per_second": round(len(right) / seconds),
        "only_mien_right": only_mine,
        "only_this_right": only_theirs,
        "p": float(f"{p:.2g}"),
    }


def versions(python: Path) -> dict[str, str]:
    """Of what was compared."""
    ask = "from importlib.metadata import version as v; print(v('fer'), v('tensorflow'))"
    done = subprocess.run(
        [python.absolute(), "-c", ask], check=True, capture_output=True, text=True, cwd="/"
    )
    fer, tensorflow = done.stdout.split()
    return {"mien": mien.__version__, "fer": fer, "tensorflow": tensorflow}


if __name__ == "__main__":
    main()

"""The network of the package `fer` on pictures; run by the Python that has `fer`.

    PYTHON benchmarks/fer_worker.py pictures.npy answers.npz

`pictures.npy` holds (N,48,48) uint8. `answers.npz` gets, for the Keras network and for the reduced
one (TensorFlow Lite, what the package takes by default), the answers (N,) as columns of `names`,
and the processor time in s. Scaling and classifying are the package's own code.
"""

from __future__ import annotations

import sys
import time

import cv2
import numpy as np
from fer.fer import FER

BATCH = 64
SIDE = 64


def main() -> None:
    """Classify all pictures with both networks."""
    cv2.setNumThreads(1)
    pictures = np.load(sys.argv[1])
    names = FER._get_labels()
    found: dict[str, object] = {"names": [names[k] for k in sorted(names)]}
    for kind, reduced in (("keras", False), ("lite", True)):
        network = FER(use_tflite=reduced)
        classify(network, pictures[:BATCH])  # loads what is loaded once
        before = time.process_time()
        answers = classify(network, pictures)
        found[f"{kind}_seconds"] = time.process_time() - before
        found[kind] = answers
    np.savez(sys.argv[2], **found)


def classify(network: FER, pictures: np.ndarray) -> np.ndarray:
    """(N,) columns of the likeliest class."""
    parts = []
    for start in range(0, len(pictures), BATCH):
        large = [cv2.resize(p, (SIDE, SIDE)) for p in pictures[start : start + BATCH]]
        scaled = network._FER__preprocess_input(np.array(large), True)
        if not network.use_tflite:
            scaled = scaled[..., None]
        parts.append(np.asarray(network._classify_emotions(scaled)).argmax(1))
    return np.concatenate(parts)


if __name__ == "__main__":
    main()

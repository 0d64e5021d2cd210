"""`fer` on a clip, by the Python that has it; prints {pictures taken: seconds, ...} as JSON.

PYTHON benchmarks/peers/fer_clip.py CLIP THREADS RUNS
"""

import json
import statistics
import sys
import time

import cv2
import tensorflow as tf

clip, threads, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
cv2.setNumThreads(threads)

from fer.fer import FER  # noqa: E402 (threads are set first)


def analyse(network: FER, each: int) -> int:
    """Decode the clip, and classify the faces of every `each`-th picture."""
    video, number, faces = cv2.VideoCapture(clip), 0, 0
    while True:
        more, picture = video.read()
        if not more:
            return faces
        if number % each == 0:
            faces += len(network.detect_emotions(picture))
        number += 1


network = FER()
analyse(network, 50)
found = {}
for each in (1, 4):
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        faces = analyse(network, each)
        taken.append(time.perf_counter() - began)
    found[str(each)] = {"seconds": statistics.median(taken), "faces": faces}
print(json.dumps(found))

"""mediapipe's face detector (no emotions) on a clip, by the Python that has it; prints JSON.

PYTHON benchmarks/peers/mediapipe_clip.py CLIP THREADS RUNS
"""

import json
import statistics
import sys
import time

import cv2
import mediapipe as mp

clip, threads, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
cv2.setNumThreads(threads)


def analyse(each: int) -> int:
    """Decode the clip, and find the faces of every `each`-th picture."""
    video, number, faces = cv2.VideoCapture(clip), 0, 0
    with mp.solutions.face_detection.FaceDetection(model_selection=1) as detector:
        while True:
            more, picture = video.read()
            if not more:
                return faces
            if number % each == 0:
                found = detector.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
                faces += len(found.detections or ())
            number += 1


analyse(50)
found = {}
for each in (1, 4):
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        faces = analyse(each)
        taken.append(time.perf_counter() - began)
    found[str(each)] = {"seconds": statistics.median(taken), "faces": faces}
print(json.dumps(found))

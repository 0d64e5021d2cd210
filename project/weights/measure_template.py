"""Where eyes, nose and mouth lie in FER2013's own pictures: the source of align.TEMPLATE.

python project/weights/measure_template.py FER2013_ROOT [N]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from mien.data.datasets.fer2013 import load
from mien.faces.detector import detector

SCALE, MARGIN = 4, 96


def main() -> None:
    """Print the median position of each point, and how many faces were found."""
    root, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    find, rows = detector("blazeface"), []
    pictures = load(root)["Training"].pictures
    chosen = np.random.default_rng(0).permutation(len(pictures))[:count]
    for picture in pictures[chosen]:
        large = cv2.resize(picture, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
        canvas = cv2.copyMakeBorder(large, *[MARGIN] * 4, cv2.BORDER_REPLICATE)
        found = find.detect(cv2.cvtColor(canvas, cv2.COLOR_GRAY2RGB))
        if len(found):
            rows.append((found.points[0] - MARGIN) / (48 * SCALE))
    print(f"found in {len(rows)} of {count}")
    print("median", np.round(np.median(rows, axis=0), 4).tolist())
    print(
        "quartile spread", np.round(np.subtract(*np.percentile(rows, [75, 25], axis=0)), 3).tolist()
    )


if __name__ == "__main__":
    main()

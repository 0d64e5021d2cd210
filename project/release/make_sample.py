"""Make the sample clip: NASA's portrait of Eileen Collins (public domain), moved, and speech.

    python project/release/make_sample.py

Needs the package scikit-image (for the picture) and the program espeak-ng. Nobody in it feels
anything: the picture is a still and the voice is a machine's. Written to src/mien/core/assets.
"""

from __future__ import annotations

import math
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from mien.media import RATE, read_sound

TARGET = Path(__file__).resolve().parents[2] / "src" / "mien" / "core" / "assets" / "sample.mp4"
LINE = "Hello! I am so glad that you are here. What a wonderful day for a flight."
CAPTION = "made-up sample: a still portrait (NASA) and a machine's voice"
FPS, SECONDS, WIDTH, HEIGHT = 25, 8, 480, 360


def portrait() -> np.ndarray:
    """The picture as (512,512,3) RGB."""
    from skimage import data

    return np.asarray(data.astronaut())


def voice(folder: Path) -> np.ndarray:
    """The spoken line as (N,) float32 at 16 kHz."""
    path = folder / "line.wav"
    subprocess.run(
        ["espeak-ng", "-v", "en-us+f3", "-s", "150", "-p", "60", "-w", str(path), LINE], check=True
    )
    return read_sound(path)


def frame(picture: np.ndarray, t: float) -> np.ndarray:
    """The view of a slowly moving camera at t seconds."""
    zoom = 1.4 + 0.15 * math.sin(2 * math.pi * t / SECONDS)
    angle = 4 * math.sin(2 * math.pi * t / 5)
    centre = (232 + 12 * math.sin(2 * math.pi * t / 3), 160 + 8 * math.cos(2 * math.pi * t / 4))
    matrix = cv2.getRotationMatrix2D(centre, angle, zoom)
    matrix[:, 2] += np.array([WIDTH / 2, HEIGHT / 2]) - centre
    size = (WIDTH, HEIGHT)
    view = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    view[-24:] = (view[-24:] * 0.4).astype(np.uint8)
    place, white = (10, HEIGHT - 8), (255, 255, 255)
    cv2.putText(view, CAPTION, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, white, 1, cv2.LINE_AA)
    return view


def main() -> None:
    """Write the clip."""
    with tempfile.TemporaryDirectory() as folder:
        sound = voice(Path(folder))
    sound = np.concatenate([np.zeros(RATE // 2, np.float32), sound])[: SECONDS * RATE]
    sound = np.pad(sound, (0, SECONDS * RATE - len(sound)))
    picture = portrait()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(TARGET), "w") as out:
        out.metadata["comment"] = "Made up: a still portrait (NASA), moved, and a synthetic voice."
        video = out.add_stream("libx264", rate=FPS, options={"crf": "28", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = out.add_stream("aac", rate=RATE, layout="mono", bit_rate=40_000)
        for k in range(FPS * SECONDS):
            out.mux(video.encode(av.VideoFrame.from_ndarray(frame(picture, k / FPS), "rgb24")))
        for start in range(0, len(sound), 1024):
            piece = av.AudioFrame.from_ndarray(sound[None, start : start + 1024], "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = RATE, start, Fraction(1, RATE)
            out.mux(audio.encode(piece))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

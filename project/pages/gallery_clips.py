"""The clips of docs/gallery.md: the sample clip, and what is made of it and of nothing else.

Only one face may be shown, that of the sample's portrait. The second person of the interview is
the same portrait turned round, warped and tinted until it is somebody else to look at (and to the
network that tells faces apart); the second voice is the sample's, deeper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import mien
from mien.media import RATE, read_sound

__all__ = ["INTERVIEW", "LINES", "broken", "dark", "interview", "subtitles", "twice"]

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]
FPS, WIDTH, HEIGHT, FOOT = 25, 480, 360, 24
CAPTIONS = {
    "A": "made up: the sample's portrait (NASA), moved",
    "B": "made up: the same portrait, warped",
    "AB": "made up: one portrait, and the same warped",
}


@dataclass(frozen=True)
class Shot:
    """A piece of the interview.

    Args:
        seen: "A", "B" or "AB", beside each other.
        speaker: "A" or "B".
        start, end: seconds of the sample clip.
        text: what is said in it.
    """

    seen: str
    speaker: str
    start: float
    end: float
    text: str

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


HELLO, FLIGHT = "Hello! I am so glad that you are here.", "What a wonderful day for a flight."
INTERVIEW = (
    Shot("A", "A", 0.0, 3.3, HELLO),
    Shot("B", "B", 0.0, 3.3, HELLO),
    Shot("A", "A", 3.3, 6.3, FLIGHT),
    Shot("B", "B", 3.3, 6.3, FLIGHT),
    Shot("AB", "A", 0.0, 3.3, HELLO),
    Shot("AB", "B", 3.3, 6.3, FLIGHT),
)
LINES = (("A", "ANNA"), ("B", "EVE"))
"""Names for who speaks."""


def interview(path: Path) -> Path:
    """Two people in shot and reverse shot, and then beside each other."""
    portraits = _portraits()
    voices = {"A": read_sound(mien.sample())}
    voices["B"] = deeper(voices["A"])
    pictures = (picture for shot in INTERVIEW for picture in _shot(shot, portraits))
    parts = [voices[s.speaker][round(s.start * RATE) : round(s.end * RATE)] for s in INTERVIEW]
    return write(path, pictures, np.concatenate(parts))


def subtitles(path: Path) -> Path:
    """The lines of the interview as SRT, with who speaks."""
    names, blocks, start = dict(LINES), [], 0.0
    for number, shot in enumerate(INTERVIEW, 1):
        end = start + shot.seconds
        times = f"{_stamp(start)} --> {_stamp(end)}"
        blocks.append(f"{number}\n{times}\n{names[shot.speaker]}: {shot.text}\n")
        start = end
    path.write_text("\n".join(blocks), "utf-8")
    return path


def twice(path: Path, times: int = 2) -> Path:
    """The sample clip again and again."""
    pictures = [picture for _ in range(times) for picture in _sample()]
    return write(path, iter(pictures), np.tile(read_sound(mien.sample()), times))


def dark(path: Path) -> Path:
    """The sample clip as a camera sees it in the dark, with a little noise, and without a sound."""
    rng = np.random.default_rng(0)
    pictures = (
        np.clip(p * 0.06 + rng.normal(0, 2, p.shape), 0, 255).astype(np.uint8) for p in _sample()
    )
    return write(path, pictures, np.zeros(8 * RATE, np.float32))


def broken(path: Path) -> Path:
    """The sample clip with everything after its first 3,000 bytes gone."""
    path.write_bytes(mien.sample().read_bytes()[:3000])
    return path


def deeper(sound: Sound, by: float = 0.72) -> Sound:
    """The same words in the same time, lower."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono", time_base=f"1/{RATE}")
    steps = [
        graph.add("asetrate", f"{round(RATE * by)}"),
        graph.add("aresample", f"{RATE}"),
        graph.add("atempo", f"{1 / by:.4f}"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(source, *steps).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray().reshape(-1))
        except (av.BlockingIOError, EOFError):
            break
    lower = np.concatenate(parts)[: len(sound)].astype(np.float32)
    return np.pad(lower, (0, len(sound) - len(lower)))


def warped(picture: Picture) -> Picture:
    """Somebody else: turned round, a broader jaw, a narrower forehead, another tone."""
    high, wide = picture.shape[:2]
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    down, right = (y - 0.45 * high) / high, (x - 0.5 * wide) / wide
    near = np.exp(-4 * (down**2 + right**2))
    from_x = 0.5 * wide + wide * right * (1 - near * (0.75 * down + 0.12))
    from_y = 0.45 * high + high * down * (1 + 0.22 * near)
    turned = cv2.remap(picture[:, ::-1].copy(), from_x, from_y, cv2.INTER_LINEAR, borderMode=1)
    tone = cv2.cvtColor(turned, cv2.COLOR_RGB2LAB).astype(np.float32)
    tone[..., 0] = 255 * (tone[..., 0] / 255) ** 1.35
    tone[..., 1:] = 128 + 0.6 * (tone[..., 1:] - 128) + (2, 8)
    return cv2.cvtColor(np.clip(tone, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)


def write(path: Path, pictures: Iterator[Picture], sound: Sound) -> Path:
    """Encode pictures, 25 a second, and sound."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = out.add_stream("aac", rate=RATE, layout="mono")
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            out.mux(video.encode(frame))
        for begin in range(0, len(sound), 1024):
            piece = av.AudioFrame.from_ndarray(sound[None, begin : begin + 1024], "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = RATE, begin, Fraction(1, RATE)
            out.mux(audio.encode(piece))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


def _sample() -> Iterator[Picture]:
    with av.open(str(mien.sample())) as given:
        for frame in given.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def _portraits() -> dict[str, Sequence[Picture]]:
    """The sample's pictures without their caption, of both people."""
    first = [picture[:-FOOT] for picture in _sample()]
    return {"A": first, "B": [warped(picture) for picture in first]}


def _shot(shot: Shot, portraits: dict[str, Sequence[Picture]]) -> Iterator[Picture]:
    for k in range(round(shot.start * FPS), round(shot.end * FPS)):
        views = [portraits[person][k] for person in shot.seen]
        board = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        strip = WIDTH // len(views)
        for place, view in enumerate(views):
            left = (WIDTH - strip) // 2  # the middle of the view, where the face is
            board[:-FOOT, place * strip : (place + 1) * strip] = view[:, left : left + strip]
        at, white = (10, HEIGHT - 8), (255, 255, 255)
        text = CAPTIONS[shot.seen]
        cv2.putText(board, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, white, 1, cv2.LINE_AA)
        yield board


def _stamp(seconds: float) -> str:
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"00:00:{whole:02},{thousandths:03}"

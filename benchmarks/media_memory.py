"""Peak resident memory of reading a clip, for a short and a long one.

    python benchmarks/media_memory.py --minutes 1 60

Makes each clip (H.264 and AAC in Matroska) in a temporary folder by repeating the packets of ten
encoded seconds, reads it in a process of its own as `mien.analyze` does, and prints the peak.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

_RATE = 16_000
_PERIOD = Fraction(256, 25)  # s; whole pictures and whole AAC frames (160 x 1024 samples)


@dataclass(frozen=True)
class ReadCost:
    """What one process found: peak in MB, seconds read and taken, pictures given out."""

    peak: float
    seen: float
    took: float
    pictures: int
    problems: list[str]


def main() -> None:
    """Measure each length and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 60])
    parser.add_argument("--size", default="640x360", help="WIDTHxHEIGHT, both even")
    parser.add_argument("--fps", type=float, default=8, help="pictures to give out per second")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(vars(read(asked.read, asked.fps))))
        return
    width, height = map(int, asked.size.split("x"))
    print(f"{asked.size} H.264 + AAC, {asked.fps:g} pictures/s given out")
    with tempfile.TemporaryDirectory() as folder:
        source = encode(Path(folder) / "source.mkv", width, height)
        for minutes in asked.minutes:
            clip = repeat(source, Path(folder) / "clip.mkv", round(60 * minutes / _PERIOD) or 1)
            command = [sys.executable, __file__, "--read", str(clip), "--fps", str(asked.fps)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found = ReadCost(**json.loads(said))
            print(
                f"{minutes:6g} min: peak {found.peak:6.1f} MB resident, {found.seen:.1f} s and "
                f"{found.pictures} pictures read in {found.took:.1f} s {' '.join(found.problems)}",
                flush=True,
            )


def read(path: Path, fps: float) -> ReadCost:
    """Read a clip from end to end and keep nothing."""
    from mien.media import open_media

    begin, pictures = time.perf_counter(), 0
    with open_media(path, fps=fps) as media:
        for chunk in media.chunks():
            pictures += len(chunk.frames)
        codes = [problem.code for problem in media.problems]
        return ReadCost(peak(), media.seen, time.perf_counter() - begin, pictures, codes)


def peak() -> float:
    """Peak resident memory of this process in MB, without what its parent had (Linux)."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [s for s in status.read_text().splitlines() if s.startswith("VmHWM")]
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def encode(path: Path, width: int, height: int) -> Path:
    """Ten seconds of a moving pattern and a tone."""
    import av
    import numpy as np

    y, x = np.mgrid[:height, :width]
    sound = 0.3 * np.sin(np.arange(int(_PERIOD * _RATE)) * 2 * np.pi * 440 / _RATE)
    with av.open(str(path), "w") as out:
        video = out.add_stream(
            "libx264", rate=25, options={"preset": "veryfast", "g": "64", "bf": "0"}
        )
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = out.add_stream("aac", rate=_RATE, layout="mono")
        for number in range(int(_PERIOD * 25)):
            waves = np.stack([x + 3 * number, y + 2 * number, x + y - number], -1)
            frame = av.VideoFrame.from_ndarray((waves % 256).astype(np.uint8), "rgb24")
            out.mux(video.encode(frame))
        for begin in range(0, len(sound), 1024):
            piece = sound[None, begin : begin + 1024].astype(np.float32)
            spoken = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            spoken.sample_rate, spoken.pts = _RATE, begin
            out.mux(audio.encode(spoken))
        out.mux([*video.encode(None), *audio.encode(None)])
    return path


def repeat(source: Path, path: Path, times: int) -> Path:
    """Copy the packets of `source` again and again, each time one period later."""
    import av

    with av.open(str(path), "w") as out:
        with av.open(str(source)) as first:
            streams = [out.add_stream_from_template(s) for s in first.streams]
        for number in range(times):
            with av.open(str(source)) as again:
                for packet in again.demux():
                    if packet.pts is None or packet.dts is None or packet.pts < 0:
                        continue  # the end, and the encoder's priming
                    if packet.time_base * packet.pts >= _PERIOD:
                        continue
                    shift = round(number * _PERIOD / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream_index]
                    out.mux(packet)
    return path


if __name__ == "__main__":
    main()

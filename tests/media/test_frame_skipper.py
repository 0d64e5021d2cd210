from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import mien
from mien.media import open_media
from mien.media.clock import Sampler
from mien.media.frame_skipper import FrameSkipper
from tests.media_maker import scene


def encode(path: Path, codec: str, options: dict[str, str], rate: int = 25) -> Path:
    """Four seconds of a picture that slides, as an encoder writes it."""
    wide = np.concatenate([scene(seed) for seed in range(4)], 1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width = stream.height = 160
        stream.pix_fmt = "yuv420p"
        for k in range(4 * rate):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(wide[:, 4 * k : 4 * k + 160]))
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def chosen(path: Path, fps: float) -> tuple[list[float], list[np.ndarray]]:
    """What `open_media` gives."""
    with open_media(path, fps=fps) as media:
        chunks = list(media.chunks())
        assert media.complete
    return (
        [t for c in chunks for t in c.times.tolist()],
        [np.asarray(f) for c in chunks for f in c.frames],
    )


def all_decoded(path: Path, fps: float) -> tuple[list[float], list[np.ndarray]]:
    """The same pictures out of all of them."""
    with open_media(path) as media:
        found = [(t, np.asarray(f)) for c in media.chunks() for f, t in _pairs(c)]
    sampler = Sampler(fps)
    taken = [(t, f) for t, f in found if sampler.takes(Fraction(t).limit_denominator(10**6))]
    return [t for t, _ in taken], [f for _, f in taken]


def _pairs(chunk: mien.types.MediaChunk) -> list[tuple[np.ndarray, float]]:
    return list(zip(chunk.frames, chunk.times.tolist(), strict=True))


CASES = {
    "usual": ("libx264", {}),
    "many in a row": ("libx264", {"bf": "16", "b_strategy": "0", "x264-params": "b-pyramid=none"}),
    "pyramid": ("libx264", {"bf": "7", "b_strategy": "0", "x264-params": "b-pyramid=normal"}),
    "none": ("libx264", {"bf": "0"}),
    "open groups": ("libx264", {"g": "10", "x264-params": "open-gop=1:bframes=3"}),
    "h265": ("libx265", {"x265-params": "log-level=none:bframes=4"}),
}


@pytest.mark.parametrize("fps", [0.7, 4, 11, 24.5, 60])
@pytest.mark.parametrize("case", CASES)
def test_the_pictures_are_those_of_a_whole_decoding_bit_for_bit(
    case: str, fps: float, tmp_path: Path
) -> None:
    codec, options = CASES[case]
    path = encode(tmp_path / "clip.mp4", codec, options)
    times, pictures = chosen(path, fps)
    wanted_times, wanted = all_decoded(path, fps)
    assert times == wanted_times
    for one, other in zip(pictures, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def decoded(path: Path, fps: float | None) -> int:
    """How many pictures the decoder gives."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        thinning = FrameSkipper(video, Sampler(fps), 1, Fraction(0))
        count = 0
        for packet in container.demux(video):
            thinning.set(packet)
            count += len(packet.decode())
        return count


def test_about_half_of_what_x264_writes_is_passed_over(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", *CASES["many in a row"])
    assert decoded(path, None) == 100
    assert decoded(path, 25) == 100
    assert decoded(path, 4) < 40


def test_nothing_is_passed_over_where_every_picture_is_made_from_the_last(
    tmp_path: Path,
) -> None:
    path = encode(tmp_path / "clip.mp4", *CASES["none"])
    assert decoded(path, 4) == 100


def test_stopping_decodes_everything_again(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", *CASES["many in a row"])
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        thinning = FrameSkipper(video, Sampler(1), 1, Fraction(0))
        packets = list(container.demux(video))
        thinning.set(packets[-2])
        thinning.stop()
        for packet in packets:
            thinning.set(packet)
        assert sum(len(packet.decode()) for packet in packets) == 100


@pytest.mark.parametrize(("fps", "threads"), [(4, 6), (None, 4)])
def test_threads_that_wait_for_one_another_are_more(
    tmp_path: Path, fps: float | None, threads: int
) -> None:
    path = encode(tmp_path / "clip.mp4", *CASES["many in a row"])
    with open_media(path, fps=fps, threads=4) as media:
        (video,) = (s for s in media._container.streams if s.type == "video")
        assert video.codec_context.thread_count == threads

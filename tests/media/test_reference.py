"""Pictures that change their size or turn in the middle of a file: one frame of reference."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.media import open_media
from mien.media.picture import Orientation
from mien.media.reference import Reference
from tests.media.clips import read
from tests.media_maker import changing


def marked(width: int, height: int) -> np.ndarray:
    """Grey with a white square in the middle, a quarter of the shorter side."""
    picture = np.full((height, width, 3), 90, np.uint8)
    half, x, y = min(width, height) // 8, width // 2, height // 2
    picture[y - half : y + half, x - half : x + half] = 255
    return picture


def white(picture: np.ndarray) -> np.ndarray:
    """x0, y0, x1, y1 of what is white."""
    rows, columns = np.nonzero(picture.min(2) > 220)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((160, 320), (149, 78, 171, 101)),  # turned: fitted with black beside it
        ((640, 360), (137, 67, 183, 113)),  # the same shape, larger: no black
        ((100, 100), (138, 68, 182, 112)),
        ((320, 90), (149, 79, 171, 101)),  # black above and below
    ],
)
def test_one_factor_takes_every_picture_to_the_first(
    tmp_path: Path, size: tuple[int, int], box: tuple[int, ...]
) -> None:
    path = changing(tmp_path / "a.mkv", [marked(320, 180)] * 3 + [marked(*size)] * 3)
    with open_media(path) as media:
        chunks = list(media.chunks())
    first, last = chunks[0], chunks[-1]
    assert first.scale == 1
    assert first.frames[0].shape == (180, 320, 3)
    picture = last.frames[-1]
    assert picture.shape[1] * last.scale == pytest.approx(320, abs=0.5)
    assert picture.shape[0] * last.scale == pytest.approx(180, abs=0.5)
    assert white(picture) * last.scale == pytest.approx(box, abs=1.5)
    side = white(picture)[2] - white(picture)[0]
    assert side == pytest.approx(min(size) // 8 * 2, abs=2)  # no pixel of it is lost
    assert last.scale * last.zoom == pytest.approx(1)
    (problem,) = media.problems
    assert problem.code == "picture_changes"
    assert f"from 320x180 to {size[0]}x{size[1]}" in problem.message
    assert problem.spans[0][0] == pytest.approx(0.6, abs=0.01)
    assert media.complete
    assert (media.info.width, media.info.height) == (320, 180)


def test_large_pictures_are_made_smaller_before_they_are_fitted(tmp_path: Path) -> None:
    path = changing(tmp_path / "a.mkv", [marked(640, 360)] * 2 + [marked(360, 640)] * 2)
    with open_media(path, max_side=320) as media:
        first, *_, last = media.chunks()
    assert (first.frames[0].shape, first.scale, first.zoom) == ((180, 320, 3), 2, 1)
    assert last.frames[0].shape == (320, 569, 3)
    assert last.scale == pytest.approx(640 / 569)
    assert last.scale * last.zoom == pytest.approx(2)


def test_a_picture_that_is_turned_by_its_flag_is_fitted() -> None:
    reference = Reference(None)
    frame = av.VideoFrame.from_ndarray(marked(96, 64), "rgb24")
    assert reference.see(frame, None, None, 0.0)[0].shape == (64, 96)
    picture, scale, zoom = reference.see(frame, None, Orientation(1), 1.0)
    assert picture.shape == (96, 144)
    assert scale == pytest.approx(2 / 3)
    assert zoom == pytest.approx(1.5)
    assert reference.sizes == [(96, 64), (64, 96)]
    assert reference.changed


def test_pixels_that_change_their_shape_are_fitted(tmp_path: Path) -> None:
    """As a broadcast does between a film of 4:3 and one of 16:9, at one size."""
    path = tmp_path / "a.ts"
    with av.open(str(path), "w") as out:
        stream = None
        for number, aspect in enumerate((Fraction(1), Fraction(4, 3))):
            encoder = av.CodecContext.create("mpeg2video", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.width, encoder.height, encoder.pix_fmt = 96, 72, "yuv420p"
            encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
            encoder.sample_aspect_ratio, encoder.max_b_frames = aspect, 0
            if stream is None:
                stream = out.add_stream("mpeg2video", rate=25)
                stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
                out.start_encoding()
            for k in range(20):
                frame = av.VideoFrame.from_ndarray(marked(96, 72), "rgb24")
                frame.pts, frame.time_base = k + 20 * number, Fraction(1, 25)
                for packet in encoder.encode(frame):
                    packet.stream = stream
                    out.mux(packet)
            for packet in encoder.encode(None):
                packet.stream = stream
                out.mux(packet)
    media, frames, _, _ = read(path)
    assert "picture_changes" in [problem.code for problem in media.problems]
    assert frames[0].shape == (72, 96, 3)
    assert frames[-1].shape == (96, 128, 3)

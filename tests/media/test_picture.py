"""Pictures of clips: colours, turns, sizes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.media import open_media
from tests.conftest import write_clip
from tests.media.clips import QUARTER, read


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mp4", "libx264", "yuv420p10le"),
        ("a.mp4", "libx265", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
    ],
)
def test_codecs_give_the_colours_that_went_in(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48], picture[:, 48:] = (200, 40, 40), (30, 60, 190)
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_clip(
        tmp_path / name,
        [picture] * 5,
        [k / 25 for k in range(5)],
        codec=codec,
        pixel_format=pixels,
        options=quiet,
    )
    _, frames, _, _ = read(path)
    assert len(frames) == 5
    assert np.abs(frames[2][20:40, 10:40].mean((0, 1)) - (200, 40, 40)).max() < 12
    assert np.abs(frames[2][20:40, 58:88].mean((0, 1)) - (30, 60, 190)).max() < 12


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_still_picture_is_one_frame(tmp_path: Path, name: str, portrait) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / name
    cv2.imwrite(str(path), portrait[:, :, ::-1])
    media, frames, times, _ = read(path)
    assert media.info.kind == "picture"
    assert times == [0.0]
    assert np.abs(frames[0].astype(int) - portrait).mean() < 6


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "8k.png"
    cv2.imwrite(str(path), np.zeros((4320, 7680, 3), np.uint8))
    with open_media(path, max_side=1920) as media:
        (chunk,) = media.chunks()
    assert chunk.frames[0].shape == (1080, 1920, 3)
    assert chunk.scale == 4
    assert (media.info.width, media.info.height) == (7680, 4320)


@pytest.mark.parametrize(
    ("degrees", "mirrored", "rotation", "corner"),
    [
        (0, False, 0, (0, 0)),
        (90, False, 90, (1, 0)),
        (180, False, -180, (1, 1)),
        (270, False, -90, (0, 1)),
        (0, True, 0, (0, 1)),
    ],
)
def test_pictures_stand_upright(
    tmp_path: Path, degrees: int, mirrored: bool, rotation: int, corner: tuple[int, int]
) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        if not hasattr(video, "set_display_rotation"):
            pytest.skip("this PyAV cannot write a display matrix")
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.set_display_rotation(degrees, hflip=mirrored)
        frame = av.VideoFrame.from_ndarray(QUARTER, "rgb24")
        out.mux([*video.encode(frame), *video.encode(None)])
    media, (picture,), _, _ = read(path)
    size = (96, 64) if degrees % 180 == 0 else (64, 96)
    assert (media.info.width, media.info.height) == size == picture.shape[1::-1]
    assert media.info.rotation == rotation
    assert bright_corner(picture) == corner


def bright_corner(picture: np.ndarray) -> tuple[int, int]:
    """(row, column) of the brightest quarter."""
    half, middle = picture.shape[0] // 2, picture.shape[1] // 2
    means = [
        [picture[:half, :middle].mean(), picture[:half, middle:].mean()],
        [picture[half:, :middle].mean(), picture[half:, middle:].mean()],
    ]
    row, column = np.unravel_index(np.argmax(means), (2, 2))
    return int(row), int(column)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        (1, (0, 0)),
        (2, (0, 1)),
        (3, (1, 1)),
        (4, (1, 0)),
        (5, (0, 0)),
        (6, (0, 1)),
        (7, (1, 1)),
        (8, (1, 0)),
    ],
)
def test_photographs_are_turned_as_exif_says(orientation: int, corner: tuple[int, int]) -> None:
    plain = cv2.imencode(".jpg", QUARTER)[1].tobytes()
    tag = (
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + bytes(4)
    )
    app1 = b"Exif\0\0" + tag
    content = plain[:2] + b"\xff\xe1" + (len(app1) + 2).to_bytes(2, "big") + app1 + plain[2:]
    media, (picture,), _, _ = read(content)
    assert bright_corner(picture) == corner
    assert (media.info.width, media.info.height) == picture.shape[1::-1]
    assert picture.shape[:2] == ((96, 64) if orientation > 4 else (64, 96))


@pytest.mark.parametrize(
    ("pixels", "space", "full"),
    [
        ("yuv420p", 2, False),
        ("yuv420p", 1, False),
        ("yuvj420p", 2, True),
        ("yuv444p", 2, False),
        ("yuv422p10le", 1, False),
    ],
)
def test_colours_are_those_of_the_matrix_that_the_file_names(
    tmp_path: Path, pixels: str, space: int, full: bool
) -> None:
    y, x = np.mgrid[:64, :96]
    picture = np.stack([x * 2.5, y * 4, 255 - x * 2.5], -1).astype(np.uint8)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "1"})
        video.width, video.height, video.pix_fmt = 96, 64, pixels
        video.codec_context.colorspace, video.codec_context.color_range = space, 2 if full else 1
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format=pixels,
            dst_colorspace="ITU709" if space == 1 else "ITU601",
            dst_color_range="JPEG" if full else "MPEG",
        )
        out.mux([*video.encode(frame), *video.encode(None)])
    _, (seen,), _, _ = read(path)
    assert np.abs(seen.astype(int) - picture).mean() < 3


def test_the_fast_conversion_agrees_with_ffmpegs(tmp_path: Path, portrait) -> None:  # type: ignore[no-untyped-def]
    path = write_clip(tmp_path / "a.mp4", [portrait] * 2, [0, 0.04])
    _, frames, _, _ = read(path)
    with av.open(str(path)) as container:
        wanted = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert np.abs(np.array(frames).astype(int) - wanted).mean() < 1.5


def test_pixels_become_square(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        frame = av.VideoFrame.from_ndarray(QUARTER, "rgb24")
        out.mux([*video.encode(frame), *video.encode(None)])
    media, (picture,), _, _ = read(path)
    assert picture.shape == (64, 128, 3)
    assert (media.info.width, media.info.height) == (128, 64)

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.errors import MediaError
from mien.serve.media_type import HEAD, media_type
from tests.conftest import numbered, tone, write_clip, write_sound

VIDEO = {
    "mp4": ("libx264", "yuv420p", "video/mp4"),
    "mov": ("libx264", "yuv420p", "video/quicktime"),
    "mkv": ("libx264", "yuv420p", "video/x-matroska"),
    "webm": ("libvpx", "yuv420p", "video/webm"),
    "avi": ("mpeg4", "yuv420p", "video/x-msvideo"),
    "flv": ("flv", "yuv420p", "video/x-flv"),
    "ts": ("libx264", "yuv420p", "video/mp2t"),
    "wmv": ("wmv2", "yuv420p", "video/x-ms-asf"),
    "h264": ("libx264", "yuv420p", "video/h264"),
}
SOUND = {
    "wav": ("pcm_s16le", "audio/wav"),
    "flac": ("flac", "audio/flac"),
    "mp3": ("libmp3lame", "audio/mpeg"),
    "m4a": ("aac", "audio/mp4"),
    "ogg": ("libopus", "video/ogg"),
    "aac": ("aac", "audio/aac"),
    "aiff": ("pcm_s16be", "audio/aiff"),
    "au": ("pcm_s16be", "audio/basic"),
    "caf": ("pcm_s16be", "audio/x-caf"),
    "ac3": ("ac3", "audio/ac3"),
}


@pytest.mark.parametrize("ending", VIDEO)
def test_videos_are_known_by_their_content(tmp_path: Path, ending: str) -> None:
    codec, pixels, kind = VIDEO[ending]
    path = write_clip(
        tmp_path / f"clip.{ending}",
        numbered(5),
        [k / 25 for k in range(5)],
        codec=codec,
        pixel_format=pixels,
    )
    assert media_type(path.read_bytes()[:HEAD]) == kind


@pytest.mark.parametrize("ending", SOUND)
def test_sounds_are_known_by_their_content(tmp_path: Path, ending: str) -> None:
    codec, kind = SOUND[ending]
    path = write_sound(tmp_path / f"clip.{ending}", tone(0.5, 48_000), 48_000, "mono", codec)
    assert media_type(path.read_bytes()[:HEAD]) == kind


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (".jpg", "image/jpeg"),
        (".png", "image/png"),
        (".webp", "image/webp"),
        (".bmp", "image/bmp"),
        (".tiff", "image/tiff"),
    ],
)
def test_pictures_are_known_by_their_content(ending: str, kind: str) -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    encoded = cv2.imencode(ending, picture)[1].tobytes()
    assert media_type(encoded[:HEAD]) == kind


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("clip.mp4", b"ftyp" * 100)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (_zip(), "not a video"),
        (b"#EXTM3U\n#EXT-X-MEDIA:URI=file:///etc/passwd\n", "M3U playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "ffconcat list"),
        (b"<?xml version='1.0'?><MPD></MPD>", "DASH manifest"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a video"),
        (b"<html><script>alert(1)</script>", "not a video"),
        (b"\x7fELF\x02\x01\x01", "not a video"),
        (b"%PDF-1.7", "not a video"),
        (b"file '/etc/passwd'\n", "not a video"),
        (b"text that happens to go on and on", "not a video"),
    ],
)
def test_nothing_else_is_let_in(content: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said) as caught:
        media_type(content[:HEAD])
    assert "bytes>" not in str(caught.value)

from __future__ import annotations

import pytest

from mien.serve.display_name import LONGEST, display_name


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"clip.mp4", "clip.mp4"),
        (b"../../etc/passwd", "passwd"),
        (b"..\\..\\windows\\clip.avi", "clip.avi"),
        (b"/abs/olute/clip.mov/", "clip.mov"),
        (b"..", "clip"),
        (b"", "clip"),
        (b"a\x00b\nc\td.mp4", "a b c d.mp4"),
        ("\u202egpj.exe".encode(), "gpj.exe"),
        (b"\xff\xfe.mp4", "\ufffd\ufffd.mp4"),
        ("e\u0301te\u0301.mp4".encode(), "\xe9t\xe9.mp4"),
        (b"<img src=x onerror=alert(1)>.mp4", "<img src=x onerror=alert(1)>.mp4"),
    ],
)
def test_the_last_part_of_a_name_is_shown_without_what_cannot_be_seen(
    sent: bytes, shown: str
) -> None:
    assert display_name(sent) == shown


def test_a_long_name_keeps_its_ending() -> None:
    name = display_name(b"x" * 5000 + b".mp4")
    assert len(name) == LONGEST
    assert name.endswith("x.mp4")

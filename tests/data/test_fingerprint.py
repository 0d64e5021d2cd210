from __future__ import annotations

import gc
import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

import mien
from mien.data.fingerprint import Bits, media_fingerprint, near_pairs, picture_bits, sound_bits
from tests.conftest import write_clip, write_sound
from tests.media_maker import babble, copied_picture, film, scene, write_babble, write_picture


def apart(first: Bits | None, second: Bits | None) -> int:
    assert first is not None
    assert second is not None
    return int((first != second).sum())


def test_a_video_with_sound() -> None:
    look = media_fingerprint(mien.sample())
    assert look.sha256 == hashlib.sha256(mien.sample().read_bytes()).hexdigest()
    assert (look.problem, look.damage, look.kind, look.silent) == ("", "", "video", False)
    assert look.picture is not None
    assert look.picture.shape == (1024,)
    assert look.sound is not None
    assert look.sound.shape == (1024,)


def test_a_picture_a_sound_and_silence(tmp_path: Path) -> None:
    still = media_fingerprint(write_picture(tmp_path / "a.jpg", 1))
    assert still.kind == "picture"
    assert still.picture is not None
    assert still.picture.shape == (256,)
    assert (still.sound, still.silent) == (None, True)
    heard = media_fingerprint(write_babble(tmp_path / "a.wav", 1))
    assert (heard.kind, heard.picture, heard.silent) == ("sound", None, False)
    nothing = np.zeros((1, 16_000), np.float32)
    mute = media_fingerprint(
        write_sound(tmp_path / "mute.wav", nothing, 16_000, "mono", "pcm_s16le")
    )
    assert (mute.problem, mute.sound, mute.silent) == ("", None, True)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    assert media_fingerprint(tmp_path / "gone.mp4").problem == "is not there"
    assert media_fingerprint(tmp_path / "gone.mp4").sha256 == ""
    assert "cannot be read" in media_fingerprint(tmp_path).problem
    (tmp_path / "text.mp4").write_text("no film" * 50)
    look = media_fingerprint(tmp_path / "text.mp4")
    assert look.sha256
    assert look.problem.startswith("is not a video, sound or picture file")
    whole = write_babble(tmp_path / "whole.wav", 1).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    assert "shorter than its header says" in media_fingerprint(tmp_path / "cut.wav").damage


def test_a_copy_of_a_picture_differs_in_few_bits_and_another_in_many(tmp_path: Path) -> None:
    files = [write_picture(tmp_path / f"{seed}.jpg", seed) for seed in range(8)]
    own = [media_fingerprint(path).picture for path in files]
    copies = [
        media_fingerprint(copied_picture(p, tmp_path / f"copy_{p.name}")).picture for p in files
    ]
    assert max(apart(a, b) for a, b in zip(own, copies, strict=True)) <= 24
    assert min(apart(own[i], own[j]) for i in range(8) for j in range(i)) > 60


def test_a_copy_of_a_video_differs_in_few_bits_and_another_in_many(tmp_path: Path) -> None:
    first = media_fingerprint(film(tmp_path / "a.mp4", 1)).picture
    copy = media_fingerprint(film(tmp_path / "b.mp4", 1, size=96, crf=34)).picture
    other = media_fingerprint(film(tmp_path / "c.mp4", 2)).picture
    assert apart(first, copy) <= 64
    assert apart(first, other) > 250


@pytest.mark.parametrize(("codec", "suffix"), [("libmp3lame", "mp3"), ("aac", "m4a")])
def test_a_copy_of_a_sound_differs_in_few_bits(tmp_path: Path, codec: str, suffix: str) -> None:
    first = media_fingerprint(write_babble(tmp_path / "a.wav", 1)).sound
    copy = media_fingerprint(write_babble(tmp_path / f"b.{suffix}", 1, 0.4, codec)).sound
    assert apart(first, copy) <= 60


def test_silence_around_a_sound_is_passed_over() -> None:
    sound = babble(3)[0]
    quiet = np.zeros(8_000, np.float32)
    assert apart(sound_bits(sound), sound_bits(np.concatenate([quiet, sound, quiet]))) <= 60
    assert apart(sound_bits(sound), sound_bits(babble(4)[0])) > 200


def test_too_short_a_sound_has_no_bits() -> None:
    assert sound_bits(np.zeros(0, np.float32)) is None
    assert sound_bits(babble(1)[0, :3_000]) is None
    assert sound_bits(np.zeros(16_000, np.float32)) is None


def test_bits_say_where_it_grows_brighter() -> None:
    """17 columns, each brighter than the one to its left up to the middle, then darker."""
    row = np.concatenate([np.arange(9), np.arange(7, -1, -1)]).astype(np.uint8) * 20
    picture = np.repeat(np.tile(np.repeat(row, 4), (64, 1))[..., None], 3, 2)
    bits = picture_bits([picture]).reshape(16, 16)
    assert bits[:, :8].all()
    assert not bits[:, 8:].any()


def test_near_pairs_by_hand() -> None:
    base = np.tile([True, False], 50)
    near, far = base.copy(), ~base
    near[:3] = ~near[:3]
    assert list(near_pairs([base, far, near], 3)) == [(0, 2)]
    assert list(near_pairs([base, far, near], 2)) == []
    assert list(near_pairs([], 3)) == []


def test_plain_pictures_are_near_to_nothing() -> None:
    plain = np.zeros(100, bool)
    assert list(near_pairs([plain, plain], 3)) == []


def test_near_pairs_across_the_blocks() -> None:
    rows = list(np.random.default_rng(0).random((1500, 256)) < 0.5)
    rows[1400] = rows[10].copy()
    assert list(near_pairs(rows, 10)) == [(10, 1400)]


def test_files_that_were_looked_at_leave_nothing_behind(tmp_path: Path) -> None:
    """Else a table of ten thousand pictures holds gigabytes until the collector comes by."""
    path = write_picture(tmp_path / "a.jpg", 1)
    clip = write_clip(tmp_path / "a.mp4", [scene(1), scene(2)], [0.0, 0.5])
    media_fingerprint(path)
    gc.collect()
    before = _frames()
    gc.disable()
    try:
        media_fingerprint(path)
        media_fingerprint(clip)
        left = _frames()
    finally:
        gc.enable()
    assert left == before


def _frames() -> int:
    return sum(type(thing) is av.VideoFrame for thing in gc.get_objects())

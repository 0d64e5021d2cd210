"""Sound of clips: times, rates, layouts, gaps."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.errors import MediaError
from mien.media import RATE, open_media, read_sound
from mien.media.sound import SoundStream
from tests.conftest import mux_sound, numbered, tone, write_clip, write_sound
from tests.media.clips import pcm_clip, read, sound_of


def test_sound_that_starts_late_says_so(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.mkv",
        numbered(50),
        [k / 25 for k in range(50)],
        sound=tone(1),
        sound_start=0.8,
    )
    _, _, _, sound = read(path)
    assert sound[0][0] == pytest.approx(0.8, abs=0.05) or np.abs(
        np.concatenate([s for _, s in sound])[: int(0.7 * RATE)]
    ).max() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.wav", "pcm_s16le", 8_000, "mono"),
        ("a.wav", "pcm_s24le", 44_100, "stereo"),
        ("a.flac", "flac", 48_000, "stereo"),
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.m4a", "aac", 48_000, "5.1"),
        ("a.ogg", "libopus", 48_000, "stereo"),
        ("a.opus", "libopus", 48_000, "mono"),
    ],
)
def test_sound_of_any_rate_and_layout_becomes_16_khz_mono(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    path = write_sound(tmp_path / name, tone(1.5, rate, channels), rate, layout, codec)
    with open_media(path) as media:
        assert media.info.kind == "sound"
        sound = np.concatenate([c.sound for c in media.chunks()])
    assert len(sound) == pytest.approx(1.5 * RATE, abs=0.1 * RATE)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() <= 1
    spectrum = np.abs(np.fft.rfft(sound[4000:20000]))
    assert spectrum.argmax() * RATE / 16000 == pytest.approx(440, abs=2)


def test_not_a_number_becomes_silence(tmp_path: Path) -> None:
    sound = tone(1)
    sound[0, 5000:5100] = np.nan
    path = write_sound(tmp_path / "a.wav", sound, RATE, "mono", "pcm_f32le")
    with open_media(path) as media:
        heard = np.concatenate([c.sound for c in media.chunks()])
    assert np.isfinite(heard).all()
    assert [p.code for p in media.problems] == ["odd_samples"]


def test_read_sound_refuses_a_silent_film(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(5), [k / 25 for k in range(5)])
    with pytest.raises(MediaError, match="has no sound"):
        read_sound(path)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_gaps_in_the_sound_are_silence_and_times_stay_true(tmp_path: Path, rate: int) -> None:
    pulse = np.zeros(rate // 2, np.float32)
    pulse[rate // 4 : rate // 4 + rate // 500] = 0.9
    path = pcm_clip(tmp_path / "a.mkv", [(0.0, pulse), (1.0, pulse), (9.0, pulse)], rate)
    _, sound = sound_of(path)
    assert len(sound) == pytest.approx(9.5 * RATE, abs=20)
    loud = np.flatnonzero(sound > 0.45)
    assert loud[np.r_[True, np.diff(loud) > 100]] / RATE == pytest.approx(
        [0.25, 1.25, 9.25], abs=1e-3
    )
    assert np.abs(sound[int(0.6 * RATE) : RATE]).max() == 0


def test_sound_that_comes_twice_is_heard_once(tmp_path: Path) -> None:
    ramp = np.arange(RATE) / RATE
    parts = [(0.0, ramp[:9600]), (0.5, ramp[8000:])]  # 0.1 s of overlap
    _, sound = sound_of(pcm_clip(tmp_path / "a.mkv", parts))
    assert sound == pytest.approx(ramp, abs=1e-3)


def hiss(seconds: float) -> np.ndarray:
    """(N,) noise, no stretch of which is like another."""
    return np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * RATE)).astype(np.float32)


def assert_same(heard: np.ndarray, sound: np.ndarray) -> None:
    assert heard.shape == sound.shape
    assert np.abs(heard - sound).max() < 1e-3


def overlapping(path: Path, sound: np.ndarray, length: int, step: int) -> Path:
    """Blocks of `length` samples whose times are `step` samples apart."""
    blocks = [sound[k : k + length] for k in range(0, len(sound), length)]
    return pcm_clip(path, [(n * step / RATE, block) for n, block in enumerate(blocks)])


@pytest.mark.parametrize(
    ("length", "step"), [(512, 128), (512, 480), (8000, 4000), (16_000, 12_000)]
)
def test_sound_whose_packets_overlap_runs_on(tmp_path: Path, length: int, step: int) -> None:
    sound = hiss(4)
    media, heard = sound_of(overlapping(tmp_path / "a.mkv", sound, length, step))
    assert_same(heard, sound)
    (problem,) = media.problems
    assert problem.code == "timestamps"
    assert "overlap" in problem.message
    assert problem.spans[0][1] == pytest.approx(4, abs=0.6)
    assert media.complete


def test_times_that_are_right_on_average_leave_no_holes(tmp_path: Path) -> None:
    sound = hiss(4)
    parts = [  # four blocks come at once, and then a pause
        ((k - k % 4 + k % 4 / 8) * 512 / RATE, sound[512 * k : 512 * k + 512]) for k in range(120)
    ]
    _, heard = sound_of(pcm_clip(tmp_path / "a.mkv", parts))
    assert_same(heard, sound[: 120 * 512])


@pytest.mark.parametrize("back", [0.6, 2.0, 3.9, 30.0])
def test_after_a_jump_back_all_is_heard(back: float) -> None:
    sound, stream = hiss(8), SoundStream(Fraction(0))
    heard: list[np.ndarray] = []
    for k in range(0, len(sound), 4000):
        frame = av.AudioFrame.from_ndarray(sound[None, k : k + 4000], "fltp", "mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = k - (round(back * RATE) if k >= len(sound) // 2 else 0)
        heard += stream.push(frame)
    heard += stream.flush()
    assert_same(np.concatenate(heard), sound)
    assert stream.mended.spans[0][0] == 4


def test_a_change_of_rate_and_channels_is_joined_and_told() -> None:
    content = b""
    for rate, layout in ((44_100, "mono"), (48_000, "stereo")):
        made = io.BytesIO()
        with av.open(made, "w", format="adts") as out:
            audio = out.add_stream("aac", rate=rate, layout=layout)
            channels = 1 if layout == "mono" else 2
            mux_sound(out, audio, tone(2, rate, channels), rate, layout)
        content += made.getvalue()
    media, heard = sound_of(content)
    assert len(heard) == pytest.approx(4 * RATE, abs=0.2 * RATE)
    assert heard[RATE : 3 * RATE].std() == pytest.approx(tone(1).std(), rel=0.1)
    (problem,) = [p for p in media.problems if p.code == "sound_changes"]
    assert "from 44100 Hz, 1 channel to 48000 Hz, 2 channels" in problem.message
    assert "first at 2." in problem.message


def test_late_sound_keeps_its_place(tmp_path: Path) -> None:
    click = np.zeros((1, 48_000), np.float32)
    click[0, 24_000:24_020] = 0.9
    path = write_clip(
        tmp_path / "a.mov",
        numbered(50),
        [k / 25 for k in range(50)],
        sound=click,
        rate=48_000,
        audio_codec="pcm_s16le",
        sound_start=0.8,
    )
    _, _, _, pieces = read(path)
    assert next(start for start, samples in pieces if len(samples)) == pytest.approx(0.8)
    _, sound = sound_of(path)
    assert np.abs(sound).argmax() / RATE == pytest.approx(1.3, abs=5e-4)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f64le"])
def test_the_level_stays_whatever_the_layout(tmp_path: Path, layout: str, codec: str) -> None:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    path = write_sound(tmp_path / "a.wav", tone(0.5, 48_000, channels), 48_000, layout, codec)
    _, sound = sound_of(path)
    assert np.abs(sound[500:-500]).max() == pytest.approx(0.4, abs=0.01)


def test_the_centre_counts_most_and_the_subwoofer_not_at_all(tmp_path: Path) -> None:
    for channel, share in ((2, 1 / 3.414), (3, 0.0), (0, 0.7071 / 3.414)):
        sound = np.zeros((6, 16_000), np.float32)
        sound[channel] = tone(1)[0]
        path = write_sound(tmp_path / "a.wav", sound, RATE, "5.1", "pcm_s16le")
        assert np.abs(sound_of(path)[1]).max() == pytest.approx(0.4 * share, abs=1e-3)


def test_digital_silence_is_sound(tmp_path: Path) -> None:
    path = write_sound(
        tmp_path / "a.wav", np.zeros((1, 8000), np.float32), RATE, "mono", "pcm_s16le"
    )
    media, sound = sound_of(path)
    assert len(sound) == 8000
    assert not sound.any()
    assert media.complete


@pytest.mark.parametrize("rate", [1, 999, 2**31 - 1])
def test_a_rate_that_cannot_be_is_no_sound(tmp_path: Path, rate: int) -> None:
    path = write_sound(tmp_path / "a.wav", tone(1), 16_000, "mono", "pcm_s16le")
    content = bytearray(path.read_bytes())
    content[24:28] = rate.to_bytes(4, "little")
    media, _, _, sound = read(bytes(content))
    assert sum(len(samples) for _, samples in sound) == 0
    assert not media.complete
    assert any(p.code == "sound_undecodable" for p in media.problems)


def surround(codec: str, form: str, layout: str, channels: int) -> bytes:
    """A second of a tone in the third channel, the centre, of many."""
    sound = np.zeros((RATE * 3, channels), np.float32)
    sound[:, 2] = tone(1, RATE * 3)[0]
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), "flt", layout)
    frame.sample_rate, frame.pts, frame.time_base = RATE * 3, 0, Fraction(1, RATE * 3)
    made = io.BytesIO()
    with av.open(made, "w", format=form) as out:
        audio = out.add_stream(codec, rate=RATE * 3, layout=layout)
        context = audio.codec_context
        size = context.frame_size or 1024
        packs = av.AudioResampler(context.format.name, layout, RATE * 3, frame_size=size)
        for given in (frame, None):
            for piece in packs.resample(given):
                out.mux(audio.encode(piece))
        out.mux(audio.encode(None))
    return made.getvalue()


@pytest.mark.parametrize(
    ("codec", "form", "layout", "channels"),
    [
        ("aac", "mp4", "7.1", 8),
        ("libopus", "matroska", "7.1", 8),
        ("flac", "flac", "7.1", 8),
        ("pcm_f32le", "wav", "hexadecagonal", 16),
    ],
)
def test_eight_channels_and_more_are_heard(
    codec: str, form: str, layout: str, channels: int
) -> None:
    _, sound = sound_of(surround(codec, form, layout, channels))
    spectrum = np.abs(np.fft.rfft(sound[2000:14_000]))
    assert spectrum.argmax() * RATE / 12_000 == pytest.approx(440, abs=2)

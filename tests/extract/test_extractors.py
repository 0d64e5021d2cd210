from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.bundle import load
from mien.errors import MediaError, UsageError
from mien.extract import EXTRACTORS, Extractor, extractor
from mien.extract.faces import FaceFeatures
from mien.extract.passes import sound_of
from mien.faces.finder import main_track
from mien.media import open_media
from mien.session import Session
from tests.conftest import shifted, tone, write_clip, write_sound

SHAPES = {
    "faces": (48, 48),
    "face_embedding": (263,),
    "log_mel": (198, 64),
    "egemaps": (88,),
    "is09": (384,),
    "is10": (1582,),
}
VOICE = ["log_mel", "egemaps", "is09", "is10"]
FACE = ["faces", "face_embedding"]


def made(name: str) -> Extractor:
    if name not in (*FACE, "log_mel") and find_spec("opensmile") is None:
        pytest.skip("openSMILE is not installed")
    return extractor(name)


@pytest.mark.parametrize("name", EXTRACTORS)
def test_what_an_extractor_gives_and_says_of_itself(name: str) -> None:
    one = made(name)
    found = one.extract(mien.sample(), 0.0, 3.0)
    assert one.name == name
    assert len(found) > 0
    assert found.values.shape[1:] == SHAPES[name]
    assert found.values.dtype == (np.uint8 if one.kind == "pictures" else np.float32)
    assert np.isfinite(found.values).all()
    assert found.valid.all()
    assert (found.times >= 0).all()
    assert (found.times < 3).all()
    assert one.settings() == made(name).settings()
    assert "code" in one.settings()


@pytest.mark.parametrize("name", EXTRACTORS)
def test_a_missing_modality_is_absent_and_no_error(name: str, tmp_path: Path, portrait) -> None:
    one = made(name)
    if name in FACE:
        path = write_sound(tmp_path / "a.wav", tone(1.0), 16_000, "mono", "pcm_s16le")
    else:
        path = write_clip(tmp_path / "a.mp4", [portrait] * 10, [k / 10 for k in range(10)])
    found = one.extract(path, None, None)
    assert len(found) == 0
    assert found.values.shape == (0, *SHAPES[name])


@pytest.mark.parametrize("name", VOICE)
def test_silence_and_a_blink_of_sound_are_absent(name: str, tmp_path: Path) -> None:
    one = made(name)
    for number, sound in enumerate((np.zeros((1, 16_000), np.float32), tone(0.05))):
        path = write_sound(tmp_path / f"{number}.wav", sound, 16_000, "mono", "pcm_s16le")
        assert len(one.extract(path, None, None)) == 0


def test_faces_are_those_that_the_session_scores() -> None:
    bundle = load()
    session = Session(bundle)
    with open_media(mien.sample(), fps=bundle.fps, max_side=1920) as media:
        for chunk in media.chunks():
            session.push_frames(chunk.frames, chunk.times, chunk.scale)
            session.push_sound(chunk.sound, chunk.sound_start)
    session.finish()
    ids, times, boxes = (
        np.concatenate(parts)
        for parts in zip(
            *(
                (np.full(len(t.times), t.id), np.array(t.times), np.stack(t.boxes))
                for t in session.tracks.values()
            ),
            strict=True,
        )
    )
    main = session.tracks[main_track(ids, times, boxes) or 0]
    faces = extractor("faces").extract(mien.sample(), None, None)
    rows = extractor("face_embedding").extract(mien.sample(), None, None)
    assert isinstance(faces, FaceFeatures)
    assert faces.times.tolist() == main.times == rows.times.tolist()
    np.testing.assert_allclose(faces.boxes, np.stack(main.boxes))
    said = main.grid.all()
    assert said is not None
    np.testing.assert_allclose(rows.values[:, -7:].mean(0), said.mean, atol=1e-4)
    heard = session.voice.all()
    windows = extractor("log_mel").extract(mien.sample(), None, None)
    assert heard is not None
    own = bundle.voice_log_probs(list(windows.values))
    np.testing.assert_allclose(own.mean(0), heard.mean, atol=1e-4)


@pytest.mark.parametrize("order", [["faces", "log_mel"], ["log_mel", "faces"]])
def test_what_was_measured_before_changes_nothing(order: list[str], tmp_path: Path) -> None:
    other = write_sound(tmp_path / "a.wav", tone(1.0), 16_000, "mono", "pcm_s16le")
    clean = {}
    for name in order:
        extractor("log_mel").extract(other, None, None)  # another pass in between
        clean[name] = extractor(name).extract(mien.sample(), 1.0, 4.0)
    for name in order:
        found = extractor(name).extract(mien.sample(), 1.0, 4.0)
        np.testing.assert_array_equal(found.values, clean[name].values)
        np.testing.assert_array_equal(found.times, clean[name].times)


def test_a_stretch_goes_by_the_times_of_the_pictures(tmp_path: Path, portrait) -> None:
    times = [0.0, 0.2, 0.4, 1.4, 1.6, 1.8, 2.0, 2.2, 3.9]  # by number, the middle is elsewhere
    frames = [shifted(portrait, 2 * k) for k in range(len(times))]
    path = write_clip(tmp_path / "a.mp4", frames, times)
    found = extractor("faces").extract(path, 1.4, 2.2)
    np.testing.assert_allclose(found.times, [1.4, 1.6, 1.8, 2.0], atol=2e-3)


def test_a_stretch_of_sound_is_exact_to_the_sample() -> None:
    whole = sound_of(mien.sample(), None, None)
    part = sound_of(mien.sample(), 1.25, 3.5)
    first = round((1.25 - whole.start) * 16_000)
    assert part.start == pytest.approx(1.25, abs=1e-4)
    assert len(part.samples) == pytest.approx(2.25 * 16_000, abs=1)
    np.testing.assert_array_equal(part.samples, whole.samples[first : first + len(part.samples)])


def test_windows_of_a_stretch_start_with_it() -> None:
    part = extractor("log_mel").extract(mien.sample(), 1.2, 4.7)
    assert len(part) > 2
    steps = (part.times - 2.2) / 0.5  # the middle of the first window is 1 s after the start
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert steps.min() > -1e-6
    assert part.times.max() < 3.7 + 1e-6


@pytest.mark.parametrize("name", ["faces", "log_mel"])
def test_a_stretch_after_the_end_is_told(name: str) -> None:
    with pytest.raises(MediaError, match=r"ends at .* before the clip's start 900 s"):
        extractor(name).extract(mien.sample(), 900.0, 901.0)


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", tone(1.0), 16_000, "mono", "pcm_s16le")
    assert len(sound_of(path, None, None).samples) == 16_000
    write_sound(path, tone(0.5), 16_000, "mono", "pcm_s16le")
    assert len(sound_of(path, None, None).samples) == 8_000


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("face", {}, "did you mean 'faces'"),
        ("faces", {"fsp": 3}, "did you mean 'fps'"),
        ("faces", {"fps": 0}, "must be from"),
        ("faces", {"fps": "many"}, "valid number"),
        ("faces", {"detector": "haar"}, "'blazeface' or 'mtcnn'"),
        ("log_mel", {"bands": 3}, "there are none"),
        ("face_embedding", {"fps": 0}, "must be from"),
    ],
)
def test_what_cannot_be_is_refused(name: str, settings: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        extractor(name, **settings)


def test_settings_change_the_pictures() -> None:
    small = extractor("faces", size=24, fps="2", max_side=320)
    found = small.extract(mien.sample(), 0.0, 2.0)
    assert found.values.shape[1:] == (24, 24)
    assert len(found) == 4
    assert small.settings()["fps"] == 2.0
    whole = extractor("faces").extract(mien.sample(), 0.0, 2.0)
    assert isinstance(found, FaceFeatures)
    assert isinstance(whole, FaceFeatures)
    np.testing.assert_allclose(found.boxes[0], whole.boxes[0], atol=0.06 * whole.boxes[0].max())

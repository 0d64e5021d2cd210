from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

import mien
from mien.errors import MediaError, UsageError
from mien.faces.finder import main_track
from mien.features.extractors import Extractor, extractor, extractors
from mien.features.extractors.faces import FaceFeatures, Faces
from mien.features.extractors.passes import sound_of
from mien.features.extractors.spectrograms import Spectrograms
from mien.features.extractors.voice_embedding import encoded_speech
from mien.inference.bundle import load
from mien.inference.session import Session
from mien.media import open_media
from tests.conftest import numbered, shifted, tone, write_clip, write_sound

SHAPES = {
    "faces": (48, 48),
    "given_faces": (224, 224, 3),
    "face_embedding": (263,),
    "frame_statistics": (4 * 263,),
    "voice_embedding": (1024,),
    "frames": (256, 256, 3),
    "lbp_top": (2832,),
    "log_mel": (198, 64),
    "speech_functionals": (649,),
    "spectrograms": (224, 224),
    "short_term": (34,),
    "audio_maps": (34, 34),
    "egemaps": (88,),
    "is09": (384,),
    "is10": (1582,),
}
OPENSMILE = ["egemaps", "is09", "is10"]
VOICE = [
    "log_mel",
    "voice_embedding",
    "speech_functionals",
    "spectrograms",
    "short_term",
    "audio_maps",
    *OPENSMILE,
]


def test_all_of_them_are_found() -> None:
    assert sorted(extractors()) == sorted(SHAPES)


def made(name: str) -> Extractor:
    if name in OPENSMILE and find_spec("opensmile") is None:
        pytest.skip("openSMILE is not installed")
    return extractor(name)


@pytest.mark.parametrize("name", SHAPES)
def test_what_an_extractor_gives_and_says_of_itself(name: str) -> None:
    one = made(name)
    found = one.extract(mien.sample(), 0.0, 3.0)
    assert one.name == name
    assert len(found) > 0
    assert found.values.shape[1:] == SHAPES[name]
    assert found.values.dtype == (np.uint8 if one.kind == "pictures" else np.float32)
    assert np.isfinite(found.values).all()
    assert found.valid.any()
    assert found.valid.all() or name == "voice_embedding"  # which has pauses too
    assert (found.times >= 0).all()
    assert (found.times < 3).all()
    assert one.settings() == made(name).settings()
    assert "code" in one.settings()


@pytest.mark.parametrize("name", SHAPES)
def test_a_missing_modality_is_absent_and_no_error(name: str, tmp_path: Path, portrait) -> None:
    one = made(name)
    if name not in VOICE:
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
    said = main.evidence["face"].all()
    assert said is not None
    np.testing.assert_allclose(np.exp(rows.values[:, -7:]).mean(0), np.exp(said.mean), atol=1e-4)
    heard = session.voice["voice"].all()
    spoken = encoded_speech(bundle, "voice", mien.sample(), None, None)
    assert heard is not None
    assert heard.n == spoken.valid.sum()
    np.testing.assert_allclose(spoken.values[spoken.valid].mean(0), heard.mean, atol=1e-4)
    states = extractor("voice_embedding").extract(mien.sample(), None, None)
    np.testing.assert_array_equal(states.times, spoken.times)
    np.testing.assert_array_equal(states.valid, spoken.valid)


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
        ("faces", {"fps": "many"}, "fps 'many': must be `float`"),
        ("faces", {"detector": "haar"}, "'blazeface' or 'mtcnn'"),
        ("log_mel", {"bands": 3}, "there are none"),
        ("face_embedding", {"fps": 0}, "must be from"),
        ("faces", {"margin": -0.1}, "must be from"),
        ("faces", {"align": "nose"}, "'five_points' or 'eye_corners'"),
        ("frames", {"size": 4}, "must be from"),
        ("spectrograms", {"rate": 2}, "must be from"),
        ("short_term", {"window": 0.001}, "must be from"),
        ("audio_maps", {"step": 0}, "must be from"),
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


def test_faces_in_colour_are_those_in_grey() -> None:
    grey = extractor("faces").extract(mien.sample(), 0.0, 2.0)
    colour = extractor("faces", colour=True).extract(mien.sample(), 0.0, 2.0)
    assert colour.values.shape == (*grey.values.shape, 3)
    weighted = colour.values @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    assert np.abs(weighted - grey.values).max() < 4
    assert np.ptp(colour.values.astype(int), axis=3).mean() > 3
    assert extractor("faces", colour=True).settings() != extractor("faces").settings()


def test_a_margin_shows_more_and_the_face_stays_in_the_middle() -> None:
    close = extractor("faces", size=60).extract(mien.sample(), 0.0, 2.0).values
    wide = extractor("faces", size=84, margin=0.2).extract(mien.sample(), 0.0, 2.0).values
    inner = wide[:, 12:72, 12:72].astype(int)
    assert np.abs(inner - close).mean() < 3


def test_eye_corners_change_the_crops_and_nothing_else() -> None:
    found = extractor("faces", align="eye_corners", size=96).extract(mien.sample(), 0.0, 2.0)
    plain = extractor("faces", size=96).extract(mien.sample(), 0.0, 2.0)
    assert isinstance(found, FaceFeatures)
    assert isinstance(plain, FaceFeatures)
    for name in ("times", "boxes", "landmarks", "ids"):
        np.testing.assert_array_equal(getattr(found, name), getattr(plain, name))
    assert found.values.shape == plain.values.shape
    assert (found.values != plain.values).any()


def test_frames_are_whole_and_in_colour() -> None:
    found = extractor("frames", fps=10, size=64).extract(mien.sample(), 1.0, 2.0)
    assert len(found) == 10
    np.testing.assert_allclose(found.times, 1.0 + np.arange(10) / 10, atol=0.04)
    with open_media(mien.sample(), fps=10) as media:
        frame = next(f for c in media.chunks() for f, t in zip(c.frames, c.times) if t >= 1.0)  # noqa: B905
    small = cv2.resize(frame, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(found.values[0], small)


def test_pictures_that_are_no_faces_need_no_face(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(12), [k / 25 for k in range(12)])
    found = extractor("frames", size=32).extract(path, None, None)
    assert len(found) == 12
    assert (np.diff(found.values.mean((1, 2, 3))) > 0).all()


def test_maps_are_made_of_the_short_term_features() -> None:
    rows = extractor("short_term").extract(mien.sample(), 0.0, 3.0)
    maps = extractor("audio_maps").extract(mien.sample(), 0.0, 3.0)
    assert len(rows) == pytest.approx((3000 - 50) / 50, abs=1)
    np.testing.assert_array_equal(maps.values[0], rows.values[:34].T)
    assert maps.times[0] == pytest.approx(rows.times[:34].mean())
    coarse = extractor("short_term", window=0.2, step=0.1).extract(mien.sample(), 0.0, 3.0)
    assert len(coarse) == pytest.approx(29, abs=1)
    np.testing.assert_allclose(np.diff(coarse.times), 0.1)


def test_spectrograms_show_the_speech(tmp_path: Path) -> None:
    spoken = sound_of(mien.sample(), None, None).samples
    quiet = np.zeros(32_000, np.float32)
    path = tmp_path / "a.wav"
    write_sound(path, np.concatenate([quiet, spoken, quiet])[None], 16_000, "mono", "pcm_s16le")
    found = extractor("spectrograms", size=48).extract(path, None, None)
    assert len(found) > 10
    assert found.times.min() > 1.8
    assert found.times.max() < 2.2 + len(spoken) / 16_000
    assert (np.diff(found.times) > 0).all()
    scales = [extractor("spectrograms", size=48, rate=r) for r in (1.0, 0.75, 0.5, 0.25)]
    top = [one.extract(path, None, None).values[:, :10].mean() for one in scales]
    assert top[0] > 3 * top[1]
    literal = extractor("spectrograms", size=48, rate=0.25, literal=True).extract(path, None, None)
    assert len(literal) == len(found)
    assert literal.values[:, :10].mean() > 3 * top[3]
    assert len({str(one.settings()) for one in scales}) == 4


def test_little_speech_is_repeated_to_one_segment() -> None:
    at = float(extractor("spectrograms", size=48).extract(mien.sample(), None, None).times[5])
    one = Spectrograms(size=48, length=3.0).extract(mien.sample(), at - 0.5, at + 0.5)
    assert len(one) == 1
    assert one.values.shape == (1, 48, 48)


def test_the_detector_looks_at_every_picture_where_it_is_told_to() -> None:
    always, seldom = extractor("faces", fps=10.0, every=0), extractor("faces", fps=10.0)
    assert isinstance(always, Faces)
    assert always.settings() != seldom.settings()
    assert always.finder(every=0.5).search._every == 0
    boxes = always.extract(mien.sample(), 0.0, 1.0)
    assert isinstance(boxes, FaceFeatures)
    assert len(boxes) == 10
    with pytest.raises(UsageError, match=r"every 2 must be from 0 to 0.5"):
        extractor("faces", every=2)

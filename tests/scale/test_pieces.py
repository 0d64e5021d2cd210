from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow
import pytest
from numpy.typing import NDArray

import mien
from mien.faces.people.looks import Looks
from mien.inference.operating_range import OperatingRange
from mien.inference.range_monitor import FaceRangeMonitor
from mien.inference.speaking.mouth import MouthMotion
from mien.inference.stillness import FaceMotion
from mien.media import open_media, read_sound
from mien.scale import worker as analyst
from mien.scale.listing import Entry
from mien.scale.pieces import (
    CannotCutError,
    Piece,
    PieceTrack,
    SoundEvidence,
    can_be_cut,
    join_pieces,
    plan_spans,
)
from mien.scale.worker import AnalysedFile, FailedFile, LongFilePlan, Worker, WorkerSettings
from tests.conftest import write_clip
from tests.scale.film import concatenated


def show(portrait: NDArray[np.uint8], time: float) -> NDArray[np.uint8]:
    """Shots of 7 s: a face that moves; two of them; nobody; one that comes and goes."""
    frame = np.full((240, 400, 3), 90, np.uint8)
    face = cv2.resize(portrait, (200, 150))
    shot, within = divmod(time, 7)
    frame[:] = 60 + 40 * (int(shot) % 3)
    place = int(20 * within)
    if shot % 4 in (0, 1) or (shot % 4 == 3 and int(within * 2) % 3):
        frame[40:190, place : place + 200] = face
    if shot % 4 == 1:
        frame[40:190, place + 200 : place + 260] = face[:, 100:40:-1]
        frame[50:200, 200:400] = face[:, ::-1]
    return frame


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, portrait: NDArray[np.uint8]) -> Path:
    times = [k / 10 for k in range(640)]
    voice = read_sound(mien.sample())
    sound = np.concatenate([voice, voice * 0, voice[::2], voice])
    sound = np.resize(sound, 64 * 16_000)[None].astype(np.float32)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    frames = [show(portrait, time) for time in times]
    options = {"g": "24", "bf": "2", "preset": "veryfast"}
    return write_clip(path, frames, times, sound=sound, options=options)


def both(
    path: Path, span: float, monkeypatch: pytest.MonkeyPatch
) -> tuple[AnalysedFile, AnalysedFile]:
    """The answer for a file in one piece, and in pieces."""
    monkeypatch.setattr(analyst, "_LEAST_RATE", 0)
    worker, entry = Worker(WorkerSettings(None, "cpu", 1, mien.Options(), span)), Entry(str(path))
    cut = worker.process(entry, anyway=False, whole=False)
    assert isinstance(cut, LongFilePlan), cut
    pieces = [worker.piece(entry, *one) for one in cut.spans]
    heard = worker.sound(entry)
    assert len(pieces) > 2
    assert all(isinstance(piece, Piece) for piece in pieces), pieces
    assert isinstance(heard, SoundEvidence), heard
    answer = worker.join(entry, cut, pieces, heard)  # type: ignore[arg-type]
    whole = worker.process(entry, anyway=False, whole=True)
    assert isinstance(answer, AnalysedFile), answer
    assert isinstance(whole, AnalysedFile), whole
    return whole, answer


def same(left: pyarrow.Table, right: pyarrow.Table) -> None:
    """Equal but for 1e-3."""
    assert left.schema == right.schema
    for name in left.column_names:
        pairs = list(zip(left[name].to_pylist(), right[name].to_pylist(), strict=True))
        for a, b in pairs:
            assert a == (pytest.approx(b, abs=1e-3) if isinstance(b, float) else b), name


def test_pieces_give_the_answer_of_the_uncut_file(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, pieces = both(film, 20.0, monkeypatch)
    assert len(whole.rows["people"]) >= 2  # of more than five tracks
    assert whole.length == pieces.length
    for table in whole.rows:
        same(whole.rows[table], pieces.rows[table])


@pytest.mark.data
@pytest.mark.slow
def test_real_clips_in_a_row_give_the_same_in_pieces(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted = sorted((data / "java_sed" / "video").glob("*.mp4"))[::16]
    wild = [p for p in sorted((data / "wild").rglob("*.mp4")) if _fits(p)][:12]
    clips = [clip for pair in zip(acted, wild, strict=False) for clip in pair]
    for name, codecs in {
        "film.mp4": ("libx264", "aac", 44_100, {"g": "50", "bf": "2", "preset": "veryfast"}),
        "film.mkv": ("libx264", "libopus", 48_000, {"g": "250", "preset": "veryfast"}),
        "film.ts": ("mpeg2video", "mp2", 48_000, {"g": "15", "bf": "2"}),
    }.items():
        path = concatenated(tmp_path / name, clips, *codecs)
        whole, pieces = both(path, 22.0, monkeypatch)
        for table in whole.rows:
            same(whole.rows[table], pieces.rows[table])


def _fits(path: Path) -> bool:
    try:
        with open_media(path) as media:
            return media.info.kind == "video" and (media.info.duration or 99) < 15
    except mien.MediaError:
        return False


def test_a_damaged_film_is_not_cut(film: Path, tmp_path: Path) -> None:
    content = bytearray(film.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = np.random.default_rng(0).bytes(third)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    worker = Worker(WorkerSettings(None, "cpu", 1, mien.Options(), 20.0))
    found = [worker.piece(Entry(str(broken)), *span) for span in plan_spans(64.0, 20.0)]
    assert any(isinstance(piece, FailedFile) for piece in found)


def test_what_may_be_cut(film: Path) -> None:
    bundle = mien.load()
    with open_media(film) as media:
        assert can_be_cut(media, bundle, None, 30.0)
        assert not can_be_cut(media, bundle, None, 40.0)
        assert not can_be_cut(media, bundle, 1, 30.0)


def test_plan_covers_the_file() -> None:
    spans = list(plan_spans(3601.5, 600.0))
    assert spans[0][0] == 0
    assert spans[-1][1] == np.inf
    assert [a for a, _ in spans[1:]] == [b for _, b in spans[:-1]]
    assert all(start % 2 == 0 for start, _ in spans)
    assert all(abs(b - a - 600) <= 2 for a, b in spans[:-1])


def track(*times: float, x: float = 0.0) -> PieceTrack:
    boxes = np.tile(np.array([x, 0, x + 50, 50], np.float32), (len(times), 1))
    sides, watch, motion = np.ones(len(times)), FaceRangeMonitor(OperatingRange()), FaceMotion()
    cells, mouth, looks = {"face": {}}, MouthMotion(), Looks()
    return PieceTrack(np.array(times), boxes, sides, cells, watch, motion, mouth, looks, b"", 0.0)


def piece(start: float, end: float, *tracks: PieceTrack) -> Piece:
    return Piece(start, end, tracks, {}, 10, 100.0, end)


def test_tracks_are_one_face_where_both_pieces_saw_it() -> None:
    left = piece(0, 20, track(18.5, 19.5, 20.5), track(3, 4, 5, x=200))
    right = piece(20, np.inf, track(21.5, 22, 22.5, x=300), track(19.5, 20.5))
    left = Piece(0, 20, (*left.tracks, track(21.5, 22, x=300)), {}, 10, 1.0, 28)
    session = join_pieces(mien.load(), [left, right], None)
    found = sorted(t.times for t in session.tracks.values())
    assert found == [[3, 4, 5], [18.5, 19.5, 20.5], [21.5, 22, 22.5]]
    assert session.frames == 20


def test_pieces_that_disagree_are_not_joined() -> None:
    one = track(19.5, 20.5)
    for other in (piece(20, np.inf), piece(20, np.inf, track(19.5, x=9), track(20.5))):
        with pytest.raises(CannotCutError, match="do not agree"):
            join_pieces(mien.load(), [piece(0, 20, one), other], None)

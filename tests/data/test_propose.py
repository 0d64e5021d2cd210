from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import mien
from mien import MediaError, UsageError
from mien.data.propose import Proposal, propose, sheet_rows, windows
from tests.conftest import write_clip
from tests.media_maker import write_babble


def test_windows_by_hand() -> None:
    """Seen from 20 to 24 s: ten seconds around 22; and once at 50: centred on it."""
    times = np.array([20.0, 21.0, 22.0, 23.0, 24.0, 50.0])
    assert list(windows(times, 60.0, 10.0)) == [(17.0, 27.0), (45.0, 55.0)]


def test_windows_give_way_to_one_another_and_to_the_ends() -> None:
    assert list(windows(np.array([0.5]), 60.0, 10.0)) == [(0.0, 10.0)]
    assert list(windows(np.array([59.0]), 60.0, 10.0)) == [(50.0, 60.0)]
    assert list(windows(np.array([2.0]), 3.0, 10.0)) == [(0.0, 3.0)]
    steady = np.arange(0, 25, 0.5)
    assert list(windows(steady, 25.0, 10.0)) == [(0.0, 10.0), (10.0, 20.0), (20.0, 25.0)]
    assert list(windows(np.zeros(0), 60.0, 10.0)) == []


@pytest.mark.parametrize("seed", range(20))
def test_windows_hold_every_time_and_do_not_overlap(seed: int) -> None:
    draw = np.random.default_rng(seed)
    times = np.sort(draw.uniform(0, 300, draw.integers(1, 60)))
    found = list(windows(times, 300.0, 10.0))
    inside = [sum(start <= t < end for start, end in found) for t in times]
    assert set(inside) == {1}
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert all(0 <= start < end <= 300 and end - start <= 10 + 1e-9 for start, end in found)


def test_a_face_that_comes_and_goes(tmp_path: Path, portrait: np.ndarray) -> None:
    """Empty for 6 s, a face for 4 s, empty again: one window, and the face is where it was put."""
    height, width = portrait.shape[:2]
    empty = np.full((height, width, 3), 90, np.uint8)
    frames = [portrait if 6 <= k / 4 < 10 else empty for k in range(80)]
    film = write_clip(tmp_path / "film.mp4", frames, [k / 4 for k in range(80)])
    (one,) = propose(film, length=5.0)
    assert one.faces == 1
    assert one.start == pytest.approx(5.25, abs=0.5)
    assert one.end - one.start == pytest.approx(5.0)
    assert one.seen == pytest.approx(0.8, abs=0.15)
    (alone,) = propose(mien.sample(), length=10.0)
    assert np.allclose(one.box, alone.box, atol=0.1 * width)
    assert propose(film, length=5.0, least=1.0) == []


def test_what_shows_no_face(tmp_path: Path) -> None:
    grey = [np.full((64, 96, 3), 90, np.uint8)] * 20
    assert propose(write_clip(tmp_path / "a.mp4", grey, [k / 10 for k in range(20)])) == []
    assert propose(write_babble(tmp_path / "a.wav", 1)) == []


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    for length in (0.5, 601.0, float("nan")):
        with pytest.raises(UsageError, match="must be 1 to 600 seconds"):
            propose(mien.sample(), length=length)
    with pytest.raises(UsageError, match=r"least 1.5: must be 0 to 1"):
        propose(mien.sample(), least=1.5)
    (tmp_path / "text.mp4").write_text("no film" * 50)
    with pytest.raises(MediaError, match=r"text.mp4: is not a video"):
        propose(tmp_path / "text.mp4")


def test_lines_of_a_sheet(tmp_path: Path) -> None:
    proposals = [
        Proposal(3723.0041, 3733.0041, 0.875, 2, (10, 20, 110, 120)),
        Proposal(0.0, 10.0, 1.0, 1, (1, 2, 3, 4)),
    ]
    film = tmp_path / "Airheads.avi"
    first, second = sheet_rows(film, "Airheads", proposals, ["anna", "ben"])
    assert (first.id, second.id) == ("Airheads_010203004", "Airheads_000000000")
    assert (first.start, first.end, first.speaker) == (3723.004, 3733.004, "Airheads")
    assert first.path == film.as_posix()
    assert (first.label, first.extra["seen"], first.extra["faces"]) == ("", "0.88", "2")
    assert [first.extra[key] for key in ("x0", "y0", "x1", "y1")] == ["10", "20", "110", "120"]
    assert {key: v for key, v in first.extra.items() if key.startswith("annotator_")} == {
        "annotator_anna": "",
        "annotator_ben": "",
    }

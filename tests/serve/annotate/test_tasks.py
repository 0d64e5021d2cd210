from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from mien.labels import EMOTIONS
from mien.serve.annotate.tasks import keys_of, tasks_of

SHEET = """id,path,start,end,label,speaker,annotator_anna
a,film.mp4,0,10,,film,
b,film.mp4,12.5,20,,film,
"""


def test_a_folder_of_clips(tmp_path: Path) -> None:
    for name in ("b.mp4", "deep/a.wav", "face.jpg", ".hidden.mp4", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    tasks = tasks_of(tmp_path)
    assert [(t.clip, t.start, t.end) for t in tasks] == [
        ("b.mp4", None, None), ("deep/a.wav", None, None), ("face.jpg", None, None),
    ]  # fmt: skip
    assert tasks[1].path == tmp_path / "deep" / "a.wav"
    (tmp_path / "a.mp4").write_bytes(b"x")
    ids = {t.clip: t.id for t in tasks_of(tmp_path)}
    assert all(ids[t.clip] == t.id for t in tasks)  # others that come later change none


def test_windows_of_a_sheet_stand_for_the_clips_beside_it(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"x")
    (tmp_path / "sheet.csv").write_text(SHEET, "utf-8")
    for place in (tmp_path, tmp_path / "sheet.csv"):
        tasks = tasks_of(place)
        assert [(t.clip, t.start, t.end) for t in tasks] == [
            ("film.mp4", 0.0, 10.0), ("film.mp4", 12.5, 20.0),
        ]  # fmt: skip
        assert tasks[0].path == tmp_path / "film.mp4"


def test_nothing_to_label(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no clip and no sheet"):
        tasks_of(tmp_path)
    with pytest.raises(UsageError, match="there is no such folder or sheet"):
        tasks_of(tmp_path / "gone")


def test_every_label_has_a_key_of_its_own() -> None:
    keys = keys_of(EMOTIONS.names)
    assert keys == {
        "angry": "a", "disgust": "d", "fear": "f", "happy": "h", "neutral": "n", "sad": "s",
        "surprise": "u",
    }  # fmt: skip
    odd = keys_of(["müde", "mad", "bb", "bm", "überrascht"])
    assert len(set(odd.values())) == 5
    assert not {"0", "b", "m"} & set(odd.values())

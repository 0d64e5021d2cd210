from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import app
from mien.data.datasets import corpora
from mien.data.manifest import read_manifest
from mien.errors import UsageError
from tests.data.datasets.trees import find, grow


def test_video_and_sound(tmp_path: Path) -> None:
    names = ("video/06-03-05_01.mp4", "audio/01-03-02_02.wav", "audio/readme-01-02_a.wav")
    found = find("java_sed", grow(tmp_path, *names))
    about = {path: (c.label, c.speaker, *c.extra.values()) for path, c in found.items()}
    assert about == {
        names[0]: ("fear", "06", "audio-video", "male"),
        names[1]: ("sad", "01", "audio", "female"),
    }


@pytest.mark.parametrize("folder", ["video", "audio", "elsewhere"])
def test_the_folder_that_itself_holds_the_clips(tmp_path: Path, folder: str) -> None:
    """With the ids that the whole corpus has, where its folder can be told."""
    names = ("video/06-03-05_01.mp4", "audio/01-03-02_02.wav", "elsewhere/02-03-01_01.mp4")
    out = tmp_path / "m.csv"
    grow(tmp_path / ("java" if folder != "elsewhere" else "other"), *names)
    root = tmp_path / ("java" if folder != "elsewhere" else "other") / folder
    if folder == "elsewhere":  # nothing around it looks like the corpus
        for name in names[:2]:
            (root.parent / name).unlink()
    done = CliRunner().invoke(app, ["data", "prepare", "java_sed", str(root), str(out)])
    assert done.exit_code == 0, done.output
    (clip,) = read_manifest(out).clips
    wanted = next(name for name in names if name.startswith(folder))
    assert clip.id == (wanted if folder != "elsewhere" else Path(wanted).name).rpartition(".")[0]
    assert (out.parent / clip.path).resolve() == (root / Path(wanted).name).resolve()


def test_a_folder_beside_a_corpus_is_not_taken_for_it(tmp_path: Path) -> None:
    grow(tmp_path, "java/video/06-03-05_01.mp4", "java/other/notes.txt", "films/a.mp4")
    for name in ("java/other", "films"):
        with pytest.raises(UsageError, match="does not look like Java-SED"):
            corpora()["java_sed"].folder(tmp_path / name)


@pytest.mark.data
def test_both_kinds_are_there(data: Path) -> None:
    found = find("java_sed", data).values()
    assert Counter(c.extra["modality"] for c in found) == {"audio": 192, "audio-video": 192}
    assert set(Counter(c.label for c in found).values()) == {64}

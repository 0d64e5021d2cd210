"""The whole way with AFEW: a tree with the official names, real clips inside."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import papers
from mien.cli.app import app
from mien.training.papers.submission import OFFICIAL_NAMES
from tests.training.papers.conftest import quickly

pytestmark = [pytest.mark.slow, pytest.mark.data]

EMOTIONS = {"01": "Neutral", "02": "Sad", "03": "Happy", "04": "Surprise", "05": "Fear"}
EMOTIONS["06"] = "Angry"


def tree(videos: Path, root: Path) -> Path:
    """Train of two actors, Val of one, Test (no labels) of another, and which actor is in which."""
    films = ["clip,film"]
    some = [*videos.glob("0[12]-*.mp4"), *videos.glob("0[36]-01-*.mp4")]
    for number, path in enumerate(sorted(some)):
        actor, _, rest = path.stem.split("-", 2)
        part = {"03": "Val_AFEW", "06": "Test_AFEW"}.get(actor, "Train_AFEW")
        label = "" if part == "Test_AFEW" else EMOTIONS[rest[:2]]
        place = root / part / label / f"{number:09d}.avi"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        films.append(f"{place.stem},film {actor}")
    (root / "films.csv").write_text("\n".join(films) + "\n")
    return root


def test_from_the_official_folders_to_the_tables_and_the_files_for_the_organisers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(data / "java_sed" / "video", tmp_path / "AFEW")
    monkeypatch.setattr(papers, "declare", quickly)
    for command in (
        f"data prepare afew {root} {tmp_path}/afew.csv",
        f"data check {tmp_path}/afew.csv",
        f"data prepare afew {root} {tmp_path}/test.csv --only split=test",
        f"papers resnet_lstm --data {tmp_path}/afew.csv --out {tmp_path}/run --size small -j 1",
        f"papers resnet_lstm --run {tmp_path}/run --submit {tmp_path}/test.csv "
        f"--out {tmp_path}/files -j 1",
    ):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, f"{command}\n{done.output}"
        if "--size" in command:
            assert "6 clips, 1 speaker, 1 test fold" in done.stdout
    written = {path.stem: path.read_text().strip() for path in (tmp_path / "files").iterdir()}
    assert written.keys() == {path.stem for path in (root / "Test_AFEW").iterdir()}
    assert set(written.values()) <= set(OFFICIAL_NAMES.values())

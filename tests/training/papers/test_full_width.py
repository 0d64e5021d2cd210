"""Each paper's recipe at full width, a step of each fit: from AFEW's folders to EmotiW's files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import mien
from mien.cli import papers
from mien.cli.app import app
from mien.features.extractors.frames import Frames
from mien.features.extractors.passes import sound_of
from mien.training.experiment.smoke_test import shortened
from mien.training.papers.ablations import ABLATIONS
from mien.training.papers.submission import OFFICIAL_NAMES
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import Encoder, Recipe, override
from tests.conftest import write_clip

pytestmark = pytest.mark.slow
pytest.importorskip("opensmile")

TRAIN = tuple(
    f"{label}/00{ten}{minute}{second}6280"
    for ten in (0, 1)
    for label, second in (("Angry", 4), ("Happy", 5))
    for minute in range(2)
)
"""Two groups of ten minutes, so that inner folds have both classes."""
CLIPS = {
    "Train_AFEW": TRAIN,
    "Val_AFEW": ("Angry/003246280", "Happy/004149120"),
    "Test_AFEW": ("005301040",),
}


def tree(root: Path) -> Path:
    """AFEW's folders and names, two seconds of the sample clip in each file, faces for one."""
    pictures = Frames(fps=5.0, size=320).extract(mien.sample(), None, None)
    sound = sound_of(mien.sample(), None, None).samples
    names = [(part, name) for part, names in CLIPS.items() for name in names]
    for number, (part, name) in enumerate(names):
        place = root / part / f"{name}.avi"
        place.parent.mkdir(parents=True, exist_ok=True)
        first = round(1.5 * number) % (len(pictures) - 10)
        heard = sound[first * 3200 : (first + 10) * 3200]
        write_clip(
            place,
            list(pictures.values[first : first + 10].astype(np.uint8)),
            [0.2 * n for n in range(10)],
            codec="mpeg4",
            sound=heard[None],
            audio_codec="pcm_s16le",
        )
    faces = root / "Train_AFEW" / "AlignedFaces_LBPTOP_Points" / "Faces" / "000046280"
    faces.mkdir(parents=True)
    draw = np.random.default_rng(0)
    for number in range(1, 5):
        picture = draw.integers(0, 256, (128, 128, 3)).astype(np.uint8)
        cv2.imwrite(str(faces / f"{number:04}.jpg"), picture)
    return root


def briefly(
    name: str, changes: Sequence[str], size: str, init: Sequence[str], scratch: bool = False
) -> Recipe:
    """In place of `declare`: nothing is narrow, but fits have a step and faces are few."""
    assert (list(changes), size, list(init), scratch) == ([], "full", [], True)
    one = shortened(replace(recipe(name), inner=2))
    assert isinstance(one, Recipe)
    for branch in [b for b, x in one.branches.items() if "fps" in x.settings]:
        one = override(one, f"{branch}.settings.fps=1")
    return one


@pytest.mark.parametrize("name", ABLATIONS)
def test_from_folders_to_submission_at_full_width(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nets = [b.model.net for b in recipe(name).branches.values() if isinstance(b.model, Encoder)]
    assert all(net.width == 1 for net in nets)
    root = tree(tmp_path / "AFEW")
    monkeypatch.setattr(papers, "declare", briefly)
    for command in (
        f"data prepare afew {root} {tmp_path}/afew.csv",
        f"data prepare afew {root} {tmp_path}/test.csv --only split=test",
        f"papers {name} --data {tmp_path}/afew.csv --out {tmp_path}/run --from-scratch -j 1",
        f"papers {name} --run {tmp_path}/run --submit {tmp_path}/test.csv --out {tmp_path}/files "
        f"--store {tmp_path}/features -j 1",
    ):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, f"{command}\n{done.output}\n{done.exception!r}"
    written = {path.stem: path.read_text().strip() for path in (tmp_path / "files").iterdir()}
    assert written.keys() == {"005301040"}
    assert set(written.values()) <= set(OFFICIAL_NAMES.values())

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import mien
from mien.inference.bundle import default_path
from tests.conftest import numbered, tone, write_clip


def with_only(branch: str, folder: Path) -> Path:
    """The default bundle without its other branch."""
    bundle = Path(shutil.copytree(default_path(), folder / "bundle"))
    spec = json.loads((bundle / "bundle.json").read_text())
    for part in ("streams", "branches"):
        spec[part] = {branch: spec[part][branch]}
    for part in ("weights", "temperatures"):
        spec["fusion"][part] = {branch: 1.0}
    spec["fusion"]["branches"] = [branch]
    (bundle / "bundle.json").write_text(json.dumps(spec))
    return bundle


@pytest.mark.parametrize(
    ("branch", "messages"),
    [
        (
            "face",
            [
                "no face was found",
                "no face found in 3 pictures",
                "the model mien-2 has no voice branch",
            ],
        ),
        (
            "voice",
            [
                "no voice was found",
                "the model mien-2 has no face branch",
                "the sound is silent (0.8 s)",
            ],
        ),
        (
            "",
            [
                "neither a face nor a voice was found",
                "no face found in 3 pictures",
                "the sound is silent (0.8 s)",
            ],
        ),
    ],
)
def test_an_answer_without_evidence_names_what_the_model_looks_for(
    branch: str, messages: list[str], tmp_path: Path
) -> None:
    times = [k / 10 for k in range(8)]
    path = write_clip(tmp_path / "a.mp4", numbered(8), times, sound=tone(0.8) * 0)
    p = mien.analyze(path, model=str(with_only(branch, tmp_path)) if branch else None)
    assert p.label is None
    assert [r.message for r in p.reasons] == messages

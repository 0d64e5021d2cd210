from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.training.models.sources import SOURCES, parse


def test_an_option_is_split_into_name_and_file(tmp_path: Path) -> None:
    file = tmp_path / "a=b.pth"
    file.touch()
    assert parse(f"vgg_face={file}") == ("vgg_face", file)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("vgg_face", "write it as NAME=FILE"),
        ("vgg_face=", "write it as NAME=FILE"),
        ("vggface=x.pth", "did you mean 'vgg_face'"),
        ("c3d=nowhere.pickle", r"no file nowhere\.pickle; expected is c3d\.pickle.*https://"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(option: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        parse(option)
    assert "\n" not in str(error.value)


def test_the_layers_of_vgg_face_are_all_named() -> None:
    (layout,) = SOURCES["vgg_face"].layouts
    assert list(layout)[:3] == ["conv1_1", "conv1_2", "conv2_1"]
    assert layout["conv5_3"] == "features.28"
    assert layout["fc8"] == "classifier.6"
    assert len(layout) == 16


def test_listing_sources_needs_no_torch() -> None:
    code = "import mien.training.models.sources, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

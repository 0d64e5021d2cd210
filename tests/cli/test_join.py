from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.data.manifest import read_manifest
from mien.errors import UsageError


def join(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["data", "join", *map(str, options)])


def table(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["id,path,label,speaker,split,faces", *rows]) + "\n")
    return path


def test_several_manifests_are_one_whose_places_hold(tmp_path: Path) -> None:
    first = table(tmp_path / "a" / "a.csv", "1,clips/1.avi,sad,film,val,Faces/1")
    second = table(tmp_path / "b" / "b.csv", "2,2.avi,happy,,train,")
    faces = table(tmp_path / "c" / "fer.csv", "3,3.png,fear,,test,")
    out = tmp_path / "all.csv"
    done = join(out, first, second, "--pictures", faces)
    assert done.exit_code == 0, done.output
    assert "3 clips, 1 of them pictures for frame networks alone" in done.stdout
    manifest = read_manifest(out)
    places = [manifest.path(clip).resolve() for clip in manifest.clips]
    wanted = ["a/clips/1.avi", "b/2.avi", "c/3.png"]
    assert places == [(tmp_path / name).resolve() for name in wanted]
    assert (manifest.root / manifest.clips[0].extra["faces"]).resolve() == tmp_path / "a/Faces/1"
    assert [c.split for c in manifest.clips] == ["val", "train", "train"]
    assert [c.extra.get("use", "") for c in manifest.clips] == ["", "", "pictures"]


@pytest.mark.parametrize(("rows", "message"), [("1,x.avi,sad,,,", "id '1' is in more than one")])
def test_what_cannot_be_joined_is_one_line(rows: str, message: str, tmp_path: Path) -> None:
    first = table(tmp_path / "a.csv", "1,1.avi,sad,,,")
    done = join(tmp_path / "all.csv", first, table(tmp_path / "b.csv", rows))
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
    done = join(first, first)
    assert isinstance(done.exception, UsageError)
    assert "would take the place" in str(done.exception)

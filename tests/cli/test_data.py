"""`mien data` as people run it."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import mien
from mien.cli.data import FAILED
from mien.data.manifest import read_manifest
from mien.labels import EMOTIONS
from tests.conftest import numbered, write_clip
from tests.data.datasets.test_crema_d import PEOPLE, TABLE
from tests.data.datasets.test_fer2013 import table as fer2013_table
from tests.data.datasets.trees import grow
from tests.media_maker import write_babble

USAGE = 2
BASE_ONLY = """
import sys
for name in ("pyarrow", "torch", "sklearn", "scipy", "pandas", "matplotlib", "lightning"):
    sys.modules[name] = None
from mien.cli.app import main
raise SystemExit(main())
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with the packages of the base install only."""
    command = [sys.executable, "-W", "error", "-c", BASE_ONLY, "data", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error."""
    assert done.returncode == USAGE, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("mien: ")
    return line.removeprefix("mien: ")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Clips of two people in two moods, with a split."""
    root = tmp_path / "own"
    for k, place in enumerate(("train/calm/anna", "train/tense/anna", "test/calm/ben")):
        write_babble(root / place / "1.wav", k)
    return root


def test_the_corpora_are_listed() -> None:
    done = run("list")
    assert done.returncode == 0
    for name in ("afew", "ravdess", "crema_d", "folders"):
        assert name in done.stdout


def test_from_folders_to_a_checked_table(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.csv"
    done = run("prepare", "folders", own, out)
    assert done.returncode == 0
    assert f"{out}: 3 clips, 2 speakers; labels: calm, tense" in done.stdout
    assert "note: Without speakers" in done.stdout
    with out.open() as stream:
        first = next(csv.DictReader(stream))
    assert first["path"] == "own/test/calm/ben/1.wav"
    assert (first["label"], first["speaker"], first["split"]) == ("calm", "ben", "test")
    done = run("check", out)
    assert done.returncode == 0
    assert "warning: missing_class: split 'test' has no clip of 'tense'" in done.stdout
    assert "3 clips, 0 errors, 1 warnings" in done.stdout
    assert done.stderr == ""
    done = run("stats", out, "--picture", tmp_path / "own.svg")
    assert done.returncode == 0
    assert "2 speakers with 1 to 2 clips each" in done.stdout
    ET.parse(tmp_path / "own.svg")
    assert run("stats", out, "--picture", tmp_path / "own.html").returncode == 0
    assert "<svg" in (tmp_path / "own.html").read_text()


def test_a_leak_is_an_error(own: Path, tmp_path: Path) -> None:
    shutil.move(own / "test" / "calm" / "ben", own / "test" / "calm" / "anna")
    shutil.copy(own / "train/calm/anna/1.wav", own / "test/calm/anna/2.wav")
    run("prepare", "folders", own, tmp_path / "own.csv")
    done = run("check", tmp_path / "own.csv")
    assert done.returncode == FAILED
    assert "error: speaker_leak: speaker 'anna' is on several sides: 2 in test" in done.stdout
    assert "error: duplicate_media_leak: test/calm/anna/2 and train/calm/anna/1" in done.stdout
    quick = run("check", tmp_path / "own.csv", "--no-media")
    assert quick.returncode == FAILED
    assert "duplicate_media" not in quick.stdout


def test_many_findings_of_one_kind_are_cut_short(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k}.wav,{'sad' if k % 2 else 'happy'},s{k}\n" for k in range(9))
    (tmp_path / "gone.csv").write_text("id,path,label,speaker\n" + rows)
    done = run("check", tmp_path / "gone.csv")
    assert done.returncode == FAILED
    assert done.stdout.count("error: missing_file") == 6
    assert "error: missing_file: 4 more (--most 0 shows all)" in done.stdout
    assert run("check", tmp_path / "gone.csv", "--most", 0).stdout.count("missing_file") == 9


def test_labels_of_ones_own(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.csv"
    assert run("prepare", "folders", own, out, "--labels", "tense, calm, bored").returncode == 0
    assert read_manifest(out).labels.names == ("tense", "calm", "bored")
    done = run("prepare", "folders", own, out, "--labels", "calm,tens")
    line = said(done)
    assert "clip train/tense/anna/1: unknown label 'tense'; did you mean 'tens'?" in line
    assert line.endswith("see --labels")
    assert "must be unique" in said(run("prepare", "folders", own, out, "--labels", "calm,calm"))
    assert "must not hold '|'" in said(run("prepare", "folders", own, out, "--labels", "calm|x"))


@pytest.fixture
def crema_d(tmp_path: Path) -> Path:
    root = grow(tmp_path / "CREMA-D", "summaryTable.csv", text=TABLE)
    return grow(root, "VideoDemographics.csv", text=PEOPLE)


def test_another_target(crema_d: Path, tmp_path: Path) -> None:
    out = tmp_path / "votes.csv"
    done = run("prepare", "crema_d", crema_d, out, "--target", "vote_voice")
    assert done.returncode == 0
    assert "note: 1 clips have no label" in done.stdout
    assert "note: the media of 3 clips are not there" in done.stdout
    assert "note: --target takes vote_voice or vote_face or vote_both" in done.stdout
    clips = read_manifest(out).clips
    assert [c.label for c in clips] == ["neutral", "neutral", ""]
    assert [c.extra["intended"] for c in clips] == ["neutral", "happy", "angry"]
    line = said(run("prepare", "crema_d", crema_d, out, "--target", "sex"))
    assert line == (
        "--target sex: no column with labels; there are vote_voice, vote_face, vote_both"
    )


def test_only_some_of_a_corpus(tmp_path: Path) -> None:
    names = ("video/06-03-05_01.mp4", "audio/01-03-02_02.wav", "audio/01-03-03_02.wav")
    root, out = grow(tmp_path / "java_sed", *names), tmp_path / "java.csv"
    whole = run("prepare", "java_sed", tmp_path, out)
    assert f"{out}: 3 clips" in whole.stdout
    assert "note: --only takes modality=audio (2) or modality=audio-video (1)" in whole.stdout
    part = run("prepare", "java_sed", root, out, "--only", "modality=audio", "--only", "label=sad")
    assert f"{out}: 1 clips, 1 speakers; labels: sad" in part.stdout
    assert "--only takes modality" not in part.stdout
    assert [c.extra["corpus"] for c in read_manifest(out).clips] == ["java_sed"]
    line = said(run("prepare", "java_sed", root, out, "--only", "modality=video"))
    assert line == ("--only modality=video: no clip is left; modality is one of audio, audio-video")
    for wrong in ("channel=speech", "modality"):
        line = said(run("prepare", "java_sed", root, out, "--only", wrong))
        assert "write column=value; columns are label, speaker, split, licence, modality" in line


def test_pictures_in_a_table_are_unpacked_beside_the_manifest(tmp_path: Path) -> None:
    grow(tmp_path / "in", "fer2013.csv", text=fer2013_table())
    out = tmp_path / "out" / "fer.csv"
    done = run("prepare", "fer2013", tmp_path / "in", out)
    assert done.returncode == 0
    assert f"note: the pictures were unpacked to {out.parent / 'fer_pictures'}" in done.stdout
    table = read_manifest(out)
    assert [c.split for c in table.clips] == ["val", "test", "train"]
    assert all(table.path(c).is_file() for c in table.clips)
    assert not [p for p in (tmp_path / "in").iterdir() if p.name != "fer2013.csv"]


def test_what_cannot_be_prepared(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    assert "unknown corpus 'ravdes'; did you mean 'ravdess'?" in said(
        run("prepare", "ravdes", own, out)
    )
    assert "x.txt: must end with .csv or .parquet" in said(
        run("prepare", "folders", own, tmp_path / "x.txt")
    )
    assert "no such folder" in said(run("prepare", "folders", tmp_path / "gone", out))
    assert "does not look like RAVDESS" in said(run("prepare", "ravdess", own, out))
    shutil.copytree(own / "train" / "calm", own / "train" / "calmm")
    assert not out.exists()
    grow(own, "train/hapy/1.wav", "train/happy/1.wav")
    assert "unknown label 'hapy'; did you mean 'happy'?" in said(
        run("prepare", "folders", own, out)
    )
    assert "pip install 'mien[tables]'" in said(
        run("prepare", "folders", own / "test", tmp_path / "x.parquet")
    )


def test_tables_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such manifest" in said(run("check", tmp_path / "gone.csv"))
    (tmp_path / "a.csv").write_text("id,path\na,a.wav\n")
    for verb in ("check", "stats", "agree"):
        assert "no column label" in said(run(verb, tmp_path / "a.csv"))
    (tmp_path / "b.csv").write_text("id,path,label\na,a.wav,sad\n")
    assert "must end with .svg or .html" in said(
        run("stats", tmp_path / "b.csv", "--picture", tmp_path / "b.png")
    )


def test_from_a_film_to_a_labelled_corpus(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    shutil.copy(mien.sample(), films / "Airheads.mp4")
    write_clip(films / "empty.mp4", numbered(10), [k / 5 for k in range(10)])
    (films / "broken.mp4").write_text("no film" * 50)
    sheet = tmp_path / "sheet.csv"
    done = run("propose", films, "--out", sheet, "--length", 2, "--annotators", "anna,ben,cem")
    assert done.returncode == FAILED
    assert "broken.mp4: is not a video" in done.stderr
    assert "fill in annotator_..., then 'mien data agree'" in done.stdout
    with sheet.open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) >= 2
    assert {row["speaker"] for row in rows} == {"Airheads"}
    assert "no clip was labelled by two annotators" in said(run("agree", sheet))
    for k, row in enumerate(rows):
        row["label"] = "happy" if k == 0 else ""
        row |= {"annotator_anna": "happy", "annotator_ben": "happy" if k else "sad"}
        row["annotator_cem"] = "happy" if k == 0 else "-"
    with sheet.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = run("agree", sheet, "--out", tmp_path / "own.csv")
    assert done.returncode == 0
    assert f"{len(rows)} clips with two or more labels" in done.stdout
    assert "1 of 1, 100%" in done.stdout
    assert "0 of 1, 0%" in done.stdout
    kept = read_manifest(tmp_path / "own.csv")
    assert len(kept) == len(rows)
    assert {c.label for c in kept.clips} == {"happy"}
    assert not [key for key in kept.clips[0].extra if key.startswith("annotator_")]
    assert kept.path(kept.clips[0]).is_file()
    assert run("agree", sheet, "--labels", "happy,sad", "-o", tmp_path / "two.csv").returncode == 0
    assert read_manifest(tmp_path / "two.csv").labels.names == ("happy", "sad")
    assert "unknown label 'happy'" in said(run("agree", sheet, "--labels", "hapy,sad"))


def test_sheets_that_cannot_be_made(tmp_path: Path) -> None:
    films = write_clip(tmp_path / "empty.mp4", numbered(10), [k / 5 for k in range(10)])
    assert "no face was found" in said(run("propose", films, "-o", tmp_path / "s.csv"))
    assert "must end with .csv" in said(run("propose", films, "-o", tmp_path / "s.parquet"))
    assert "give two or more names" in said(
        run("propose", films, "-o", tmp_path / "s.csv", "--annotators", "anna")
    )
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "clips"), [("ravdess", 1260), ("emodb", 454), ("java_sed", 384), ("crema_d", 7442)]
)
def test_real_corpora_from_their_parent_folder(
    data: Path, tmp_path: Path, name: str, clips: int
) -> None:
    out = tmp_path / f"{name}.csv"
    done = run("prepare", name, data, out)
    assert f"{out}: {clips} clips" in done.stdout
    done = run("check", out, "--no-media")
    assert done.returncode == 0
    assert "0 errors" in done.stdout
    table = read_manifest(out)
    assert table.labels is EMOTIONS
    there = sum(table.path(c).is_file() for c in table.clips)
    assert there == (0 if name == "crema_d" else clips)

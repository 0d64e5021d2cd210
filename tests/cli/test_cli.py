"""The command as people run it: in a process of its own."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import mien
from mien.output.answer_schema import json_schema
from tests.conftest import numbered, tone, write_clip, write_sound


def run(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "mien", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=300)
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three good files in two folders and two broken ones."""
    root = tmp_path / "corpus"
    (root / "deep").mkdir(parents=True)
    shutil.copy(mien.sample(), root / "a.mp4")
    write_sound(root / "deep" / "tone.wav", tone(1), 16_000, "mono", "pcm_s16le")
    write_clip(root / "deep" / "grey.mp4", numbered(10), [k / 25 for k in range(10)])
    (root / "broken.mp4").write_bytes(b"no film" * 100)
    (root / "empty.mov").write_bytes(b"")
    (root / "notes.txt").write_text("not a clip")
    return root


def test_version_and_help() -> None:
    assert run("--version").stdout.strip() == f"mien {mien.__version__}"
    assert "predict" in run("--help").stdout


def test_one_clip_in_the_terminal() -> None:
    done = run("predict", mien.sample())
    assert done.returncode == 0
    assert "happy" in done.stdout
    assert "face" in done.stdout


def test_json_lines_are_what_the_library_gives() -> None:
    done = run("predict", mien.sample(), "--json")
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    jsonschema.validate(answer, json.loads(json_schema()))
    assert answer == mien.analyze(mien.sample()).to_dict()


def test_a_folder_with_broken_files(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("predict", corpus, "--out", out, "--csv", "--json", "--srt", "--jobs", 2)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("mien: ")]
    assert len(lines) == 2
    assert any("broken.mp4: is not a video" in line for line in lines)
    assert any("empty.mov: the file is empty" in line for line in lines)
    assert "3 done, 0 done before, 2 failed" in done.stderr
    written = {str(p.relative_to(out)) for p in out.rglob("*.*") if not p.name.startswith(".")}
    stems = ("a.mp4", "deep/tone.wav", "deep/grey.mp4")
    assert written == {f"{s}.{kind}" for s in stems for kind in ("csv", "json", "srt")}
    with (out / "a.mp4.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(r["start"]) for r in rows] == [k / 2 for k in range(13)]
    assert {r["path"] for r in rows} == {str(corpus / "a.mp4")}
    assert sum(float(rows[0][name]) for name in mien.EMOTIONS.names) == pytest.approx(1, abs=1e-4)
    assert "-->" in (out / "a.mp4.srt").read_text()


def test_what_is_done_is_not_done_again_until_something_changes(
    corpus: Path, tmp_path: Path
) -> None:
    out, wav = tmp_path / "out", corpus / "deep" / "tone.wav"
    again = ("predict", wav, "--out", out)
    assert "1 done" not in run(*again).stderr
    assert "1 done before" in run(*again).stderr
    assert "done before" not in run(*again, "--window", 1.5).stderr
    write_sound(wav, tone(2), 16_000, "mono", "pcm_s16le")
    assert "done before" not in run(*again, "--window", 1.5).stderr
    (out / "tone.wav.json").unlink()
    assert "done before" not in run(*again, "--window", 1.5).stderr
    assert (out / "tone.wav.json").is_file()


def test_a_list_on_stdin_and_equal_names(corpus: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(corpus / "deep" / "tone.wav", other)
    listed = f"{corpus}/deep/tone.wav\n\n{other}/tone.wav\n"
    done = run("predict", "-", "--out", tmp_path / "out", stdin=listed)
    assert done.returncode == 0
    assert (tmp_path / "out" / "deep" / "tone.wav.json").is_file()
    assert (tmp_path / "out" / "other" / "tone.wav.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--device", "abacus"], "device 'abacus' is not available; here: cpu"),
        (["--window", "0.7"], "multiple of 0.5"),
        (["--fps", "0"], "fps 0: must be above 0"),
        (["--people", "0"], "people 0"),
        (["--html"], "add --out DIR"),
        (["--model", "nowhere"], "not a bundle"),
        (["--jobs", "-1"], "--jobs"),
        (["--colour", "red"], "No such option"),
        (["--out", "/dev/null/x"], "cannot be written"),
        (["--out", ""], "--out is empty"),
        (["--out="], "--out is empty"),
        ([""], "is empty; is a variable not set?"),
        (["--table", "t.xlsx"], "must end with .csv or .parquet"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    done = run("predict", mien.sample(), *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_files_that_are_not_there_fail_and_the_others_go_on(tmp_path: Path) -> None:
    done = run("predict", tmp_path / "nowhere.mp4", mien.sample(), "--json")
    assert done.returncode == 1
    assert "nowhere.mp4: no such file" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_larger_pictures_are_made_smaller_on_request() -> None:
    """A face of 150 pixels has 5 in a picture of 16, too few to be found."""
    done = run("predict", mien.sample(), "--json", "--max-side", "16")
    answer = json.loads(done.stdout)
    assert (answer["people"], answer["size"]) == ([], [480, 360])
    done = run("predict", mien.sample(), "--max-side", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "max_side 0: must be a whole number from 1" in done.stderr


def test_channel_and_track_are_options(tmp_path: Path) -> None:
    sound = np.concatenate([tone(1), tone(1) / 4])
    path = write_sound(tmp_path / "a.wav", sound, 16_000, "stereo", "pcm_s16le")
    done = run("predict", path, "--json", "--channel", "right", "--audio-track", "1")
    read = json.loads(done.stdout)["source"]["read"]
    assert read == {"video_track": None, "audio_track": 1, "channel": "right"}
    done = run("predict", path, mien.sample(), "--json", "--video-track", "1")
    assert "a.wav: has no picture; there is no video track 1" in done.stderr
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 1)
    done = run("predict", path, "--channel", "middle")
    assert (done.returncode, done.stdout) == (2, "")
    assert "must be left, right, mix, person or a number" in done.stderr


def test_info_models_schema_and_demo(tmp_path: Path, corpus: Path) -> None:
    done = run("info", mien.sample(), corpus / "empty.mov")
    assert done.returncode == 1
    assert "h264 yuv420p 480x360" in done.stdout
    assert "empty.mov: the file is empty" in done.stderr
    assert "default" in run("models").stdout
    assert json.loads(run("schema").stdout) == json.loads(json_schema())
    done = run("demo", "--out", tmp_path / "demo")
    assert "made up" in done.stdout
    assert (tmp_path / "demo" / "sample.mp4.html").is_file()


@pytest.mark.parametrize("verb", ["predict", "info", "convert --to srt", "data check"])
def test_an_empty_name_is_wrong_usage_of_every_verb(verb: str) -> None:
    done = run(*verb.split(), "")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "is empty" in done.stderr


def test_more_than_twenty_files_have_a_line_each_and_a_row(tmp_path: Path) -> None:
    root = tmp_path / "clips"
    root.mkdir()
    for k in range(22):
        write_sound(root / f"{k:02}.wav", tone(0.3 + k / 100), 16_000, "mono", "pcm_s16le")
    done = run("predict", root, "--jobs", 1, "--table", tmp_path / "t.csv")
    assert done.returncode == 0
    lines = sorted(done.stdout.splitlines())
    assert [line.partition(": ")[0] for line in lines] == [f"{root}/{k:02}.wav" for k in range(22)]
    assert all("no answer" in line and "[no_evidence" in line for line in lines)
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows] == [f"{root}/{k:02}.wav" for k in range(22)]
    assert {(row["label"], row["reliable"], row["voice_seconds"]) for row in rows} == {
        ("", "", "0.0")
    }


def test_a_second_run_leaves_out_what_the_first_one_wrote(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", numbered(10), [k / 25 for k in range(10)])
    command = [sys.executable, "-m", "mien", "predict", ".", "--out", "results", "--video"]
    for number in range(3):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0
        assert ("1 result of mien" in done.stderr) == (number > 0)
        copies = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.annotated.mp4")]
        assert copies == [Path("results/a.mp4.annotated.mp4")]


@pytest.mark.parametrize(
    ("length", "formats"), [(241, "--json --srt --video"), (250, "--json --csv")]
)
def test_long_names_are_written(tmp_path: Path, length: int, formats: str) -> None:
    clip = tmp_path / f"{'n' * (length - 4)}.mp4"
    write_clip(tmp_path / "a.mp4", numbered(5), [k / 25 for k in range(5)])
    (tmp_path / "a.mp4").rename(clip)
    done = run("predict", clip, "--out", tmp_path / "out", *formats.split())
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("n*"))) == len(formats.split())


@pytest.mark.parametrize(("length", "option"), [(251, "--json"), (242, "--video")])
def test_names_too_long_for_a_result_are_told_before_the_work(
    tmp_path: Path, length: int, option: str
) -> None:
    clip = tmp_path / f"{'n' * (length - 4)}.mp4"
    clip.write_bytes(b"no film, which would be told if it were looked at")
    done = run("predict", clip, "--out", tmp_path / "out", option)
    assert done.returncode == 1
    assert "its name is too long for a result" in done.stderr
    assert "give the file a shorter name" in done.stderr


def test_a_table_has_the_rows_of_what_was_done_before(corpus: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    wav, grey = corpus / "deep" / "tone.wav", corpus / "deep" / "grey.mp4"
    run("predict", wav, grey, "--out", tmp_path / "out", "--json", "-j", 1)
    texts = []
    for again in ([], ["--csv"]):  # with the answers as JSON at hand, and without
        files = (wav, grey, corpus / "broken.mp4")
        done = run("predict", *files, "--out", tmp_path / "out", "--table", table, "-j", 1, *again)
        assert ("2 done before" in done.stderr) == (not again)
        texts.append(table.read_text("utf-8"))
    assert texts[0] == texts[1]
    assert len(texts[0].splitlines()) == 4
    assert "is not a video" in texts[0]


@pytest.mark.data
def test_a_folder_of_awkward_files_goes_through_with_a_line_each(data: Path) -> None:
    done = run("predict", data / "cases", "-j", 1)
    assert done.returncode == 0
    clips = [p for p in (data / "cases").iterdir() if p.suffix not in (".csv", ".md")]
    lines = sorted(line.partition(": ")[0] for line in done.stdout.splitlines())
    assert lines == sorted(map(str, clips))
    assert "passed over: 2 of other kinds (.csv, .md)" in done.stderr

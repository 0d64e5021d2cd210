"""What the terminal shows."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import av
import msgspec
import pytest
from av.stream import Disposition
from rich.console import Console

from mien.cli.show import show_info, show_models, show_prediction
from mien.evaluation.cards import ByFolds, card_score
from mien.inference.bundle import default_path
from mien.types import Prediction
from tests.conftest import mux_sound, tone
from tests.media_maker import write_picture
from tests.output.report.sample import EIGHT, FIVE, HOSTILE, eight, nothing, prediction


def shown(p: Prediction, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show_prediction(console, p)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in text
    return [line.rstrip() for line in text.split("\n")]


def test_the_default_bundles_answer() -> None:
    assert shown(prediction()) == [
        "/clips/a.mp4",
        "  happy  60%   12.0 s, 2 people",
        "            together                            face  voice",
        "  angry           7%  ██                          5%     8%",
        "  disgust         7%  ██                          5%     8%",
        "  fear            7%  ██                          5%     8%",
        "  happy          60%  ██████████████             70%    50%",
        "  neutral         7%  ██                          5%     8%",
        "  sad             7%  ██                          5%     8%",
        "  surprise        7%  ██                          5%     8%",
        "  0.0 s happy, 4.8 s sad",
        "",
        "",
    ]


def test_five_branches_fit_beside_shorter_bars() -> None:
    lines = shown(eight())
    assert lines[2].split() == ["together", *FIVE]
    assert [line.split()[0] for line in lines[3:11]] == list(EIGHT)
    assert lines[10].split()[:2] == ["surprise", "62%"]
    assert lines[10].split()[3:] == ["62%", "78%", "-", "94%", "97%"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [60, 80])
def test_branches_without_room_come_below(width: int) -> None:
    names = tuple(f"a_long_branch_name_{k}" for k in range(5))
    lines = shown(eight(branches=names), width)
    heads = [line.split() for line in lines if "together" in line or "branch" in line]
    assert heads[0] == ["together"]
    assert [name for head in heads[1:] for name in head] == list(names)
    assert max(map(len, lines)) <= width
    assert sum(line.split()[:1] == ["calm"] for line in lines) == len(heads)


def test_names_are_neither_markup_nor_control_codes() -> None:
    text = "\n".join(shown(eight(HOSTILE, ("[bold]", "\x1b[31m", "c", "d", "e"))))
    for words in ("</style><script>", "[bold]", "überrascht�[31m��{2}", "�[31m"):
        assert words in text, words


def test_a_null_answer() -> None:
    assert "  no answer: neither a face nor a voice to go by" in shown(nothing())
    other = replace(nothing(), branches={"is10": nothing().branches["voice"]}, labels=EIGHT)
    assert "  no answer: nothing to go by" in shown(other)


def models(folders: list[Path] | None) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    show_models(console, folders)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_installed_bundles_are_listed() -> None:
    text = models(None)
    for words in ("default", "angry, disgust, fear, happy, neutral, sad, surprise", "face, voice",
                  "CC BY-NC-SA 4.0", "FER2013 private test: "):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("scored", [True, False])
def test_scores_stand_with_their_stamps(tmp_path: Path, scored: bool) -> None:
    shutil.copytree(default_path(), tmp_path / "[red]mine")
    figures = 96, 0.448, (0.352, 0.547), 0.4, 0.4
    score = card_score("fused [b]", *figures, ByFolds(command="x"), "tuned on report")
    card = {"licence": "trained on clips under: MIT",
            "scores": [msgspec.to_builtins(score)] if scored else []}  # fmt: skip
    (tmp_path / "[red]mine" / "card.json").write_text(json.dumps(card))
    text = models([tmp_path / "[red]mine"])
    assert "[red]mine" in text
    assert "trained on clips under: MIT" in text
    wanted = (
        "fused [b]: 44.8 % (35.2-54.7, n = 96; tuned on report)" if scored else "scores    none"
    )
    assert wanted in text


def told(path: Path) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    show_info(console, str(path))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_still_picture_has_no_length_and_no_rate(tmp_path: Path, suffix: str) -> None:
    text = told(write_picture(tmp_path / f"a{suffix}", 1))
    assert "nothing" not in text
    assert "duration" not in text
    assert "160x160, turned by 0 degrees\n" in text


def test_all_tracks_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        for language, title, flag in (("eng", "Desktop", 0), ("deu", "Mic", 1)):
            audio = out.add_stream("aac", rate=48_000, layout="mono")
            audio.metadata.update({"language": language, "title": title})
            audio.disposition = Disposition(flag)
        for audio in out.streams.audio:
            mux_sound(out, audio, tone(1, 48_000), 48_000, "mono")
    lines = [line.strip() for line in told(path).splitlines()]
    assert "sound 1    aac 48000 Hz, 1 channel, eng, 'Desktop', not read" in lines
    assert "sound 2    aac 48000 Hz, 1 channel, deu, 'Mic', default, read" in lines

"""How right the lines of a conversation are, and how right they are when they are short.

    python benchmarks/lines.py DATA/java_sed [--json reports/lines.json] [--keep FOLDER]

Conversations are made of Java-SED: two actors in turn, twelve clips in a random order, joined as a
film is cut, with subtitles that name the actors. Every clip is in one of them. `mien lines` reads
each; then the same conversations are read with every line cut into halves and quarters, and each
clip is analysed alone. The shipped model learned from these actors, so that only the differences
count.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import OutputContainer

import mien
from mien.core.progress import progress_bar
from mien.evaluation.metrics import wilson
from mien.inference.analysis import observe
from mien.inference.transcript.analyze import lines_of
from mien.inference.transcript.cues import Cue, transcript
from mien.inference.transcript.evidence import evidence_of
from mien.inference.transcript.result import Line
from mien.training.experiment.record import hardware

EMOTIONS = {
    "01": "neutral",
    "02": "sad",
    "03": "happy",
    "04": "surprise",
    "05": "fear",
    "06": "angry",
}
LINES = 12
RATE = 16_000
FPS = Fraction(30000, 1001)


@dataclass(frozen=True)
class Take:
    """One clip of the corpus."""

    path: Path
    actor: str
    emotion: str


@dataclass(frozen=True)
class Spoken:
    """A line with what is right."""

    cue: Cue
    take: Take


def takes(folder: Path) -> list[Take]:
    """All clips with sound and picture."""
    paths = sorted((folder / "video").glob("*.mp4"))
    return [Take(p, p.stem[:2], EMOTIONS[p.stem.split("-")[2][:2]]) for p in paths]


def conversations(every: Sequence[Take], rng: np.random.Generator) -> Iterator[list[Take]]:
    """Every clip in one conversation of two actors; a woman and a man where both are left."""
    actors = sorted({take.actor for take in every})
    pairs = list(zip(actors[: len(actors) // 2], actors[len(actors) // 2 :], strict=True))
    for pair in pairs:
        sides = [[take for take in every if take.actor == actor] for actor in pair]
        for side in sides:
            rng.shuffle(side)  # type: ignore[arg-type]
        half = LINES // 2
        for k in range(0, min(map(len, sides)), half):
            turns = zip(sides[0][k : k + half], sides[1][k : k + half], strict=True)
            yield [take for turn in turns for take in turn]


def film(parts: Sequence[Take], path: Path) -> list[Spoken]:
    """Write a conversation, and tell when each line is spoken."""
    spoken, at = [], 0.0
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "18"})
        video.width, video.height, video.pix_fmt = 360, 270, "yuv420p"
        audio = out.add_stream("flac", rate=RATE, layout="mono")
        for take in parts:
            length = _append(out, take.path, at)
            spoken.append(Spoken(Cue(at, at + length, "line", f"actor {take.actor}"), take))
            at += length
        for stream in (video, audio):
            out.mux(stream.encode(None))
    return spoken


def _append(out: OutputContainer, path: Path, at: float) -> float:
    """One clip after what is there; its length in seconds."""
    video, audio = out.streams.video[0], out.streams.audio[0]
    resampler = AudioResampler("s16", "mono", RATE)
    pictures, sound = 0, []
    first = round(at * FPS)
    with av.open(str(path)) as clip:
        for frame in clip.decode(video=0):
            picture = frame.reformat(360, 270, "yuv420p")
            picture.pts, picture.time_base = first + pictures, 1 / FPS
            out.mux(video.encode(picture))
            pictures += 1
        clip.seek(0)
        for heard in clip.decode(audio=0):
            sound += [part.to_ndarray()[0] for part in resampler.resample(heard)]
    length = float(pictures / FPS)
    wanted = round((at + length) * RATE) - round(at * RATE)
    samples = np.zeros(wanted, np.int16)
    joined = np.concatenate(sound)[:wanted]
    samples[: len(joined)] = joined
    block = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
    block.rate, block.pts, block.time_base = RATE, round(at * RATE), Fraction(1, RATE)
    out.mux(audio.encode(block))
    return length


def split(spoken: Sequence[Spoken], parts: int) -> list[Spoken]:
    """Every line in so many even parts."""
    result = []
    for line in spoken:
        edges = np.linspace(line.cue.start, line.cue.end, parts + 1).tolist()
        for start, end in pairwise(edges):
            result.append(Spoken(Cue(start, end, "line", line.cue.speaker), line.take))
    return result


@dataclass(frozen=True)
class Answered:
    """A line that was answered, and what is right."""

    right: bool
    confidence: float
    reliable: bool
    seconds: float
    same: bool
    """Whether the answer went by the face that is in view."""


def answered(
    lines: Sequence[Line], spoken: Sequence[Spoken], people: dict[int, str]
) -> Iterator[Answered]:
    """Lines beside what is right."""
    for line, truth in zip(lines, spoken, strict=True):
        if line.confidence is not None:
            seconds = truth.cue.end - truth.cue.start
            same = people.get(line.person or 0) == truth.take.actor
            right = line.label == truth.take.emotion
            yield Answered(right, line.confidence, line.reliable, seconds, same)


def row(title: str, answers: Sequence[Answered], n: int) -> dict[str, Any]:
    """One row of the table."""
    right = sum(answer.right for answer in answers)
    sure = [answer for answer in answers if answer.reliable]
    low, high = wilson(right, len(answers))
    return {
        "lines": title,
        "n": n,
        "answered": len(answers),
        "mean_seconds": round(float(np.mean([answer.seconds for answer in answers])), 2),
        "right": round(right / len(answers), 4),
        "interval": [round(low, 4), round(high, 4)],
        "mean_confidence": round(float(np.mean([answer.confidence for answer in answers])), 4),
        "ece": round(ece(answers), 4),
        "reliable": len(sure),
        "reliable_right": (
            round(sum(answer.right for answer in sure) / len(sure), 4) if sure else None
        ),
        "face_of_the_speaker": round(float(np.mean([answer.same for answer in answers])), 4),
    }


def ece(answers: Sequence[Answered], bins: int = 10) -> float:
    """Expected calibration error with bins of equally many answers."""
    order = np.argsort([answer.confidence for answer in answers])
    sure = np.array([answer.confidence for answer in answers])[order]
    right = np.array([answer.right for answer in answers], float)[order]
    gaps = [
        len(part) * abs(sure[part].mean() - right[part].mean())
        for part in np.array_split(np.arange(len(answers)), bins)
        if len(part)
    ]
    return float(sum(gaps) / len(answers))


def alone(every: Sequence[Take], bundle: mien.Bundle) -> Iterator[Answered]:
    """Each clip analysed by itself."""
    for take in every:
        p = mien.analyze(take.path, model=bundle)
        if p.label is not None and p.confidence is not None:
            seconds = float(p.source["duration"])
            yield Answered(p.label == take.emotion, p.confidence, p.reliable, seconds, True)


def seen_by(spoken: Sequence[Spoken], prediction: mien.Prediction) -> dict[int, str]:
    """{person: the actor in view while this face is}."""
    result = {}
    for person in prediction.people:
        middle = float(np.median(person.times))
        actors = [s.take.actor for s in spoken if s.cue.start <= middle < s.cue.end]
        result[person.id] = actors[0] if actors else ""
    return result


def measure(folder: Path, work: Path) -> list[dict[str, Any]]:
    """All rows."""
    bundle, every = mien.load(), takes(folder)
    parts = {"whole": 1, "halves": 2, "quarters": 4}
    answers: dict[str, list[Answered]] = {name: [] for name in parts}
    counts = dict.fromkeys(parts, 0)
    films = list(conversations(every, np.random.default_rng(1)))
    with progress_bar() as bar:
        for number, turns in enumerate(bar.track(films, description="conversations")):
            path = work / f"conversation_{number:02}.mkv"
            spoken = film(turns, path)
            observed = observe(path, bundle, mien.Options())
            prediction = observed.answer(2.0)
            evidence = evidence_of(observed, prediction)
            people = seen_by(spoken, prediction)
            for name, count in parts.items():
                cut = split(spoken, count)
                counts[name] += len(cut)
                text = transcript(name, [line.cue for line in cut])
                lines = lines_of(bundle, evidence, prediction, text).lines
                answers[name] += answered(lines, cut, people)
        apart = list(alone(list(bar.track(every, description="clips")), bundle))
    rows = [row("clips alone", apart, len(every))]
    return rows + [row(f"lines, {name}", answers[name], counts[name]) for name in parts]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="for the conversations")
    args = parser.parse_args()
    with TemporaryDirectory() as scratch:
        work = args.keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        rows = measure(args.folder, work)
    print(
        "| lines | n | answered | mean s | right | mean confidence | ECE | reliable, right of them "
        "| own face |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for entry in rows:
        low, high = entry["interval"]
        sure = "-" if entry["reliable_right"] is None else f"{entry['reliable_right']:.1%}"
        print(
            f"| {entry['lines']} | {entry['n']} | {entry['answered']} | {entry['mean_seconds']} "
            f"| {entry['right']:.1%} ({low:.1%}-{high:.1%}) | {entry['mean_confidence']:.1%} "
            f"| {entry['ece']:.3f} | {entry['reliable']}, {sure} "
            f"| {entry['face_of_the_speaker']:.1%} |"
        )
    if args.json:
        date = datetime.now(UTC).date().isoformat()
        model = mien.load().sha256[:12]
        report = {"date": date, "hardware": hardware(), "model": model, "rows": rows}
        args.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

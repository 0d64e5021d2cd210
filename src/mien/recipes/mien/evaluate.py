"""The scores of the default bundle, each printed by one command and kept in `reports/`.

python -m mien.recipes.mien.evaluate face DATA/fer2013     FER2013 private test and FER+
python -m mien.recipes.mien.evaluate voice                 RAVDESS, unseen actors, stored scores
python -m mien.recipes.mien.evaluate fusion DATA/java_sed  face, voice and fused, by actor folds
python -m mien.recipes.mien.evaluate fusion                the same from the stored scores
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mien.bundle import Bundle, load
from mien.cards import OnPictures
from mien.datasets import fer2013
from mien.datasets.speech_corpora import JAVA_SED_FOLDS, java_sed
from mien.fusion.fit_log_pool import fit_log_pool, temperature
from mien.fusion.log_pool import LogPool, softmax
from mien.labels import EMOTIONS
from mien.metrics import Calibration, Scores, calibration, mcnemar, scores
from mien.verify.pictures import face_encoder, outputs, scores_on_pictures

__all__ = ["FACE", "HARDWARE", "REPORTS", "clip_scores", "fit_on_all", "main"]

REPORTS = Path("reports")
HARDWARE = "4 shared AMD Zen 4 cores, CPU only"

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Clips:
    """Labelled clips with scores of a branch; a row of NaN where the branch was absent."""

    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    labels: Labels
    rows: Rows


def clip_scores(path: Path) -> Clips:
    """Mean log-probabilities per clip from a table of windows or faces."""
    with path.open(newline="") as stream:
        table = list(csv.DictReader(stream))
    ids = sorted({row["id"] for row in table})
    rows = np.full((len(ids), len(EMOTIONS)), np.nan)
    head = {row["id"]: row for row in table}
    for number, name in enumerate(ids):
        mine = [r for r in table if r["id"] == name and r[EMOTIONS.names[0]]]
        if mine:
            rows[number] = np.mean([[float(r[c]) for c in EMOTIONS.names] for r in mine], axis=0)
    labels = np.array([EMOTIONS.index(head[name]["label"]) for name in ids])
    return Clips(tuple(ids), tuple(head[name]["speaker"] for name in ids), labels, rows)


FACE = {
    "FER2013 private test": OnPictures(target="fer2013"),
    "FER2013 private test, flips averaged": OnPictures(target="fer2013", flips=True),
    "FER2013 private test, no copies of training pictures": OnPictures(
        target="fer2013", copies=False
    ),
    "FER+ majority, private test": OnPictures(target="ferplus_majority"),
    "FER+ majority, private test, flips averaged": OnPictures(
        target="ferplus_majority", flips=True
    ),
}
"""How `face` gets its rows; those of the other reports are by folds."""


def face(root: Path) -> dict[str, object]:
    """FER2013 private test (with flips, and without copies of training pictures) and FER+."""
    bundle = load()
    found = scores_on_pictures(bundle, list(FACE.values()), root, lambda *_: None)
    rows = {title: found[how] for title, how in FACE.items()}
    true = {"FER2013 private test": _face_calibration(bundle, root)}
    return _report("face", rows, true, "DATA/fer2013")


def _face_calibration(bundle: Bundle, root: Path) -> Calibration:
    """The private test at the temperature fitted on the public one."""
    run, data = face_encoder(bundle), fer2013.load(root)
    public, private = data["PublicTest"], data["PrivateTest"]
    t = temperature(outputs(run, public.pictures)["fer2013"], public.labels)
    return calibration(private.labels, softmax(outputs(run, private.pictures)["fer2013"] / t))


def voice() -> dict[str, object]:
    """RAVDESS with unseen actors, from the stored out-of-fold scores; Java-SED beside it."""
    rows: dict[str, Scores] = {}
    true: dict[str, Calibration] = {}
    for corpus, name in (("ravdess", "RAVDESS speech"), ("java_sed", "Java-SED sound")):
        clips = clip_scores(REPORTS / f"voice_{corpus}.csv")
        answers = _answers(clips)
        title = f"{name}, unseen actors"
        rows[title] = scores(clips.labels, answers, 7, clips.speakers)
        true[title] = _voice_calibration(clips)
    return _report("voice", rows, true)


def _voice_calibration(clips: Clips) -> Calibration:
    """Each speaker's clips at the temperature fitted on the other speakers."""
    heard = ~np.isnan(clips.rows[:, 0])
    rows, labels = clips.rows[heard], clips.labels[heard]
    speakers, said = np.array(clips.speakers)[heard], np.zeros_like(rows)
    for speaker in np.unique(speakers):
        mine = speakers == speaker
        said[mine] = softmax(rows[mine] / temperature(rows[~mine], labels[~mine]))
    return calibration(labels, said)


def _answers(clips: Clips) -> Labels:
    """The likeliest class; a clip without scores counts with the commonest class, neutral."""
    absent = np.isnan(clips.rows[:, 0])
    return np.where(absent, EMOTIONS.index("neutral"), np.nan_to_num(clips.rows, nan=-99).argmax(1))


def fusion(root: Path | None) -> dict[str, object]:
    """Java-SED video by actor folds: each branch and both, all fitted on the other folds."""
    if root is not None:
        _score_faces(root)
    labels, speakers, parts = _java_sed()
    said: dict[str, Rows] = {
        name: np.zeros((len(labels), 7)) for name in ("face", "voice", "fused")
    }
    for held_out in JAVA_SED_FOLDS:
        test = np.isin(speakers, list(held_out))
        pool = fit_log_pool({b: r[~test] for b, r in parts.items()}, labels[~test])
        given: Mapping[str, Rows] = {b: rows[test] for b, rows in parts.items()}
        for name, wanted in (
            ("face", ["face"]),
            ("voice", ["voice"]),
            ("fused", ["face", "voice"]),
        ):
            result = pool({b: given[b] for b in wanted})
            assert result is not None
            said[name][test] = result
    groups = tuple(speakers.tolist())
    rows = {f"Java-SED, {name}": scores(labels, said[name].argmax(1), 7, groups) for name in said}
    true = {f"Java-SED, {name}": calibration(labels, said[name]) for name in said}
    report = _report("fusion", rows, true)
    right = {name: said[name].argmax(1) == labels for name in said}
    for branch in ("face", "voice"):
        only, other, p = mcnemar(right["fused"], right[branch])
        text = f"only fused right {only}, only {branch} right {other}, McNemar p = {p:.3g}"
        report[f"fused against {branch}"] = text
        Console().print(f"fused against {branch}: {text}")
    report["risk_coverage"] = _risk_coverage(labels, said["fused"])
    report["reliable_from"] = _reliable_from(labels, said["fused"])
    _write("fusion", report)
    return report


def fit_on_all() -> LogPool:
    """The pool that ships: fitted on the held-out scores of all Java-SED clips."""
    labels, _, parts = _java_sed()
    return fit_log_pool(parts, labels)


def _java_sed() -> tuple[Labels, NDArray[np.str_], dict[str, Rows]]:
    """Labels, speakers and both branches' scores of the video clips."""
    seen, heard = (
        clip_scores(REPORTS / "face_java_sed.csv"),
        clip_scores(REPORTS / "voice_java_sed.csv"),
    )
    where = dict(zip(heard.ids, heard.rows, strict=True))
    spoken = np.stack([where[name] for name in seen.ids])
    uniform = np.log(np.full(7, 1 / 7))  # for the few clips with one branch only, in this table
    parts = {
        "face": np.where(np.isnan(seen.rows), uniform, seen.rows),
        "voice": np.where(np.isnan(spoken), uniform, spoken),
    }
    return seen.labels, np.array(seen.speakers), parts


def _score_faces(root: Path) -> None:
    """Run the face branch over the video clips, as `mien.analyze` does, and store the scores."""
    from mien.media import open_media
    from mien.session import Session

    bundle = load()
    rows: list[list[object]] = []
    for one in track([u for u in java_sed(root) if u.video], "faces"):
        session = Session(bundle)
        with open_media(one.path, fps=bundle.fps, max_side=1920) as media:
            for chunk in media.chunks():
                session.push_frames(chunk.frames, chunk.times, chunk.scale)
        session.finish()
        tracks = sorted(session.tracks.values(), key=lambda t: -len(t.times))
        mean = tracks[0].evidence["face"].all() if tracks else None
        values = [""] * 7 if mean is None else np.round(mean.mean, 4).tolist()
        rows.append([one.id, one.speaker, one.label, len(tracks), *values])
    with (REPORTS / "face_java_sed.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "speaker", "label", "tracks", *EMOTIONS.names])
        writer.writerows(rows)


def _risk_coverage(labels: Labels, said: Rows) -> list[dict[str, float | None]]:
    confidence, right = said.max(1), said.argmax(1) == labels
    result: list[dict[str, float | None]] = []
    for least in np.arange(0.2, 0.95, 0.05):
        kept = confidence >= least
        accuracy = float(right[kept].mean()) if kept.any() else float("nan")
        result.append(
            {
                "confidence": round(float(least), 2),
                "coverage": round(float(kept.mean()), 3),
                "accuracy": None if np.isnan(accuracy) else round(accuracy, 3),
            }
        )
    return result


def _reliable_from(labels: Labels, said: Rows) -> float:
    """The lowest confidence, in steps of 0.05, from which two answers in three are right."""
    confidence, right = said.max(1), said.argmax(1) == labels
    for least in np.arange(0.2, 0.95, 0.05):
        kept = confidence >= least
        if kept.any() and right[kept].mean() >= 2 / 3:
            return round(float(least), 2)
    return 0.9


def _report(
    name: str, rows: Mapping[str, Scores], true: Mapping[str, Calibration], *arguments: str
) -> dict[str, object]:
    """Print a table and keep it as `reports/NAME.json`."""
    table = Table(
        "system", "n", "accuracy (95 %)", "UAR (95 % by speaker)", "macro-F1", "ECE (perfect)"
    )
    for title, s in rows.items():
        low, high = (f"{100 * v:.1f}" for v in s.interval)
        spread = (
            ""
            if s.uar_interval is None
            else " ({:.1f}-{:.1f})".format(*(100 * v for v in s.uar_interval))
        )
        c = true.get(title)
        table.add_row(
            title,
            str(s.n),
            f"{100 * s.accuracy:.1f} ({low}-{high})",
            f"{100 * s.uar:.1f}{spread}",
            f"{100 * s.macro_f1:.1f}",
            "" if c is None else f"{c.ece:.3f} ({c.ece_perfect:.3f})",
        )
    Console(width=140).print(table)
    report: dict[str, object] = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": HARDWARE,
        "command": " ".join(["python -m mien.recipes.mien.evaluate", name, *arguments]),
        "rows": {title: _plain(s, true.get(title)) for title, s in rows.items()},
    }
    _write(name, report)
    return report


def _plain(s: Scores, c: Calibration | None) -> dict[str, object]:
    def rounded(values: Iterable[float]) -> list[float | None]:
        return [None if np.isnan(v) else round(float(v), 4) for v in values]

    result: dict[str, object] = {
        "n": s.n,
        "accuracy": round(s.accuracy, 4),
        "interval": rounded(s.interval),
        "uar": round(s.uar, 4),
        "uar_interval": None if s.uar_interval is None else rounded(s.uar_interval),
        "macro_f1": round(s.macro_f1, 4),
        "recalls": rounded(s.recalls),
        "confusion": s.confusion.tolist(),
    }
    if c is not None:
        result |= {"ece": round(c.ece, 4), "ece_perfect": round(c.ece_perfect, 4)}
        result |= {"nll": round(c.nll, 4), "brier": round(c.brier, 4)}
    return result


def _write(name: str, report: Mapping[str, object]) -> None:
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["face", "voice", "fusion"])
    parser.add_argument("root", type=Path, nargs="?")
    options = parser.parse_args()
    if options.what == "face":
        if options.root is None:
            parser.error("face needs DATA/fer2013")
        face(options.root)
    elif options.what == "voice":
        voice()
    else:
        fusion(options.root)


if __name__ == "__main__":
    main()

"""The scores of the default bundle, each printed by one command and kept in `reports/`.

python -m project.bundle.evaluate face DATA/fer2013   FER2013 private test and FER+
python -m project.bundle.evaluate faces DATA          what the face says of corpora it never saw
python -m project.bundle.evaluate voice               speakers and corpora never heard
python -m project.bundle.evaluate fusion              face, voice and both, by actor folds
python -m project.bundle.evaluate transfer            every corpus never seen; the score to raise

`voice`, `fusion` and `transfer` go by stored answers. `--run OUT` works in the folder of a whole
training (`project.bundle.retrain`) in place of the repository.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from mien.data.datasets import fer2013
from mien.evaluation.verify.fusion_rows import against, fusion_rows, fusion_table
from mien.evaluation.verify.pictures import face_encoder, outputs
from mien.evaluation.verify.transfer import Shift, fit_numbers, shifts, unseen
from mien.evaluation.verify.voice_rows import against_before, against_svm, voice_rows
from mien.fusion.fit_log_pool import temperature
from mien.fusion.log_pool import softmax
from mien.inference.bundle import load
from project.bundle.card_pictures import draw_reliability, draw_risk
from project.bundle.face_rows import face_rows
from project.bundle.release_paths import CHECKOUT, ReleasePaths
from project.bundle.rows import Rows, facts, plain, show, write_report

__all__ = ["COMMAND", "face", "faces", "fusion", "main", "transfer", "voice"]

COMMAND = "python -m project.bundle.evaluate"


def face(root: Path, release: ReleasePaths = CHECKOUT) -> None:
    """FER2013 private test (with flips, and without copies of training pictures) and FER+."""
    bundle = load(release.bundle)
    run, splits = face_encoder(bundle), fer2013.load(root)
    public, private = splits["PublicTest"], splits["PrivateTest"]
    t = round(temperature(outputs(run, public.pictures)["fer2013"], public.labels), 4)
    probabilities = softmax(outputs(run, private.pictures)["fer2013"] / t)
    draw_reliability(private.labels, probabilities, release.docs / "reliability.svg")
    rows = face_rows(bundle, root, t)
    _keep("face", rows, release, " DATA/fer2013", {"temperature": t})


def faces(root: Path, release: ReleasePaths = CHECKOUT, jobs: int = 0) -> None:
    """Answers about faces of Java-SED and of Taiwanese performers, for `fusion` and `transfer`."""
    from project.bundle.clip_faces import score_faces

    score_faces(root, release, jobs or os.cpu_count() or 1)


def voice(release: ReleasePaths = CHECKOUT) -> None:
    """Every row of the voice, from the stored scores."""
    more: dict[str, object] = {
        "against openSMILE IS10 and an SVM": against_svm(release.reports),
        **{f"against mien-small-1, {k}": v for k, v in against_before(release.reports).items()},
    }
    _keep("voice", voice_rows(release.reports), release, "", more)


def fusion(release: ReleasePaths = CHECKOUT) -> None:
    """Java-SED video by actor folds: each branch and both, all fitted on the other folds."""
    table = fusion_table(release.reports)
    area, risk = draw_risk(table, "fused", release.docs / "risk_coverage.svg")
    more: dict[str, object] = {
        f"fused against {branch}": against(table, branch) for branch in ("face", "voice")
    }
    unheard = fusion_table(release.reports, "never heard")
    more["fused against voice, corpus never heard"] = against(unheard, "voice")
    more |= {"aurc": round(area, 4), "risk": [round(r, 4) for r in risk]}
    _keep("fusion", fusion_rows(release.reports), release, "", more)


def transfer(release: ReleasePaths = CHECKOUT) -> float:
    """Every corpus never seen or heard, by numbers fitted on the others; gives the mean score.

    The score is the mean accuracy over Java-SED's faces, the performers' faces, the five voices,
    and face and voice of Java-SED by actor folds.
    """
    answers = unseen(release.reports)
    of_corpora = shifts(answers)
    folds = fusion_rows(release.reports)["Java-SED, fused"][0].accuracy
    parts = [s.scores.accuracy for s in of_corpora if s.answers.branches != "face+voice"] + [folds]
    score = float(np.mean(parts))
    rows = {s.title: _plain(s) for s in of_corpora}
    fitted = fit_numbers(answers)
    content = {
        **facts(f"{COMMAND} transfer"),
        "score": round(score, 4),
        "rows": rows,
        "reliable_from": dict(fitted.reliable_from),
        "weights": dict(fitted.pool.weights),
        "temperatures": dict(fitted.pool.temperatures),
    }
    write_report(content, release.reports / "transfer.json")
    _show(of_corpora)
    print_line = Console(highlight=False).print
    print_line(f"mean of the rows of one branch, and of face with voice by folds: {score:.4f}")
    return score


def _plain(shift: Shift) -> dict[str, object]:
    row = plain((shift.scores, shift.calibration))
    sure = {"reliable": shift.reliable, "reliable_right": shift.right}
    return {**row, "among_its_classes": round(shift.among, 6), **sure}


def _show(of_corpora: list[Shift]) -> None:
    table = Table("corpus left out", box=None, pad_edge=False)
    for column in ("n", "accuracy", "among its classes", "UAR", "ECE (perfect)", "reliable, right"):
        table.add_column(column, justify="right")
    for s in of_corpora:
        table.add_row(
            s.title,
            str(s.scores.n),
            f"{100 * s.scores.accuracy:.1f}",
            f"{100 * s.among:.1f}",
            f"{100 * s.scores.uar:.1f}",
            f"{s.calibration.ece:.3f} ({s.calibration.ece_perfect:.3f})",
            f"{s.right} of {s.reliable}",
        )
    Console(width=120).print(table)


def _keep(
    name: str, rows: Rows, release: ReleasePaths, arguments: str, more: dict[str, object]
) -> None:
    """Print a report, and keep it as NAME.json."""
    show(rows)
    console = Console(highlight=False)
    for key, text in more.items():
        if "against" in key:
            console.print(f"{key}: {text}")
    content = {
        **facts(f"{COMMAND} {name}{arguments}"),
        "rows": {t: plain(r) for t, r in rows.items()},
    }
    write_report({**content, **more}, release.reports / f"{name}.json")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["face", "faces", "voice", "fusion", "transfer"])
    parser.add_argument("root", type=Path, nargs="?")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--jobs", "-j", type=int, default=0)
    options = parser.parse_args()
    release = CHECKOUT if options.run is None else ReleasePaths.of_run(options.run)
    if options.what in ("face", "faces") and options.root is None:
        parser.error(f"{options.what} needs the folder of a corpus")
    match options.what:
        case "face":
            face(options.root, release)
        case "faces":
            faces(options.root, release, options.jobs)
        case "voice":
            voice(release)
        case "fusion":
            fusion(release)
        case _:
            transfer(release)


if __name__ == "__main__":
    main()

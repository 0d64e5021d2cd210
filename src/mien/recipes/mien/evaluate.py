"""The scores of the default bundle, each printed by one command and kept in `reports/`.

python -m mien.recipes.mien.evaluate face DATA/fer2013        FER2013 private test and FER+
python -m mien.recipes.mien.evaluate voice                    stored scores of unseen speakers
python -m mien.recipes.mien.evaluate fusion [DATA/java_sed]   face, voice and both, by actor folds
python -m mien.recipes.mien.evaluate clips [DATA]             all clip models, and which one ships
python -m mien.recipes.mien.evaluate papers DATA/java_sed RUN...   beside runs of other recipes

Without DATA, `fusion` and `clips` go by the scores that are stored. `--run OUT` works in the folder
of a `mien train mien --data FOLDER --out OUT` in place of the repository.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console

from mien.bundle import load
from mien.datasets import fer2013
from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.fusion.fit_log_pool import temperature
from mien.fusion.log_pool import softmax
from mien.recipes.mien.card_pictures import draw_reliability, draw_risk
from mien.recipes.mien.clip_choice import Choice
from mien.recipes.mien.clip_data import from_reports
from mien.recipes.mien.clip_report import Facts, clip_report, keep
from mien.recipes.mien.face_rows import face_rows
from mien.recipes.mien.fusion_scores import against, fusion_rows, fusion_table, reliable_from
from mien.recipes.mien.paper_rows import paper_rows
from mien.recipes.mien.place import CHECKOUT, Place
from mien.recipes.mien.rows import Rows, facts, plain, show, write_report
from mien.recipes.mien.voice_scores import against_svm, voice_rows
from mien.recipes.mien.voice_seeds import seeds_say
from mien.verify.pictures import face_encoder, outputs

__all__ = ["SEEDS", "clips", "face", "fusion", "main", "voice"]

COMMAND = "python -m mien.recipes.mien.evaluate"
SEEDS = (0, 1, 2, 3, 4)


def face(root: Path, place: Place = CHECKOUT) -> None:
    """FER2013 private test (with flips, and without copies of training pictures) and FER+."""
    bundle = load(place.bundle)
    run, splits = face_encoder(bundle), fer2013.load(root)
    public, private = splits["PublicTest"], splits["PrivateTest"]
    t = round(temperature(outputs(run, public.pictures)["fer2013"], public.labels), 4)
    said = softmax(outputs(run, private.pictures)["fer2013"] / t)
    draw_reliability(private.labels, said, place.docs / "reliability.svg")
    rows = face_rows(bundle, root, t)
    _keep("face", rows, place, " DATA/fer2013", {"temperature": t})


def voice(place: Place = CHECKOUT) -> None:
    """Every row of the voice, from the stored scores."""
    rows, seeds = voice_rows(place.reports), seeds_say(place.reports)
    against = {"against openSMILE IS10 and an SVM": against_svm(place.reports)}
    _keep("voice", rows, place, "", {**against, "seeds": seeds})
    for title, line in seeds.items():
        Console(highlight=False).print(f"{title}: {line}")


def fusion(root: Path | None, place: Place = CHECKOUT, jobs: int = 0) -> None:
    """Java-SED video by actor folds: each branch and both, all fitted on the other folds."""
    if root is not None:
        from mien.recipes.mien.clip_faces import score_faces

        score_faces(root, place, jobs or os.cpu_count() or 1)
    table = fusion_table(place.reports)
    area, risk = draw_risk(table, "fused", place.docs / "risk_coverage.svg")
    more: dict[str, object] = {
        f"fused against {branch}": against(table, branch) for branch in ("face", "voice")
    }
    more |= {"aurc": round(area, 4), "risk": [round(r, 4) for r in risk]}
    more["reliable_from"] = reliable_from(table)
    _keep("fusion", fusion_rows(place.reports), place, "", more)


def clips(
    root: Path | None,
    place: Place = CHECKOUT,
    jobs: int = 0,
    seeds: tuple[int, ...] = SEEDS,
) -> Choice:
    """All clip models; with the corpora the ones that learn are fitted first.

    Args:
        root: folder with `java_sed` and `fer2013`; None goes by the stored scores.
        place: bundle and reports.
        jobs: clips or fits at a time; 0 is the cores.
        seeds: of the fits.
    """
    if root is not None:
        _fit_clips(root, place, jobs or os.cpu_count() or 1, seeds)
    choice = clip_report(place.reports)
    Console(highlight=False).print(choice.words)
    return choice


def _fit_clips(root: Path, place: Place, jobs: int, seeds: tuple[int, ...]) -> None:
    from mien.recipes.mien.clip_faces import score_faces
    from mien.recipes.mien.clip_fits import Pictures, fit_trained

    bundle = load(place.bundle)
    faces = score_faces(root, place, jobs)
    pictures = Pictures.of(bundle, fer2013.load(root / "fer2013")["PrivateTest"])
    data = from_reports(place.reports, JAVA_SED_FOLDS)
    fits, elsewhere = fit_trained(data, faces, pictures, place, seeds, jobs)
    known = Facts(
        encoder=bundle.spec.files[pictures_encoder(place)],
        numbers=next(iter(fits.values())).numbers,
        without={},
        elsewhere={name: round(share, 4) for name, share in elsewhere.items()},
        alone=round(pictures.alone, 4),
        pictures=len(pictures.labels),
    )
    keep(fits, known, place.reports)


def pictures_encoder(place: Place) -> str:
    """Name of the file with the face encoder of a bundle."""
    streams = load(place.bundle).spec.streams.values()
    return next(s.encoder for s in streams if s.extractor == "faces" and s.encoder)


def papers(root: Path, runs: list[Path], place: Place = CHECKOUT) -> None:
    """The default bundle beside runs of other recipes on the same clips and folds."""
    content = paper_rows(root, runs, place)
    write_report(
        {**facts(f"{COMMAND} papers DATA/java_sed RUN..."), **content},
        place.reports / "papers.json",
    )


def _keep(name: str, rows: Rows, place: Place, arguments: str, more: dict[str, object]) -> None:
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
    write_report({**content, **more}, place.reports / f"{name}.json")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["face", "voice", "fusion", "clips", "papers"])
    parser.add_argument("root", type=Path, nargs="?")
    parser.add_argument("runs", type=Path, nargs="*")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--jobs", "-j", type=int, default=0)
    options = parser.parse_args()
    place = CHECKOUT if options.run is None else Place.of_run(options.run)
    if options.what in ("face", "papers") and options.root is None:
        parser.error(f"{options.what} needs the folder of a corpus")
    match options.what:
        case "face":
            face(options.root, place)
        case "voice":
            voice(place)
        case "fusion":
            fusion(options.root, place, options.jobs)
        case "clips":
            clips(options.root, place, options.jobs)
        case _:
            papers(options.root, options.runs, place)


if __name__ == "__main__":
    main()

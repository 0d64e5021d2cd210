"""The model card, made from the stored reports: card.json in the bundle, and model_card.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from mien.core.atomic import atomic
from mien.core.checked import checked
from mien.errors import UsageError
from mien.evaluation.cards import How, OnCorpus, Stored, clips_sha256, score_text
from mien.evaluation.metrics import scores
from mien.evaluation.verify.clip_scores import clip_means
from mien.inference.bundle import load
from mien.labels import EMOTIONS
from mien.types import Clip
from project.bundle import card_tables as tables
from project.bundle import card_text as text
from project.bundle.evaluate import COMMAND
from project.bundle.face_rows import face_hows
from project.bundle.release_paths import CHECKOUT, ReleasePaths
from project.bundle.rows import plain

__all__ = ["TRAINING", "write"]

TRAINING = "python -m project.bundle.retrain DATA RUN --pretrained FOLDER"

Report = dict[str, Any]


def write(release: ReleasePaths = CHECKOUT) -> None:
    """Write card.json into the bundle, and model_card.md beside its pictures.

    Raises:
        UsageError: a report is missing.
    """
    reports = {name: _read(release, name) for name in ("face", "voice", "fusion", "transfer")}
    bundle = load(release.bundle)
    rows = list(_scores(reports, release))
    card = {"name": bundle.spec.name, "licence": text.LICENCE, "scores": rows}
    with atomic(release.bundle / "card.json") as partial:
        partial.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    page = "\n".join(_page(bundle.spec.name, bundle.size / 1e6, reports, release))
    with atomic(release.docs / "model_card.md") as partial:
        partial.write_text(page, encoding="utf-8")


def _read(release: ReleasePaths, name: str) -> Report:
    path = release.reports / f"{name}.json"
    try:
        report: Report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); make it first") from None
    return report


def _optional(release: ReleasePaths, name: str) -> Report | None:
    return _read(release, name) if (release.reports / f"{name}.json").is_file() else None


def _scores(reports: Mapping[str, Report], release: ReleasePaths) -> Iterator[dict[str, object]]:
    """Every row of every report as `mien.evaluation.cards.CardScore` has it."""
    faces = face_hows(reports["face"]["temperature"])
    for name, report in reports.items():
        for title, row in report["rows"].items():
            provenance: How = faces[title] if name == "face" else _stored(name)
            main = name != "transfer" and tables.is_main(title)
            yield _score(title, row, provenance, main, report["command"])
    row, provenance = _as_shipped(release)
    yield _score(
        "Java-SED, face, as shipped", row, provenance, False, "mien models verify --data DATA"
    )


def _score(
    title: str, row: Mapping[str, Any], provenance: How, main: bool, command: str
) -> dict[str, object]:
    shown = score_text(row["n"], row["accuracy"], row["interval"])
    way = msgspec.to_builtins(provenance)
    return {"name": title, "text": shown, "how": way, "main": main, "command": command, **row}


def _stored(name: str) -> Stored:
    way = {"report": name, "command": f"{COMMAND} {name}", "training": TRAINING}
    return checked(way, Stored)


def _as_shipped(release: ReleasePaths) -> tuple[dict[str, object], OnCorpus]:
    """The face on all clips of Java-SED; without a face the commonest class answers."""
    data, prior = clip_means(release.reports / "face_java_sed.csv"), load(release.bundle).spec.prior
    commonest = int(np.argmax([prior[name] for name in EMOTIONS.names]))
    likeliest = np.nan_to_num(data.rows, nan=-np.inf).argmax(1)
    answers = np.where(np.isnan(data.rows[:, 0]), commonest, likeliest)
    row = plain((scores(data.labels, answers, len(EMOTIONS), data.speakers), None))
    labels = [EMOTIONS.names[column] for column in data.labels]
    clips = clips_sha256(Clip(n, n, label=c) for n, c in zip(data.ids, labels, strict=True))
    return row, OnCorpus(corpus="java_sed", modality="audio-video", clips=clips, branch="face")


def _page(
    name: str, size: float, reports: Mapping[str, Report], release: ReleasePaths
) -> Iterator[str]:
    yield f"# Model card: {name}\n"
    yield "Made by `python -m project.bundle.assemble card` from `reports/`; do not edit.\n"
    yield f"The default bundle: {size:.1f} MB of ONNX, weights under {text.LICENCE}.\n"
    yield f"## Data\n{text.DATA}"
    yield "## Scores\n"
    yield (
        "`mien models verify --data DATA`, run in the repository, works all of these out again: "
        "the face by running the bundle, the rest from stored answers, which "
        f"`{TRAINING}` makes.\n"
    )
    for part in ("face", "voice", "fusion"):
        whole = {t: r for t, r in reports[part]["rows"].items() if not tables.is_group(t)}
        yield f"### {part.capitalize()}\n\n{tables.table(whole)}\n"
        yield f"Printed by {_origin(reports[part])}.\n"
        yield tables.recalls({t: r for t, r in whole.items() if tables.is_main(t)})
        tests = {k: v for k, v in reports[part].items() if "against" in k}
        yield from (
            f"- {title[0].upper()}{title[1:]}: {figures}." for title, figures in tests.items()
        )
        yield ""
    yield from _unsure(reports)
    yield from _groups(reports)
    yield f"## Corpora never seen\n{text.TRANSFER}\n{tables.transfer(reports['transfer'])}\n"
    yield f"Printed by {_origin(reports['transfer'])}. [How far to trust it](trust.md) has more.\n"
    if fer := _optional(release, "fer_network"):
        yield f"## Beside the package `fer`\n\nFER2013 private test.\n\n{tables.fer(fer)}\n"
    yield "## Training\n"
    training = _optional(release, "training") or {}
    yield from (f"- {stage}: {line}" for stage, line in training.items())
    yield text.VOICE
    yield text.READ if release == CHECKOUT else ""
    yield f"## What it is bad at\n{text.LIMITS}"


def _origin(report: Report) -> str:
    return f"`{report['command']}`; {report['date']}, {report['hardware']}"


def _unsure(reports: Mapping[str, Report]) -> Iterator[str]:
    face = reports["face"]["rows"]["FER2013 private test"]
    yield "## Knowing when it does not know\n"
    yield (
        f"Face, FER2013 private test, at the temperature {reports['face']['temperature']:.2f} "
        f"fitted on the public test: ECE {face['ece']:.3f} over 15 bins of equal size, where a "
        f"perfectly calibrated model would show up to {face['ece_perfect']:.3f}.\n"
    )
    yield "![Part right against confidence of the face encoder](reliability.svg)\n"
    least = reports["transfer"]["reliable_from"]
    yield f"Face and voice, Java-SED. {tables.risk(reports['fusion'], least)}\n"
    yield "![Part wrong among the surest answers](risk_coverage.svg)\n"


def _groups(reports: Mapping[str, Report]) -> Iterator[str]:
    rows = {
        f"{part}: {title}": row
        for part in ("voice", "fusion")
        for title, row in reports[part]["rows"].items()
        if tables.is_group(title)
    }
    yield "## Groups\n"
    yield (
        "By sex as the corpora state it, and the actors with the best and the worst recall. By "
        "language: each voice row above is of one corpus. The intervals of groups are wide: a few "
        "actors each.\n"
    )
    yield f"{tables.groups(rows)}\n"

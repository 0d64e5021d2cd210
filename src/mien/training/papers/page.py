"""A paper's tables in Markdown: its numbers beside ours, with n and intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from mien.evaluation.metrics import wilson
from mien.evaluation.reports import Report, SystemReport, build_report, read_run, report_of, words
from mien.evaluation.reports.confusion_text import confusion_text
from mien.evaluation.reports.markdown import plain, table
from mien.evaluation.reports.run_folder import RunFolder
from mien.fusion.diversity import diversity
from mien.training.experiment.record import read_record
from mien.training.papers.losses import curves
from mien.training.papers.printed import CLIPS, Figure, Matrix, Row, counts, matrices, rows, weights

__all__ = ["tables"]

_ONLY, _NOT_YET = "paper only", "not trained"


@dataclass(frozen=True)
class _Result:
    """A run, its report, and the report on the clips that show a face where some do not."""

    run: RunFolder
    report: Report
    faces: Report | None


def tables(recipe: str, runs: Mapping[str, Path]) -> str:
    """All tables of a paper.

    Args:
        recipe: of the paper.
        runs: {"": the run of the recipe, ablation: its run}, the recipe's first, all on the same
            clips; what is not there is said to be so.
    """
    results = {name: _result(path) for name, path in runs.items()}
    parts = [_protocol(result) for result in list(results.values())[:1]]
    parts += [_table(title, lines, results) for title, lines in rows(recipe).items()]
    parts += _weights(recipe, runs)
    parts += _counts(recipe, results)
    if recipe == "resnet_lstm":
        parts += _losses(runs)
    if "" in results:
        parts += [_distances(runs[""], results[""].report)] if recipe == "temporal" else []
        parts += _confusions(recipe, results[""].report)
    return "\n\n".join(parts)


def _result(path: Path) -> _Result:
    run = read_run(path)
    return _Result(run, report_of(run), _with_face(run, path))


def _with_face(run: RunFolder, path: Path) -> Report | None:
    """Figures on the clips that show a face, where some do not and some branch looks at faces."""
    branches = read_record(path)["recipe"]["branches"]
    looks = [
        b
        for b, declared in branches.items()
        if declared["modality"] == "face" and b in run.table.systems
    ]
    if not looks:
        return None
    seen = ~np.all([run.table.absent(b) for b in looks], axis=0)
    if seen.all() or not seen.any():
        return None
    part = run.table.where(seen)
    return build_report(part, title=run.title, stamp=run.stamp, prior=run.prior)


def _protocol(result: _Result) -> str:
    report = result.report
    faces = f" ({result.faces.n} of them show a face)" if result.faces else ""
    text = (
        f"Ours: {words.protocol(report)}{faces}; chance: UAR {words.percent(report.chance)}, the "
        f"commonest class: accuracy {words.percent(report.majority)}. {words.origin(report)}."
    )
    stamp = f" **{words.DAGGER} {plain(report.stamp)}.**" if report.stamp else ""
    return text + stamp


def _table(title: str, lines: list[Row], results: Mapping[str, _Result]) -> str:
    split = any(result.faces for result in results.values())
    head = [title, "paper", "n", "accuracy (95 %)", "UAR (95 %)"]
    head += ["accuracy, clips with a face"] if split else []
    head += ["note"]
    return table(head, [_line(row, results, split) for row in lines])


def _line(row: Row, results: Mapping[str, _Result], split: bool) -> list[str]:
    result = results.get(row.run) if row.system else None
    cells = ["–"] * (4 if split else 3)
    if result is None:
        cells[1] = _NOT_YET if row.system else _ONLY
    else:
        cells = _ours(result, row.system, split)
    paper = "; ".join(_printed(figure) for figure in row.figures) or "–"
    return [plain(row.label), paper, *cells, plain(row.note)]


def _ours(result: _Result, name: str, split: bool) -> list[str]:
    system, stamp = _system(result.report, name), result.report.stamp
    cells = [
        str(system.n),
        f"{words.percent(system.accuracy, stamp)} ({words.interval(system.accuracy_interval)})",
        f"{words.percent(system.uar, stamp)} ({words.interval(system.uar_interval)})",
    ]
    if split:
        faces = result.faces and _system(result.faces, name)
        cells.append(f"{words.percent(faces.accuracy, stamp)}, n {faces.n}" if faces else "all")
    return cells


def _system(report: Report, name: str) -> SystemReport:
    return next(system for system in report.systems if system.name == name)


def _printed(figure: Figure) -> str:
    """A number as the paper has it, with the interval that its clips allow for."""
    name = "UAR " if figure.metric == "UAR" else ""
    text = f"{name}{figure.value:g} {figure.split}".strip()
    if figure.metric == "accuracy" and figure.split in CLIPS:
        n = CLIPS[figure.split]
        text += f" ({words.interval(wilson(figure.value / 100 * n, n))})"
    return text


def _weights(recipe: str, runs: Mapping[str, Path]) -> Iterator[str]:
    """Weights of weighted means: the final ones of our run, and the paper's where it has any."""
    path = runs.get("", Path()) / "fusion" / "final" / "joint.json"
    if "" not in runs or not path.is_file():
        return
    for name, spec in json.loads(path.read_text())["fusions"].items():
        if spec["kind"] != "weighted_mean":
            continue
        theirs = weights(recipe).get(name, {})
        body = [
            [plain(b), f"{theirs[b]:.4f}" if b in theirs else "not printed", f"{w:.2f}"]
            for b, w in spec["weights"].items()
        ]
        yield table([f"Weights of {plain(name)}", "paper", "ours"], body)


def _counts(recipe: str, results: Mapping[str, _Result]) -> Iterator[str]:
    """The paper's clips of each class, and ours."""
    title, classes = counts(recipe)
    if not classes:
        return
    ours = {}
    if "" in results:
        ours = {c.label: c.n for c in results[""].report.systems[0].classes}
    total = sum(ours.values()) or 1
    sums = {split: sum(getattr(c, split) for c in classes) for split in ("train", "val", "test")}
    body = []
    for line in classes:
        cells = [_share(getattr(line, split), sums[split]) for split in sums]
        body.append([line.label, *cells, _share(ours[line.label], total) if ours else "–"])
    body.append(["all", *(str(n) for n in sums.values()), str(sum(ours.values()) or "–")])
    yield table([title, "training", "validation", "test", "ours, reported"], body)


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.1f} %)"


def _losses(runs: Mapping[str, Path]) -> Iterator[str]:
    """Training loss as printed and mended, beside that of saying nothing."""
    body = []
    forms = {"": "as printed", "rates": "only rates mended", "fixed": "FIXED"}
    forms |= {"joint": "as printed", "joint_fixed": "FIXED"}
    for name, words_for in forms.items():
        if name not in runs:
            continue
        for branch, losses in curves(runs[name]).items():
            chosen = [0, len(losses) // 4, len(losses) // 2, len(losses) - 1]
            figures = [f"{losses[k]:.3f}" for k in chosen]
            body.append([f"{plain(branch)}, {words_for}", str(len(losses)), *figures])
    if body:
        yield table(
            ["Training loss, mean of the folds", "epochs", "first", "a quarter", "half", "last"],
            body,
        )
        yield (
            f"Saying each of seven classes alike has the loss ln 7 = {math.log(7):.3f}. A network "
            "that does not learn stays where its random weights put it, there or above."
        )


def _distances(run: Path, report: Report) -> str:
    """How differently each two models err, by which paper 002 (3.4) picks further ones."""
    branches = read_record(run)["recipe"]["branches"]
    models = [system for system in report.systems if system.name in branches]
    pairs = [
        (diversity(a.confusion, b.confusion), f"{plain(a.name)} and {plain(b.name)}")
        for a, b in combinations(models, 2)
    ]
    body = [[pair, f"{distance:.2f}"] for distance, pair in sorted(pairs, reverse=True)]
    return table(["Distance of two models' confusions", "ours"], body)


def _confusions(recipe: str, report: Report) -> Iterator[str]:
    """Each matrix that the paper prints and ours; of papers without one, that of the last step."""
    printed = matrices(recipe)
    for matrix in printed:
        yield f"{plain(matrix.title)}: the paper's\n\n```\n{_matrix(matrix)}\n```"
    names = dict.fromkeys(m.system for m in printed) or _shown(recipe)
    for name in names:
        systems = [system for system in report.systems if system.name == name]
        for system in systems:
            yield f"{plain(name)}: ours\n\n```\n{confusion_text(system)}\n```"


_FIGURES = {
    "cnn_rnn": ("vgg_blstm", "svc", "svm"),  # figures 8, 9 and 10, whose numbers are pictures
    "resnet_lstm": ("concat",),
    "msff": ("four",),  # figure 3
}


def _shown(recipe: str) -> tuple[str, ...]:
    return _FIGURES.get(recipe, ())


def _matrix(matrix: Matrix) -> str:
    names = list(matrix.rows)
    lines = ["  " + "".join(f"{name:>7}" for name in names)]
    for name, row in matrix.rows.items():
        lines.append(f"{name}" + "".join(f"{value:>7g}" for value in row))
    return "\n".join(lines)

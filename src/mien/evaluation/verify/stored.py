"""Recompute scores by folds from stored outputs of their networks (needs the extra `train`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mien.errors import UsageError
from mien.evaluation.cards import CardScore, Stored
from mien.evaluation.metrics import Calibration, Scores
from mien.evaluation.verify.figures import Figures
from mien.evaluation.verify.missing import MissingDataError

__all__ = ["scores_stored"]

Row = tuple[Scores, Calibration | None]
Progress = Callable[[str, int, int], None]


def scores_stored(
    report: str, rows: Sequence[CardScore], reports: Path, progress: Progress
) -> dict[str, Figures]:
    """{title: what the stored answers give} of the rows of one report.

    Args:
        report: its name.
        rows: of the card.
        reports: the repository's folder of that name.

    Raises:
        MissingDataError: the answers are not there, or the extra is not installed.
    """
    progress(f"stored answers: {report}", 0, 0)
    try:
        results = _maker(report)(reports)
    except ImportError as error:
        raise MissingDataError(f"needs '{error.name}': pip install 'mien[train]'") from None
    except (UsageError, FileNotFoundError) as error:
        wanted = next(r.how for r in rows if isinstance(r.how, Stored))
        raise MissingDataError(
            f"the answers of the networks of the folds are stored in the repository ({error}); "
            f"'{wanted.training}' makes them again"
        ) from None
    return {title: Figures(*row) for title, row in results.items()}


def _maker(report: str) -> Callable[[Path], Mapping[str, Row]]:
    if report == "voice":
        from mien.evaluation.verify.voice_rows import voice_rows

        return voice_rows
    if report == "fusion":
        from mien.evaluation.verify.fusion_rows import fusion_rows

        return fusion_rows
    from mien.evaluation.verify.transfer import transfer_rows

    return transfer_rows

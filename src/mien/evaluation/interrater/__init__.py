"""Agreement between raters: chance-corrected for labels, intraclass correlation for numbers.

Every statistic is a function of sums over units (windows, events), so that a bootstrap adds up the
sums of the clips that it draws. numpy alone; what is not defined is NaN.
"""

from __future__ import annotations

from mien.evaluation.interrater.alpha import coincidences, interval_alpha, nominal_alpha
from mien.evaluation.interrater.bootstrap import draws, interval
from mien.evaluation.interrater.icc import absolute_icc, icc_sums
from mien.evaluation.interrater.kappa import agreed, cohen_kappa, confusion, fleiss_kappa

__all__ = [
    "absolute_icc",
    "agreed",
    "cohen_kappa",
    "coincidences",
    "confusion",
    "draws",
    "fleiss_kappa",
    "icc_sums",
    "interval",
    "interval_alpha",
    "nominal_alpha",
]

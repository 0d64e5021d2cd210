"""`mien agree`: how far mien and people who coded the same clips agree, and people with each other.

`join` brings codings and answers together, `compare_raters` compares them; the rest writes it down.
"""

from __future__ import annotations

from mien.evaluation.agree.material import Material, RatedUnit, join
from mien.evaluation.agree.result import ANSWERS, Study
from mien.evaluation.agree.study import compare_raters

__all__ = ["ANSWERS", "Material", "RatedUnit", "Study", "compare_raters", "join"]

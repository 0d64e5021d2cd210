"""Reading what people coded: one format a file, one data class of a coded stretch.

`read_coding` tells the format by itself; `mien agree` and whatever learns from labels read with it.
"""

from __future__ import annotations

from mien.data.coding.clips import ClipNames
from mien.data.coding.mapping import mapped, parse_mapping, unmapped_words
from mien.data.coding.read import SUFFIXES, coding_files, read_coding
from mien.data.coding.stretch import CodedStretch, Coding

__all__ = [
    "SUFFIXES",
    "ClipNames",
    "CodedStretch",
    "Coding",
    "coding_files",
    "mapped",
    "parse_mapping",
    "read_coding",
    "unmapped_words",
]

"""Extractors: a stretch of a file in, `Features` out; one a file."""

from mien.extract.catalog import EXTRACTORS, extractor
from mien.extract.extractor import Extractor

__all__ = ["EXTRACTORS", "Extractor", "extractor"]

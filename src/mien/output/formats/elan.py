"""ELAN annotation format 3.0 (Max Planck Institute for Psycholinguistics, EAFv3.0.xsd)."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from mien.core.atomic import atomic
from mien.core.published import readable
from mien.output.formats.tiers import Tier, plain, tiers
from mien.types import Prediction

__all__ = ["write_eaf", "write_tiers"]

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = "label"


def write_eaf(p: Prediction, path: Path) -> None:
    """Write a tier for the clip, for each branch and for each person; values are plain labels.

    The clip is named by its absolute path and, relative to the file, by its name alone.

    Raises:
        OutputError: the file cannot be written.
    """
    write_tiers(tiers(p), p.source, p.model["name"], path)


def write_tiers(
    tier_list: Sequence[Tier], source: Mapping[str, Any], model: str, path: Path
) -> None:
    """Write tiers of any kind about a clip.

    Args:
        tier_list: in the order that they are shown in.
        source: of the clip, as in `Prediction.source`.
        model: whose opinion they are.
        path: of the file.

    Raises:
        OutputError: the file cannot be written.
    """
    root = Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": plain(f"mien, {model}"),
            "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _XSI,
            "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    _header(root, source, sum(len(tier.runs) for tier in tier_list))
    slots = iter(_slots(root, tier_list))
    annotation = count(1)
    for tier in tier_list:
        box = SubElement(root, "TIER", TIER_ID=tier.name, LINGUISTIC_TYPE_REF=_TYPE)
        for run in tier.runs:
            _annotation(box, next(annotation), next(slots), next(slots), run.label)
    SubElement(
        root,
        "LINGUISTIC_TYPE",
        LINGUISTIC_TYPE_ID=_TYPE,
        TIME_ALIGNABLE="true",
        GRAPHIC_REFERENCES="false",
    )
    indent(root, " ")
    with atomic(path) as part:
        ElementTree(root).write(part, encoding="UTF-8", xml_declaration=True)


def _header(root: Element, source: Mapping[str, Any], annotations: int) -> None:
    header = SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    folder, path = (readable(str(source.get(name) or "")) for name in ("folder", "path"))
    clip = Path(folder, path)
    SubElement(
        header,
        "MEDIA_DESCRIPTOR",
        MEDIA_URL=clip.absolute().as_uri(),
        MIME_TYPE=mimetypes.guess_type(clip.name)[0] or "unknown",
        RELATIVE_MEDIA_URL=f"./{quote(clip.name)}",
    )
    last = SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId")
    last.text = str(annotations)


def _slots(root: Element, tier_list: Sequence[Tier]) -> list[str]:
    """Ids of the starts and ends of all runs, in their order; written in order of time.

    No two annotations share a slot, as in ELAN's own files: it would move both borders at once.
    """
    order = SubElement(root, "TIME_ORDER")
    times = [time for tier in tier_list for run in tier.runs for time in (run.start, run.end)]
    names = [""] * len(times)
    for number, index in enumerate(sorted(range(len(times)), key=lambda k: times[k]), 1):
        names[index] = f"ts{number}"
        value = str(round(times[index] * 1000))
        SubElement(order, "TIME_SLOT", TIME_SLOT_ID=names[index], TIME_VALUE=value)
    return names


def _annotation(tier: Element, number: int, start: str, end: str, label: str) -> None:
    alignable = SubElement(
        SubElement(tier, "ANNOTATION"),
        "ALIGNABLE_ANNOTATION",
        ANNOTATION_ID=f"a{number}",
        TIME_SLOT_REF1=start,
        TIME_SLOT_REF2=end,
    )
    SubElement(alignable, "ANNOTATION_VALUE").text = label

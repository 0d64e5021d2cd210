"""Names of labels, mapped once: what coders wrote to the names of a label set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from mien.data.coding.plain import no_use
from mien.data.coding.stretch import CodedStretch, plain_label
from mien.errors import UsageError
from mien.labels import LabelSet

__all__ = ["Mapped", "mapped", "parse_mapping", "unmapped_words"]

Mapped = Mapping[str, str]
"""{label as coders write it: name, or "" for what counts as not coded}, in lower case."""


def parse_mapping(texts: Iterable[str], option: str = "--map") -> dict[str, str]:
    """What `--map joy=happy,rage=angry` and further ones say; "x=" is for what is no label.

    Args:
        texts: one for each time that the option was given.
        option: its name, for messages.

    Raises:
        UsageError: without "=", or one label mapped to two names.
    """
    result: dict[str, str] = {}
    for text in texts:
        for part in text.split(","):
            old, equals, new = (plain_label(piece) for piece in part.partition("="))
            if not equals or not old:
                raise UsageError(f"{option} {text}: write old name = new name, as in joy=happy")
            if result.get(old, new) != new:
                raise UsageError(f"{option} {text}: '{old}' is mapped to '{result[old]}' already")
            result[old] = new
    return result


def mapped(stretches: Iterable[CodedStretch], mapping: Mapped) -> list[CodedStretch]:
    """Stretches with their labels mapped, without those whose label stands for none."""
    named = (replace(s, label=mapping.get(s.label, s.label)) for s in stretches)
    return [s for s in named if not no_use(s.label)]


def unmapped_words(counts: Mapping[str, int], labels: LabelSet) -> str:
    """One line that lists labels which are not in the set, with how often each was coded."""
    listed = ", ".join(f"'{label}' ({n}{_near(label, labels)})" for label, n in counts.items())
    first = next(iter(counts))
    return (
        f"labels that are none of {', '.join(labels.names)}: {listed}; map them, as in "
        f"--map '{first}={labels.names[0]}', or to nothing, as in --map '{first}='"
    )


def _near(label: str, labels: LabelSet) -> str:
    near = get_close_matches(label, labels.names, 1, 0.75)
    return f"; is it '{near[0]}'?" if near else ""

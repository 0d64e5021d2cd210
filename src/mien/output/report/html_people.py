"""The part of the page about the people."""

from __future__ import annotations

from mien.core.published import data_uri
from mien.output.report.cells import sights
from mien.output.report.chart import clock
from mien.output.report.html_parts import bar, safe
from mien.types import Person, Prediction, Speech

__all__ = ["people_cards"]

_CARDS = 40
_STRETCHES = 3


def people_cards(p: Prediction) -> str:
    """A card for each person: picture, when in view, what they say, what the face alone shows."""
    if not p.people:
        looked = p.size[0] and all(reason.code != "no_face_branch" for reason in p.reasons)
        text = '<section><h2>People</h2><p class="soft">No faces were found.</p></section>'
        return text if looked else ""
    cards = "".join(_card(person, p) for person in p.people[:_CARDS])
    more = len(p.people) - _CARDS
    note = f'<p class="soft">{more} more people are in the JSON output.</p>' if more > 0 else ""
    return f'<section><h2>People</h2><div class="cards">{cards}</div>{note}</section>'


def _card(person: Person, p: Prediction) -> str:
    order = sorted(person.probabilities.items(), key=lambda item: -item[1])
    rows = "".join(
        f'<tr><th scope="row">{safe(name)}</th>{bar(name, person.probabilities, p.labels)}</tr>'
        for name, _ in order
    )
    picture = (
        f'<img class="face" alt="Face of person {person.id}" src="{data_uri(person.thumbnail)}">'
        if person.thumbnail
        else ""
    )
    when = _when(person, float(p.source["duration"]) or None) + _speech(person.speech)
    main = " (main)" if person.id == 1 else ""
    return (
        f'<div class="card">{picture}<div><h3>Person {person.id}{main}</h3>'
        f'<p class="soft">{when}</p><table class="bars">{rows}</table></div></div>'
    )


def _speech(speech: Speech | None) -> str:
    """How long a person speaks, and what their voice shows, alone and with the face."""
    if speech is None:
        return ""
    words = [f"<br>speaks {speech.seconds:.1f} s"]
    each = ("voice", speech.probabilities), ("face and voice", speech.fused)
    for name, probabilities in each:
        if probabilities:
            label = max(probabilities, key=lambda key: probabilities[key])
            words.append(f"{name} {safe(label)} {probabilities[label]:.0%}")
    return ", ".join(words)


def _when(person: Person, end: float | None) -> str:
    stretches = sights(person, 1.0, end)
    words = ", ".join(f"{clock(a)} – {clock(b)}" for a, b in stretches[:_STRETCHES])
    more = len(stretches) - _STRETCHES
    if not stretches:
        words = f"{clock(person.start)} – {clock(person.end)}"
    return f"in view {words}" + (f" and {more} more times" if more > 0 else "")

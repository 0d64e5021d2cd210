"""Whether the page's scripts work out the same as the report does (mien.output.report)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mien.output.report.cells import cells, runs, sights, thin, window_at
from mien.output.report.drawing import box_at
from mien.types import Person, Span
from tests.serve.conftest import Running
from tests.serve.page.conftest import Opens, Page

pytestmark = pytest.mark.external

TIMES = [0.5, 0.7, 1.3, 1.9, 2.6, 2.8]  # with a pause between 1.9 and 2.6
BOXES = [[10.0 * k, 5.0 * k, 10.0 * k + 40, 5.0 * k + 50] for k in range(len(TIMES))]
ENDS = [2.9, 3.3, 4.0]  # before, until and after another sight was to come
PRESENT = [0.9, 0.2, None, None, 0.6, 0.7, 0.4, 0.1, None, 0.3]


@pytest.fixture
def page(opened: Opens, server: Running) -> Page:
    return opened(server.url)


def windows() -> list[Span]:
    """Overlapping windows, some of them without an answer, and a gap between the last two."""
    result = []
    for k, share in enumerate(PRESENT):
        start = 0.5 * k if k < len(PRESENT) - 1 else 9.0
        values = None if share is None else {"happy": share, "sad": 1 - share}
        result.append(Span(start, start + 2, None, values, {}))
    return result


def plain(spans: list[Span]) -> list[dict[str, Any]]:
    return [
        {"start": s.start, "end": s.end, "probabilities": s.probabilities, "branches": {}}
        for s in spans
    ]


def test_boxes(page: Page) -> None:
    boxes = np.array(BOXES, np.float32)
    person = Person(1, 0.5, 2.8, {}, (), np.array(TIMES), boxes, b"")
    at = np.arange(0, 3.5, 0.05).tolist()
    found = page.evaluate(
        """async ([track, at]) => {
             const { boxAt } = await import("/static/tracks.js");
             return at.map((time) => boxAt(track, time));
           }""",
        [{"times": TIMES, "boxes": BOXES}, at],
    )
    wanted = [box_at(person, t) for t in at]
    assert [box is None for box in found] == [box is None for box in wanted]
    pairs = [(a, b) for a, b in zip(found, wanted, strict=True) if b is not None]
    assert 20 < len(pairs) < len(at)
    np.testing.assert_allclose(*zip(*pairs, strict=True), atol=1e-4)


def test_cells_runs_windows_and_sights(page: Page) -> None:
    at = np.arange(-1, 12, 0.1).tolist()
    found = page.evaluate(
        """async ([timeline, at, times, ends]) => {
             const { cells, runs, sights, thin, windowAt } = await import("/static/cells.js");
             const parts = cells(timeline);
             return {cells: parts, runs: runs(parts), thin: thin(parts, 4), sights: sights(times),
                     ended: ends.map((end) => sights(times, 0.6, end)),
                     windows: at.map((time) => windowAt(timeline, time).start)};
           }""",
        [plain(windows()), at, TIMES, ENDS],
    )
    parts = cells(windows())
    assert rounded(found["cells"]) == rounded([vars(cell) for cell in parts])
    assert rounded(found["thin"]) == rounded([vars(cell) for cell in thin(parts, 4)])
    wanted = [vars(run) for run in runs(parts)]
    assert rounded([{name: run[name] for name in wanted[0]} for run in found["runs"]]) == rounded(
        wanted
    )
    assert found["windows"] == [window_at(windows(), t).start for t in at]  # type: ignore[union-attr]
    person = Person(1, 0.5, 2.8, {}, (), np.array(TIMES), np.array(BOXES, np.float32), b"")
    assert [tuple(s) for s in found["sights"]] == sights(person)
    for end, stretches in zip(ENDS, found["ended"], strict=True):
        assert [tuple(s) for s in stretches] == sights(person, end=end)
    assert len({stretches[-1][1] for stretches in found["ended"]}) == len(ENDS)


def test_shares_are_rounded_as_in_the_report(page: Page) -> None:
    shares = [k / 1000 for k in range(1001)]
    script = """async (shares) => {
                  const { percent } = await import("/static/format.js");
                  return shares.map(percent);
                }"""
    assert page.evaluate(script, shares) == [f"{share:.0%}" for share in shares]


def rounded(value: Any) -> Any:
    """Floats to nine digits, at any depth."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 9) if isinstance(value, float | int) else value

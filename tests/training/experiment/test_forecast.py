from __future__ import annotations

from dataclasses import replace

import pytest

from mien.training.experiment.forecast import Forecast, forecast, lines, speed_of
from mien.training.experiment.plan import FitJob, Fold, plan
from mien.training.recipes.catalog import recipe
from mien.training.recipes.size import small
from mien.types import Clip

pytest.importorskip("torch")

CLIPS = tuple(Clip(str(n), f"{n}.avi", label="sad", speaker=f"s{n}") for n in range(8))


def units() -> list[FitJob]:
    return plan(recipe("cnn_rnn"), CLIPS, [Fold(0, tuple(range(6)), (6, 7))], [0])


def test_vgg_16_and_c3d_as_they_are_known() -> None:
    vgg, c3d = forecast(recipe("cnn_rnn"), units(), 7)
    assert (vgg.branch, c3d.branch) == ("vgg", "c3d")
    assert vgg.parameters == 134_289_223
    assert c3d.parameters == pytest.approx(78e6, rel=0.01)
    assert vgg.fits == 4  # one outer, three inner ones
    # 15.5 thousand million products and sums each for a picture of 224 pixels
    pictures = 256 * 10_000
    assert vgg.operations == pytest.approx(4 * pictures * 3 * 2 * 15.5e9, rel=0.02)
    assert vgg.gigabytes == pytest.approx(4 * 134_289_223 * 5 / 1e9)


def test_what_is_taken_over_costs_nothing() -> None:
    copied = [replace(unit, like="other") for unit in units()]
    assert {one.fits for one in forecast(recipe("cnn_rnn"), copied, 7)} == {0}
    assert forecast(recipe("is10_svm"), units(), 7) == []


def test_it_is_said_in_a_few_lines() -> None:
    assert lines([], 1, {}) == []
    costs = [Forecast("vgg", 134_289_223, 2.7, 4, 3.6e17), Forecast("c3d", 10**6, 0.1, 1, 1e9)]
    first, second, whole = lines(costs, 2, {"vgg": 1e13, "c3d": 1e9})
    assert first.endswith("134.3 million parameters, 5.4 GB or more, 4 fits, about 10 h")
    assert second.endswith("about minutes")
    assert "plan: about 10 h in all on " in whole


def test_the_speed_is_that_of_the_network_itself() -> None:
    narrow = small(recipe("cnn_rnn"))
    for branch in ("vgg", "c3d"):
        assert 1e6 < speed_of(narrow, branch, 7) < 1e16

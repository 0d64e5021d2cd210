from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.training.models.mobile_face import MobileNetClassifier
from mien.training.models.vgg import VGG
from mien.training.papers.ablations import ABLATIONS, Ablation, ablated, ablation_of
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import (
    Encoder,
    Recipe,
    Recurrent,
    from_plain,
    override,
    to_plain,
)
from mien.training.recipes.init import with_init
from mien.training.recipes.networks import Vgg
from mien.training.recipes.size import small
from mien.training.schedules import OptimConfig

EVERY = [(paper, one) for paper, many in ABLATIONS.items() for one in many]


def named(paper: str, name: str) -> Recipe:
    how = next(one for one in ABLATIONS[paper] if one.name == name)
    return ablated(paper, recipe(how.of or paper), how)


def recurrent(one: Recipe, branch: str) -> Recurrent:
    model = one.branches[branch].model
    assert isinstance(model, Recurrent)
    return model


def encoder(one: Recipe, branch: str) -> Encoder:
    model = one.branches[branch].model
    assert isinstance(model, Encoder)
    return model


@pytest.mark.parametrize(("paper", "how"), EVERY, ids=lambda one: getattr(one, "name", one))
@pytest.mark.parametrize("little", [False, True])
def test_each_is_a_recipe_with_no_more_than_it_needs(
    paper: str, how: Ablation, little: bool
) -> None:
    whole = recipe(how.of or paper)
    if little and how.name == "fc7":
        with pytest.raises(UsageError, match="no field 'layer'"):  # of a MobileNet
            ablated(paper, small(whole), how)
        return
    made = ablated(paper, small(whole) if little else whole, how)
    assert from_plain(to_plain(made)) == made
    used = set(how.keep) | {made.base(b) for b in made.branches}
    used |= {b for _, of in made.joins.values() for b in of}
    assert set(made.branches) <= used
    assert set(how.keep) == set(how.keep) & {*made.branches, *made.fusions}
    assert made.inner == (whole.inner if made.fusions else 0)
    assert made != whole or how.of != paper
    assert ablation_of(paper, made.name) == how.name


def test_names_of_runs_are_not_mixed_up() -> None:
    assert ablation_of("resnet_lstm", "resnet_lstm_fixed") == "fixed"
    assert ablation_of("resnet_lstm", "resnet_lstm") is None
    assert ablation_of("hybrid", "baseline") == ablation_of("temporal", "baseline") == "baseline"


def test_the_frame_gap_and_end_to_end_of_paper_001() -> None:
    gap1, whole = named("hybrid", "gap1"), recipe("hybrid")
    assert recurrent(whole, "vgg_lstm_own").sampler.step == pytest.approx(8 / 60)
    assert recurrent(gap1, "vgg_lstm_own").sampler.step == pytest.approx(1 / 60, rel=1e-5)
    assert {one.settings["fps"] for one in gap1.branches.values()} == {60.0}
    frozen = named("hybrid", "frozen")
    assert recurrent(whole, "vgg_lstm_own").end_to_end is not None
    assert recurrent(frozen, "vgg_lstm_own").end_to_end is None


def test_windows_and_layers_of_paper_002() -> None:
    whole = encoder(recipe("temporal"), "c3d")
    assert (whole.overlap, whole.windows) == (8, "all")
    assert whole.weighting is not None
    overlaps = {name: encoder(named("temporal", name), "c3d").overlap for name in ("overlap0",)}
    overlaps["overlap15"] = encoder(named("temporal", "overlap15"), "c3d").overlap
    assert overlaps == {"overlap0": 0, "overlap15": 15}
    for name in ("central", "random"):
        one = encoder(named("temporal", name), "c3d")
        assert (one.windows, one.weighting) == (name, None)
    shapes = {
        name: (head.layers, head.bidirectional)
        for name in ("bi1", "uni2", "bi2")
        for head in [recurrent(named("temporal", name), "vgg_lstm")]
    }
    assert shapes == {"bi1": (1, True), "uni2": (2, False), "bi2": (2, True)}


def test_submission_3_has_another_c3d_without_overlap() -> None:
    made = named("temporal", "sub3")
    _, of = made.joins["moddrop"]
    assert of == ("audio", "vgg_lstm", "c3d_lstm", "c3d_lstm_apart")
    assert made.base("c3d_lstm_apart") == "c3d_apart"
    assert encoder(made, "c3d_apart").overlap == 0
    assert encoder(made, "c3d").overlap == 8


@pytest.mark.parametrize(("name", "convolutions"), [("last", 0), ("conv5", 4), ("conv4", 16)])
def test_how_deep_its_small_form_is_unfrozen(name: str, convolutions: int) -> None:
    """Two blocks of two convolutions work on the smallest maps of a MobileNet, six before them."""
    how = next(one for one in ABLATIONS["msff"] if one.name == f"unfreeze_{name}")
    model = encoder(ablated("msff", small(recipe("msff")), how), "vgg")
    net = MobileNetClassifier(7)
    free = [n for n, _ in net.named_parameters() if _factor(model.schooling.fit, f"net.{n}") > 0]
    assert sum(n.endswith("conv.weight") for n in free) == convolutions
    assert sum(n.startswith("classifier") for n in free) == 2
    how = next(one for one in ABLATIONS["msff"] if one.name == "unfreeze_all")
    assert encoder(ablated("msff", small(recipe("msff")), how), "vgg").schooling.fit.rates == ()


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("name", "convolutions"), [("last", 0), ("conv5", 3), ("conv4", 6)])
def test_how_deep_paper_004_is_unfrozen(name: str, convolutions: int, batch_norm: bool) -> None:
    """Counted on the names of the network itself."""
    whole = override(recipe("msff"), f"vgg.model.net.batch_norm={batch_norm}")
    how = next(one for one in ABLATIONS["msff"] if one.name == f"unfreeze_{name}")
    model = encoder(ablated("msff", whole, how), "vgg")
    assert isinstance(model.net, Vgg)
    net = VGG(16, width=1 / 16, size=32, batch_norm=batch_norm)
    free = [n for n, p in net.named_parameters() if _factor(model.schooling.fit, f"net.{n}") > 0]
    shapes = {n: p.ndim for n, p in net.named_parameters()}
    assert sum(shapes[n] == 4 for n in free) == convolutions
    assert sum(n.startswith("classifier") for n in free) == (2 if name == "last" else 6)


def _factor(fit: OptimConfig, name: str) -> float:
    return next((factor for start, factor in fit.rates if name.startswith(start)), 1.0)


def test_another_inception_does_not_start_from_the_weights_of_the_first(tmp_path: Path) -> None:
    declared = with_init(recipe("hybrid"), f"inception={tmp_path}")
    how = next(one for one in ABLATIONS["hybrid"] if one.name == "inception_v2")
    model = ablated("hybrid", declared, how).branches["inception"].model
    assert isinstance(model, Encoder)
    assert model.init == ""

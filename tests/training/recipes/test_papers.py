"""The five papers as declarations: what they print, in small, and with other weights."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.training.recipes.catalog import FIXED, recipe, recipes, source
from mien.training.recipes.declaration import (
    Encoder,
    Mlp,
    Recurrent,
    from_plain,
    override,
    to_plain,
)
from mien.training.recipes.init import with_init
from mien.training.recipes.networks import C3d, CifarResnet, Inception, Resnet, Vgg
from mien.training.recipes.size import STEPS, small

PAPERS = ("cnn_rnn", "hybrid", "temporal", "resnet_lstm", "msff")


def encoder(name: str, branch: str) -> Encoder:
    model = recipe(name).branches[branch].model
    assert isinstance(model, Encoder)
    return model


def recurrent(name: str, branch: str) -> Recurrent:
    model = recipe(name).branches[branch].model
    assert isinstance(model, Recurrent)
    return model


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_survives_json(name: str) -> None:
    one = recipe(name)
    assert from_plain(json.loads(json.dumps(to_plain(one)))) == one
    assert source(name).is_file()


def test_another_version_is_refused_in_one_line() -> None:
    plain = to_plain(recipe("cnn_rnn"))
    plain["branches"]["vgg"]["model"]["net"]["kind"] = "Transformer"
    with pytest.raises(UsageError, match="another version of mien") as caught:
        from_plain(plain)
    assert "\n" not in str(caught.value)


def test_paper_000() -> None:
    vgg, c3d = encoder("cnn_rnn", "vgg"), encoder("cnn_rnn", "c3d")
    assert vgg.schooling.batch == 256
    assert vgg.schooling.fit.epochs * vgg.schooling.fit.steps == 10_000
    assert vgg.schooling.fit.period * vgg.schooling.fit.steps == 4_000
    assert c3d.schooling.fit.epochs * c3d.schooling.fit.steps == 20_000
    assert c3d.schooling.fit.period * c3d.schooling.fit.steps == 5_000
    assert (c3d.schooling.batch, c3d.schooling.fit.rate) == (10, 1e-4)
    head = recurrent("cnn_rnn", "vgg_blstm")
    assert (head.hidden, head.bidirectional, head.dropout, head.sampler.length) == (
        1024,
        True,
        0.85,
        64,
    )


def test_paper_001() -> None:
    head = recurrent("hybrid", "vgg_lstm_own")
    assert (head.hidden, head.uniform, head.sampler.length) == (128, 0.01, 16)
    assert head.sampler.step == pytest.approx(8 / 60)
    assert head.end_to_end is not None
    maps = encoder("hybrid", "inception").schooling
    assert (maps.batch, maps.fit.weight_decay, maps.fit.rate) == (16, 2e-3, 1e-3)
    assert maps.fit.epochs * maps.fit.steps == 10_000
    assert maps.fit.period * maps.fit.steps == 3_000
    assert recurrent("hybrid", "inception_lstm").sampler.length == 8
    assert len(recipe("hybrid").joins["weighted"][1]) == 5


def test_paper_002() -> None:
    vgg, c3d = recurrent("temporal", "vgg_lstm"), recurrent("temporal", "c3d_lstm")
    assert (vgg.hidden, vgg.descriptor, vgg.sampler.length) == (2230, 297, 272)
    assert (c3d.hidden, c3d.descriptor, c3d.sampler.length) == (1324, 304, 34)
    audio = recipe("temporal").branches["audio"].model
    assert isinstance(audio, Mlp)
    assert audio.hidden == (279,)
    assert encoder("temporal", "c3d").weighting is not None
    wanted = {"moddrop", "score_tree", "weighted", "mean", "maximum", "vote", "svm"}
    assert wanted <= set(recipe("temporal").joins)


def test_paper_003_as_printed_and_mended() -> None:
    printed, mended = (
        encoder(n, "frames").schooling.fit for n in ("resnet_lstm", "resnet_lstm_fixed")
    )
    assert 1e-8 <= printed.rate <= 1e-6
    assert mended.rate >= 1e-4
    assert recurrent("resnet_lstm", "frames_lstm").layers == 3


def test_paper_004() -> None:
    head = recurrent("msff", "vgg_blstm")
    assert (head.hidden, head.layers, head.bidirectional, head.sampler.length) == (256, 2, True, 8)
    fit = encoder("msff", "vgg").schooling.fit
    assert (fit.rate, fit.gamma) == (1e-2, 0.95)
    assert fit.rates == (("net.classifier.", 1.0), ("", 0.0))
    assert encoder("msff" + FIXED, "vgg").schooling.fit.rates == ()


@pytest.mark.parametrize("name", PAPERS)
def test_small_is_narrow_and_short_and_nothing_else(name: str) -> None:
    whole, little = recipe(name), small(recipe(name))
    assert little.fusions == whole.fusions
    assert list(little.branches) == list(whole.branches)
    for branch, one in little.branches.items():
        model = one.model
        assert type(model) is type(whole.branches[branch].model)
        if isinstance(model, Encoder | Recurrent | Mlp):
            stages = (model.schooling.fit, *model.schooling.then)
            assert sum(f.epochs * f.steps for f in stages) <= STEPS
        if isinstance(model, Encoder):
            assert isinstance(model.net, CifarResnet) or model.net.width == 1 / 8


def test_a_shortened_fit_goes_as_far() -> None:
    """Steps times rate stays, up to a rate that still trains."""
    whole = encoder("cnn_rnn", "c3d").schooling.fit
    model = small(recipe("cnn_rnn")).branches["c3d"].model
    assert isinstance(model, Encoder)
    fit = model.schooling.fit
    assert fit.rate * fit.epochs * fit.steps == pytest.approx(
        whole.rate * whole.epochs * whole.steps, rel=0.1
    )
    assert fit.period / fit.epochs == pytest.approx(whole.period / whole.epochs)
    literal = small(recipe("resnet_lstm")).branches["frames"].model
    assert isinstance(literal, Encoder)
    assert literal.schooling.fit.rate == 1e-7
    assert math.isclose(math.log(7), 1.946, abs_tol=1e-3)  # where its loss stays


def test_weights_to_start_from(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    one = with_init(recipe("msff"), f"vgg_face={run}")
    model = one.branches["vgg"].model
    assert isinstance(model, Encoder)
    assert model.init == str(run.resolve())
    untouched = one.branches["resnet"].model
    assert isinstance(untouched, Encoder)
    assert untouched.init == ""
    by_branch = with_init(recipe("hybrid"), f"inception={run}").branches["inception"].model
    assert isinstance(by_branch, Encoder)
    assert by_branch.init
    with pytest.raises(UsageError, match="did you mean 'vgg_face'"):
        with_init(recipe("msff"), f"vgg_fase={run}")
    with pytest.raises(UsageError, match="no file or run folder"):
        with_init(recipe("msff"), "c3d=/nowhere")
    with pytest.raises(UsageError, match="NAME=FILE"):
        with_init(recipe("msff"), "c3d")


def test_parts_of_fusions_and_nets_can_be_set() -> None:
    one = override(recipe("cnn_rnn"), "fusions.svm.how.c=1.5")
    assert to_plain(one)["fusions"]["svm"]["how"]["c"] == 1.5
    deeper = override(recipe("cnn_rnn"), "vgg.model.net.layer=fc7").branches["vgg"].model
    assert isinstance(deeper, Encoder)
    assert isinstance(deeper.net, Vgg)
    assert deeper.net.layer == "fc7"
    with pytest.raises(UsageError, match="'svm' is a fusion; go on"):
        override(recipe("cnn_rnn"), "fusions.svm=3")


@pytest.mark.parametrize("net", [Vgg(), Resnet(), Inception(), C3d(), CifarResnet()])
def test_nets_have_the_papers_sizes(net: Vgg | Resnet | Inception | C3d | CifarResnet) -> None:
    assert net.width == 1
    assert net.size == {C3d: 112, CifarResnet: 32}.get(type(net), 224)

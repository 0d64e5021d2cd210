"""The five papers as declarations: what they print, in small, and with other weights."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.fusion.weighted_mean import WeightedMean
from mien.training.papers.printed import weights
from mien.training.recipes.catalog import FIXED, recipe, recipes, source
from mien.training.recipes.declaration import (
    Encoder,
    Mlp,
    Recurrent,
    from_plain,
    override,
    to_plain,
)
from mien.training.recipes.init import demand_starts, with_init
from mien.training.recipes.networks import (
    C3d,
    Changes,
    CifarResnet,
    Inception,
    MobileFace,
    Resnet,
    TrainingConfig,
    Vgg,
)
from mien.training.recipes.size import STEPS, small
from mien.training.schedules import OptimConfig

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


def test_paper_002_on_fer2013() -> None:
    model = encoder("temporal_fer2013", "vgg")
    assert isinstance(model.net, Vgg)
    assert model.net.dropout[1] == 0.95
    assert model.start == "vgg_face"
    assert model.changes.scale > 0
    assert model.changes.flip
    assert model.changes.rotate > 0
    assert recipe("temporal_fer2013").branches["vgg"].settings["every"] == 0


def test_paper_001_on_fer2013_hands_over_to_both_vggs() -> None:
    first = encoder("hybrid_fer2013", "vgg")
    for branch in ("vgg_own", "vgg_given"):
        assert encoder("hybrid", branch).net == first.net
    assert first.schooling.fit.rates == (("net.classifier.6.", 10.0),)


def schools(name: str) -> list[TrainingConfig]:
    models = [branch.model for branch in recipe(name).branches.values()]
    every = [getattr(model, part, None) for model in models for part in ("schooling", "end_to_end")]
    return [school for school in every if school is not None]


@pytest.mark.parametrize("name", [*PAPERS, "msff_all", "hybrid_fer2013", "temporal_fer2013"])
def test_even_batches_and_clipping_are_of_no_paper(name: str) -> None:
    for school in schools(name):
        assert not school.even
        assert not any(fit.clip for fit in (school.fit, *school.then))
    rows = [b for b in recipe(name).branches.values() if b.extractor == "faces"]
    assert all(branch.settings["every"] == 0 for branch in rows)


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
    assert {school.batch for school in schools("msff")} == {8}
    heads = [recurrent("msff", b) for b in recipe("msff").branches if b.endswith("_blstm")]
    assert [head.sampler.length for head in heads] == [8, 8, 8]  # sound too
    assert encoder("msff", "vgg19").changes.rates == (1.0, 0.75, 0.5, 0.25)
    printed = weights("msff")["four"].values()
    assert all(abs(42 * weight - round(42 * weight)) < 0.01 for weight in printed)
    how = recipe("msff").fusions["four"].how
    assert isinstance(how, WeightedMean)
    assert how.step == 1 / 42


def test_submissions_1_and_7_of_paper_004() -> None:
    whole = recipe("msff_all")
    assert encoder("msff_all", "vgg16").start == "vgg16"
    assert encoder("msff_all", "vgg_face2").start == "vgg_face2"
    assert whole.joins["first"][1] == ("vgg16_blstm", "resnet_blstm")
    assert set(whole.joins["seventh"][1]) == {*recipe("msff").joins["five"][1], "vgg_face2_blstm"}


def test_settings_of_an_extractor_are_set_for_all_on_the_encoder() -> None:
    one = override(recipe("hybrid"), "vgg_lstm_own.settings.fps=10")
    assert {b: x.settings.get("fps") for b, x in one.branches.items() if "vgg" in b} == {
        "vgg_own": 10,
        "vgg_lstm_own": 10,
        "vgg_given": 15.0,
        "vgg_lstm_given": 15.0,
    }
    other = override(recipe("cnn_rnn"), "c3d.settings.detector=mtcnn").branches["c3d"].settings
    assert other["detector"] == "mtcnn"
    assert (
        override(recipe("cnn_rnn"), "vgg.settings.colour=no").branches["vgg"].settings["colour"]
        is False
    )
    with pytest.raises(UsageError, match=r"write it as vgg.settings.fps=10"):
        override(recipe("cnn_rnn"), "vgg.settings=3")


def test_a_recipe_of_before_is_the_same_part_for_part() -> None:
    """Fields that came later are not in the plain form, which keys of old fits are made of."""
    school = TrainingConfig(OptimConfig(1, 1))
    assert "even" not in to_plain(school)
    assert to_plain(replace(school, even=False))["even"] is False
    assert not {"scale", "rates"} & set(to_plain(Changes()))


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
            assert getattr(model.net, "width", 1 / 8) == 1 / 8 or isinstance(model.net, CifarResnet)


@pytest.mark.parametrize("name", ["cnn_rnn", "hybrid", "temporal", "msff", "hybrid_fer2013"])
def test_in_small_a_network_that_has_seen_faces_stands_in_for_vgg_face(
    name: str, tmp_path: Path
) -> None:
    whole, little = recipe(name), small(recipe(name))
    faces = [
        b for b in whole.branches if getattr(whole.branches[b].model, "start", "") == "vgg_face"
    ]
    assert faces
    for branch in faces:
        model = little.branches[branch].model
        assert isinstance(model, Encoder)
        assert isinstance(model.net, MobileFace)
        assert model.start == "mobile_face"
        assert {start for start, _ in model.schooling.fit.rates} <= {"net.classifier.", ""}
        built = [b for b in little.branches if little.base(b) == branch]
        sizes = {little.branches[b].settings["size"] for b in (branch, *built)}
        assert min(map(int, sizes)) > model.net.size or name == "hybrid_fer2013"
    given = with_init(little, f"vgg_face={tmp_path}").branches[faces[0]].model
    assert isinstance(given, Encoder)
    assert given.init == str(tmp_path)
    file = tmp_path / "vgg_face_dag.pth"
    file.touch()
    with pytest.raises(UsageError, match="give the folder of a run"):
        with_init(little, f"vgg_face={file}")


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


def test_a_file_for_a_branch_that_starts_from_none_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "bn_inception.pth"
    file.touch()
    with pytest.raises(UsageError, match="'inception' starts from no public weights"):
        with_init(recipe("hybrid"), f"inception={file}")


def test_full_size_asks_for_what_it_starts_from(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--init vgg_face=FILE --init c3d=FILE.*--from-scratch"):
        demand_starts(recipe("temporal"))
    given = with_init(recipe("temporal"), f"vgg_face={tmp_path}")
    with pytest.raises(UsageError, match=r"starts c3d from .* add --init c3d=FILE \("):
        demand_starts(given)
    demand_starts(with_init(given, f"c3d={tmp_path}"))
    demand_starts(recipe("mien"))


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

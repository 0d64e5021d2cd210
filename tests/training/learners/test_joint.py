"""Paper 003 as one network: at the printed rates nothing is learned, mended it is (section 4)."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.one_network import CLASSES, CLIPS, clips, declared, losses, network
from torch import nn

from mien.errors import UsageError
from mien.fusion.concat_mlp import ConcatMlp
from mien.training.learners.joint import JointLearner, _loss, _OneNetwork
from mien.training.learners.mlp import MlpLearner
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import Joined, override


def joint(name: str, **changes: object) -> JointLearner:
    """The parts of a recipe, but with a ResNet of few channels and few units."""
    small = declared(name, {key: str(value) for key, value in changes.items()})
    for change in ("frames.model.net.width=0.25", "frames_lstm.model.hidden=32"):
        small = override(small, change)
    for change in ("audio.model.hidden=32,16", "fusions.joint.how.hidden=64,32"):
        small = override(small, change)
    return network(small)


def mlp(learner: JointLearner) -> MlpLearner:
    part = learner.members["audio"]
    assert isinstance(part, MlpLearner)
    return part


@pytest.mark.parametrize(
    ("optimiser", "rate"), [("sgd", 1e-8), ("sgd", 1e-6), ("adam", 1e-8), ("adam", 1e-6)]
)
def test_at_the_printed_rates_the_loss_stays_at_that_of_saying_nothing(
    optimiser: str, rate: float, tmp_path: Path
) -> None:
    learner = joint("resnet_lstm_joint", optimiser=optimiser, rate=rate, epochs=8)
    found = losses(learner, tmp_path)
    assert np.ptp(found) < 0.08  # what dropout and the order of the clips make of it
    assert found[-1] == pytest.approx(math.log(CLASSES), abs=0.05)


def test_the_recipe_has_a_rate_of_the_paper_and_its_cure_has_another() -> None:
    printed, mended = (
        recipe(f"resnet_lstm_joint{end}").fusions["joint"].how for end in ("", "_fixed")
    )
    assert isinstance(printed, ConcatMlp)
    assert isinstance(mended, ConcatMlp)
    assert (printed.training.optimiser, printed.training.epochs, printed.batch) == ("sgd", 20, 16)
    assert 1e-8 <= printed.training.rate <= 1e-6
    assert mended.training.rate >= 1e-4
    assert printed.together
    assert mended.together


def test_mended_it_learns_what_neither_part_can_tell_alone(tmp_path: Path) -> None:
    learner = joint("resnet_lstm_joint_fixed", epochs=30)
    found = losses(learner, tmp_path)
    assert found[0] > 1.6
    assert found[-1] < 1.1  # half of all units are left out in training
    fused = learner.fused(tmp_path)
    right = dict.fromkeys(("joint", "audio", "frames_lstm"), 0)
    data = clips()
    for place, label in enumerate(data["audio"].labels):
        say = {b: m.predict(data[b].features[place]) for b, m in learner.members.items()}  # type: ignore[attr-defined]
        answer = fused({b: (output.mean, output.descriptor) for b, output in say.items()})
        assert answer is not None
        right["joint"] += answer.argmax() == label
        for branch, output in say.items():
            right[branch] += output.mean.argmax() == label
    assert right["joint"] > 0.7 * CLIPS
    assert 0.2 * CLIPS < right["audio"] < 0.4 * CLIPS  # a part learns to answer by itself too
    assert 0.4 * CLIPS < right["frames_lstm"] < right["joint"]


def test_a_parts_own_answer_sends_nothing_back() -> None:
    """All gradients but those of the own last layers are those of the whole answer alone."""
    learner, data = joint("resnet_lstm_joint"), clips()
    torch.manual_seed(0)
    parts = [m.part(data[b]) for b, m in learner.members.items()]
    tensors = [
        draws(data[b], np.random.default_rng(0), 0)
        for b, (_, draws) in zip(data, parts, strict=True)
    ]
    from mien.fusion.fit_network import Prepared
    from mien.training.models.concat_mlp import ConcatMlpNet

    widths = (16, 32)
    layers = Prepared(ConcatMlpNet(48, CLASSES, (8,), 0.0), widths, CLASSES)
    network = _OneNetwork([module for module, _ in parts], layers).eval()
    given = (torch.ones(CLIPS, 2, dtype=torch.bool), *[t for part in tensors for t in part])
    labels = torch.from_numpy(data["audio"].labels)
    gradients = []
    for own in (True, False):
        network.zero_grad(set_to_none=True)
        whole = _loss(network, (*given, labels))
        alone = nn.functional.cross_entropy(network(*given)[0], labels)
        assert whole.item() == pytest.approx(alone.item())
        (whole if own else alone).backward()
        gradients.append({n: p.grad for n, p in network.named_parameters()})
    heads = [n for n, g in gradients[1].items() if g is None]
    assert sorted(heads) == sorted(
        f"parts.{p}.{kind}"
        for p in ("0.last", "1.head.head.last", "1.encoder.net.linear")
        for kind in ("weight", "bias")
    )
    for name, gradient in gradients[0].items():
        assert gradient is not None, name
        if name not in heads:
            torch.testing.assert_close(gradient, gradients[1][name])


def test_a_clip_without_sound_is_learned_from_by_its_pictures(tmp_path: Path) -> None:
    data = clips()
    silent = [
        replace(f, valid=np.zeros(1, bool)) if k < 3 else f
        for k, f in enumerate(data["audio"].features)
    ]
    data["audio"] = replace(data["audio"], features=tuple(silent))
    learner = joint("resnet_lstm_joint_fixed", epochs=2)
    learner.train(data, tmp_path, 0)
    assert mlp(learner).predict(silent[0]) is None
    fused, say = (
        learner.fused(tmp_path),
        learner.members["frames_lstm"].predict(data["frames_lstm"].features[0]),
    )  # type: ignore[attr-defined]
    answer = fused({"frames_lstm": (say.mean, say.descriptor)})
    assert answer is not None
    assert np.isfinite(answer).all()


def test_what_cannot_be_one_network_is_refused() -> None:
    whole = recipe("resnet_lstm_joint")
    how = whole.fusions["joint"].how
    with pytest.raises(UsageError, match=r"those of fusions\.joint\.how\.training"):
        override(whole, "audio.model.schooling.fit.rate=1")
    assert override(whole, "frames_lstm.model.schooling.drop_rows=0.1") != whole
    with pytest.raises(UsageError, match="only Recurrent and Mlp can"):
        replace(whole, fusions={"joint": Joined(how, ("frames", "audio"))})
    with pytest.raises(UsageError, match="trained together by two fusions"):
        replace(whole, fusions={n: Joined(how, ("frames_lstm", "audio")) for n in ("a", "b")})

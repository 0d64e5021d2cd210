"""A bundle put together from its parts: it loads, and says what its parts say."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.core.hashes import file_sha256  # noqa: E402
from mien.core.runtime import session  # noqa: E402
from mien.data.datasets import fer2013  # noqa: E402
from mien.errors import BundleError, UsageError  # noqa: E402
from mien.evaluation.verify.transfer import fit_numbers, shifts, unseen  # noqa: E402
from mien.fusion.log_pool import softmax  # noqa: E402
from mien.inference.bundle import load  # noqa: E402
from mien.training.models.small_resnet import SmallResNet  # noqa: E402
from mien.training.onnx_export import FaceNet, answer_by  # noqa: E402
from project.bundle import assemble, card, readme  # noqa: E402
from project.bundle.face import RECIPE as FACE  # noqa: E402
from project.bundle.release_paths import ReleasePaths  # noqa: E402
from tests.project.bundle.made import made_answers  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]


def spec_of(place: ReleasePaths) -> dict[str, object]:
    found: dict[str, object] = json.loads((place.bundle / "bundle.json").read_text())
    return found


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["assemble", *map(str, words)])
    assemble.main()


@pytest.mark.slow
@torch.no_grad()
def test_the_face_says_what_the_trained_network_says(
    run: ReleasePaths, made_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, weights = ReleasePaths.of_run(tmp_path / "new"), run.docs / "face" / "face.pt"
    call(monkeypatch, "face", weights, made_data / "fer2013", "--run", place.docs)
    face = SmallResNet(FACE.width, FACE.blocks)
    face.load_state_dict(torch.load(weights, weights_only=True))
    pictures = fer2013.load(made_data / "fer2013")["PrivateTest"].pictures
    expected = FaceNet(face.eval()).eval()(torch.from_numpy(pictures))[0].numpy()
    names = ["fer2013", "log_probs"]
    logits, found = session(place.bundle / "face.onnx").run(names, {"crops": pictures})
    assert np.abs(logits - expected).max() < 0.02  # int8
    alike = np.corrcoef((logits - logits.mean(0)).ravel(), (expected - expected.mean(0)).ravel())
    assert alike[0, 1] > 0.9
    np.testing.assert_allclose(np.exp(found), softmax(logits), atol=1e-5)  # six a class


def test_the_prior_is_of_the_training_pictures(
    run: ReleasePaths, made_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = fer2013.load(made_data / "fer2013")["Training"]
    labels = np.repeat(np.arange(7), [12, 6, 6, 6, 6, 6, 0])
    shares = assemble.prior_of_faces(replace(training, labels=labels))
    np.testing.assert_allclose(shares * 7, [2, 1, 1, 1, 1, 1, 0])

    def said() -> np.ndarray:
        found = session(run.bundle / "face.onnx").run(None, {"crops": training.pictures[:4]})
        return np.concatenate(found, axis=1)

    answer_by(run.bundle / "face.onnx", "fer2013", np.arange(1, 8) / 28)  # another prior
    moved = said()
    call(monkeypatch, "reading", made_data / "fer2013", "--run", run.docs)
    even = said()
    np.testing.assert_allclose(moved[:, 7:], even[:, 7:], atol=1e-6)
    apart = moved[:, :7] - even[:, :7] + 0.5 * np.log(np.arange(1, 8))
    np.testing.assert_allclose(apart, np.repeat(apart[:, :1], 7, 1), atol=1e-5)


def test_the_voice_and_its_answers_are_taken_from_its_training(
    run: ReleasePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, made = ReleasePaths.of_run(tmp_path / "new"), run.docs / "voice"
    call(monkeypatch, "voice", made, "--run", place.docs)
    assert (place.bundle / "voice.onnx").read_bytes() == (made / "voice.onnx").read_bytes()
    assert len(list(made.glob("voice_*.csv"))) == 9
    for path in made.glob("voice_*.csv"):
        assert (place.reports / path.name).read_bytes() == path.read_bytes()


def test_logs_of_the_face_are_kept(run: ReleasePaths, tmp_path: Path) -> None:
    place = ReleasePaths.of_run(tmp_path / "new")
    assemble.logs(run.docs, place)
    assert (place.reports / "logs" / "face" / "stage_1.csv").is_file()
    lines = json.loads((place.reports / "training.json").read_text())
    assert list(lines) == ["face, stage 1"]
    assert "epoch 0 kept, the best by loss" in lines["face, stage 1"]
    assert "seed 7" in lines["face, stage 1"]


def test_the_fitted_pool_answers_as_its_numbers_say(
    run: ReleasePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_answers(run.reports)
    call(monkeypatch, "numbers", "--run", run.docs)
    spec, bundle = spec_of(run), load(run.bundle)
    assert spec["name"] == assemble.NAME
    fitted = fit_numbers(unseen(run.reports))
    assert bundle.spec.reliable_from == fitted.reliable_from
    fused = spec["fusion"]
    assert isinstance(fused, dict)
    weights, temperatures = fused["weights"], fused["temperatures"]
    assert sum(weights.values()) == pytest.approx(1)
    assert temperatures == {k: round(t, 4) for k, t in fitted.pool.temperatures.items()}
    for branch in ("face", "voice"):
        assert bundle.spec.branches[branch].temperature == temperatures[branch]
    answers = unseen(run.reports)[-1]
    face, voice = answers.parts["face"][3], answers.parts["voice"][3]
    mixed = weights["face"] * face + weights["voice"] * voice
    np.testing.assert_allclose(
        bundle.fused({"face": (face, None), "voice": (voice, None)}),
        softmax(mixed / temperatures["face+voice"]),
        atol=1e-6,
    )
    np.testing.assert_allclose(
        bundle.fused({"face": (None, None), "voice": (voice, None)}),
        softmax(voice / temperatures["voice"]),
        atol=1e-6,
    )


def test_a_new_fit_counts_what_is_below_and_keeps_what_was_measured(
    run: ReleasePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {**spec_of(run), "ranges": {"dark": 12.5}, "below": {"right": 0.25, "n": 8}}
    (run.bundle / "bundle.json").write_text(json.dumps(spec))
    made_answers(run.reports)
    call(monkeypatch, "numbers", "--run", run.docs)
    found = load(run.bundle).spec
    assert found.ranges.dark == 12.5
    count = right = 0
    for one in shifts(unseen(run.reports)):
        count += one.scores.n - one.reliable
        right += round(one.scores.accuracy * one.scores.n) - one.right
    assert found.below is not None
    assert (found.below.right, found.below.n) == (round(right / count, 4), count)
    assert count > 50


def test_a_changed_part_is_noticed(run: ReleasePaths) -> None:
    names = ("face.onnx", "voice.onnx")
    assert spec_of(run)["files"] == {name: file_sha256(run.bundle / name) for name in names}
    data = bytearray((run.bundle / "voice.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (run.bundle / "voice.onnx").write_bytes(data)
    with pytest.raises(BundleError, match=r"voice\.onnx: changed since the bundle was made"):
        load(run.bundle)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReleasePaths:
    """A repository of its own, as the commands see it that are run from its root."""
    place = ReleasePaths(
        *(tmp_path / "checkout" / name for name in ("bundle", "reports", "docs", "work"))
    )
    place.docs.mkdir(parents=True)
    shutil.copyfile(ROOT / "README.md", place.docs.parent / "README.md")
    place.reports.mkdir()
    for name in ("speed.json", "speaking.json"):
        shutil.copyfile(ROOT / "reports" / name, place.reports / name)
    for module in (assemble, card, readme):
        monkeypatch.setattr(module, "CHECKOUT", place)
    monkeypatch.chdir(place.docs.parent)
    return place


def test_what_a_whole_training_made_is_taken_over(
    run: ReleasePaths, checkout: ReleasePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run.docs / "retrain.json").write_text('{"quick": false}')
    call(monkeypatch, "take", run.docs)
    assert load(checkout.bundle).sha256 == load(run.bundle).sha256
    for name in ("face.json", "transfer.json", "voice_java_sed.csv"):
        assert (checkout.reports / name).read_bytes() == (run.reports / name).read_bytes()
    assert {path.name for path in checkout.docs.iterdir()} == {
        "model_card.md",
        "reliability.svg",
        "reliability_unseen.svg",
        "risk_coverage.svg",
        "trust.md",
    }
    report = json.loads((checkout.reports / "fusion.json").read_text())
    row = report["rows"]["Java-SED, fused"]
    assert (
        f"| both | new people, their voices' corpus known | {row['n']} |"
        in Path("README.md").read_text()
    )
    page = (checkout.docs / "model_card.md").read_text()
    assert page.startswith("# Model card: mien-quick-try")

    row["n"] = 7777
    (checkout.reports / "fusion.json").write_text(json.dumps(report))
    call(monkeypatch, "card")
    assert (
        "| both | new people, their voices' corpus known | 7777 |" in Path("README.md").read_text()
    )
    assert "| Java-SED, fused | 7777 |" in (checkout.docs / "model_card.md").read_text()


def test_the_card_of_a_run_leaves_the_checkout_alone(
    run: ReleasePaths, checkout: ReleasePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("README.md").read_text()
    (run.docs / "model_card.md").unlink()
    call(monkeypatch, "card", "--run", run.docs)
    assert (run.docs / "model_card.md").is_file()
    assert Path("README.md").read_text() == before
    assert not list(checkout.docs.iterdir())


def test_what_must_not_ship_is_refused(run: ReleasePaths, checkout: ReleasePaths) -> None:
    with pytest.raises(UsageError, match=r"was a quick try with a few steps; it must not ship$"):
        assemble.take(run.docs)
    (run.docs / "model_card.md").unlink()
    with pytest.raises(UsageError, match=r"not a finished 'python -m project\.bundle\.retrain'$"):
        assemble.take(run.docs)
    assert not checkout.bundle.exists()


def test_the_command_wants_its_paths(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, wanted in ((["face", "a"], "face needs 2 paths"), (["card", "a"], "0 paths")):
        with pytest.raises(SystemExit, match="2"):
            call(monkeypatch, *words)
        assert wanted in capsys.readouterr().err

"""A bundle put together from its parts: it loads, and says what its parts say."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.bundle import load  # noqa: E402
from mien.datasets import fer2013  # noqa: E402
from mien.datasets.speech_corpora import JAVA_SED_FOLDS  # noqa: E402
from mien.errors import BundleError, UsageError  # noqa: E402
from mien.export import FaceNet, sha256  # noqa: E402
from mien.features.speech_functionals import SIZE  # noqa: E402
from mien.fusion.log_pool import softmax  # noqa: E402
from mien.models.small_resnet import SmallResNet  # noqa: E402
from mien.recipes.mien import assemble, card, readme  # noqa: E402
from mien.recipes.mien.clip_data import from_reports  # noqa: E402
from mien.recipes.mien.face import RECIPE as FACE  # noqa: E402
from mien.recipes.mien.place import Place  # noqa: E402
from mien.recipes.mien.voice_fit import network as voice_network  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]


def spec_of(place: Place) -> dict[str, object]:
    found: dict[str, object] = json.loads((place.bundle / "bundle.json").read_text())
    return found


def fit_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["assemble", "fusion", "--run", str(place.docs)])
    assemble.main()


def choose(place: Place, name: str) -> None:
    path = place.reports / "clip_models.json"
    report = json.loads(path.read_text())
    report["choice"]["ships"] = name
    path.write_text(json.dumps(report))


@torch.no_grad()
def test_the_encoders_say_what_the_trained_networks_say(
    run: Place, made_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place.of_run(tmp_path / "new")
    paths = [run.docs / "face" / "face.pt", run.docs / "voice" / "final" / "voice.pt"]
    asked = ["assemble", "parts", *paths, made_data / "fer2013", "--run", place.docs]
    monkeypatch.setattr(sys, "argv", [str(one) for one in asked])
    assemble.main()
    bundle = load(place.bundle)
    assert (bundle.spec.name, bundle.labels) == (assemble.NAME, load().labels)

    face, voice = SmallResNet(FACE.width, FACE.blocks), voice_network()
    face.load_state_dict(torch.load(paths[0], weights_only=True))
    voice.load_state_dict(torch.load(paths[1], weights_only=True))
    pictures = fer2013.load(made_data / "fer2013")["PrivateTest"].pictures
    expected = FaceNet(face.eval()).eval()(torch.from_numpy(pictures))[0].numpy()
    found = bundle.encode("face", pictures)[:, -7:]
    assert np.abs(found - expected).max() < 0.02  # int8
    alike = np.corrcoef((found - found.mean(0)).ravel(), (expected - expected.mean(0)).ravel())
    assert alike[0, 1] > 0.9
    rows = np.random.default_rng(0).normal(size=(5, SIZE)).astype(np.float32)
    expected = voice.eval()(torch.from_numpy(rows))[0].numpy()
    np.testing.assert_allclose(bundle.encode("voice", rows)[:, -7:], expected, atol=2e-3)
    assert np.ptp(expected, axis=0).max() > 0.05

    fused = bundle.fused({"face": (found[0], None), "voice": (expected[0], None)})
    np.testing.assert_allclose(fused, softmax((found[0] + expected[0]) / 2), atol=1e-6)


def test_the_fitted_pool_answers_as_its_numbers_say(
    run: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(run, "log-opinion pool")
    fit_again(run, monkeypatch)
    spec, bundle = spec_of(run), load(run.bundle)
    assert spec["name"] == "mien-quick-try"
    fused = spec["fusion"]
    assert isinstance(fused, dict)
    weights, temperatures = fused["weights"], fused["temperatures"]
    assert sum(weights.values()) == pytest.approx(1)
    for branch in ("face", "voice"):
        assert bundle.spec.branches[branch].temperature == temperatures[branch]
    data = from_reports(run.reports, JAVA_SED_FOLDS)
    face, voice = data.parts["face"][3], data.parts["voice"][3]
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


def test_what_was_chosen_is_what_ships(run: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {}
    for name in ("log-opinion pool", "weighted mean", "mean"):
        choose(run, name)
        fit_again(run, monkeypatch)
        kinds[name] = load(run.bundle).spec.fusion["kind"]
    assert kinds == {
        "log-opinion pool": "log_pool",
        "weighted mean": "weighted_mean",
        "mean": "mean",
    }
    choose(run, "LSTM")
    before = (run.bundle / "bundle.json").read_bytes()
    with pytest.raises(UsageError, match=r"clip_models\.json: 'LSTM' was chosen"):
        assemble.fusion(run)
    assert (run.bundle / "bundle.json").read_bytes() == before


def test_a_new_fit_takes_the_confidence_and_keeps_what_was_measured(
    run: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {**spec_of(run), "ranges": {"dark": 12.5}, "below": {"right": 0.25, "n": 8}}
    (run.bundle / "bundle.json").write_text(json.dumps(spec))
    report = json.loads((run.reports / "fusion.json").read_text())
    (run.reports / "fusion.json").write_text(json.dumps({**report, "reliable_from": 0.55}))
    fit_again(run, monkeypatch)
    found = load(run.bundle).spec
    assert found.reliable_from == 0.55
    assert found.ranges.dark == 12.5
    assert found.below is not None
    assert (found.below.right, found.below.n) == (0.25, 8)


def test_a_changed_part_is_noticed(run: Place) -> None:
    names = ("face.onnx", "voice.onnx")
    assert spec_of(run)["files"] == {name: sha256(run.bundle / name) for name in names}
    data = bytearray((run.bundle / "voice.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (run.bundle / "voice.onnx").write_bytes(data)
    with pytest.raises(BundleError, match=r"voice\.onnx: changed since the bundle was made"):
        load(run.bundle)


def test_answers_of_the_voice_and_all_logs_are_kept(run: Place, tmp_path: Path) -> None:
    place = Place.of_run(tmp_path / "new")
    assemble.answers(run.docs, place)
    for path in (run.docs / "voice").glob("voice_*.csv"):
        assert (place.reports / path.name).read_bytes() == path.read_bytes()
    assert (place.reports / "voice_java_sed.csv").is_file()
    assert (place.reports / "logs" / "face" / "stage_1.csv").is_file()
    assert (place.reports / "logs" / "voice" / "final.csv").is_file()
    lines = json.loads((place.reports / "training.json").read_text())
    assert list(lines) == ["face, stage 1", "voice, final"]
    assert "epoch 0 kept, the best by loss" in lines["face, stage 1"]
    assert "seed 7" in lines["voice, final"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A repository of its own, as the commands see it that are run from its root."""
    place = Place(*(tmp_path / "checkout" / name for name in ("bundle", "reports", "docs", "work")))
    place.docs.mkdir(parents=True)
    shutil.copyfile(ROOT / "README.md", place.docs.parent / "README.md")
    place.reports.mkdir()
    for name in ("speed.json", "memory.json"):
        shutil.copyfile(ROOT / "reports" / name, place.reports / name)
    for module in (assemble, card, readme):
        monkeypatch.setattr(module, "CHECKOUT", place)
    monkeypatch.chdir(place.docs.parent)
    return place


def test_what_a_whole_training_made_is_taken_over(
    run: Place, checkout: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run.docs / "retrain.json").write_text('{"quick": false}')
    monkeypatch.setattr(sys, "argv", ["assemble", "take", str(run.docs)])
    assemble.main()
    assert load(checkout.bundle).sha256 == load(run.bundle).sha256
    for name in ("face.json", "scores/clip_models.csv", "voice_java_sed.csv"):
        assert (checkout.reports / name).read_bytes() == (run.reports / name).read_bytes()
    assert {path.name for path in checkout.docs.iterdir()} == {
        "model_card.md",
        "reliability.svg",
        "risk_coverage.svg",
    }
    assert "| Java-SED, fused | 24 |" in Path("README.md").read_text()
    page = (checkout.docs / "model_card.md").read_text()
    assert page.startswith("# Model card: mien-quick-try")

    report = json.loads((checkout.reports / "fusion.json").read_text())
    report["rows"]["Java-SED, fused"]["n"] = 7777
    (checkout.reports / "fusion.json").write_text(json.dumps(report))
    monkeypatch.setattr(sys, "argv", ["assemble", "card"])
    assemble.main()
    assert "| Java-SED, fused | 7777 |" in Path("README.md").read_text()
    assert "| Java-SED, fused | 7777 |" in (checkout.docs / "model_card.md").read_text()


def test_what_must_not_ship_is_refused(run: Place, checkout: Place) -> None:
    with pytest.raises(UsageError, match=r"was a quick try with a few steps; it must not ship$"):
        assemble.take(run.docs)
    (run.docs / "model_card.md").unlink()
    with pytest.raises(UsageError, match=r"not a finished 'mien train mien --data FOLDER'$"):
        assemble.take(run.docs)
    assert not checkout.bundle.exists()


def test_the_command_wants_its_paths(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, wanted in ((["parts", "a"], "parts needs 3 paths"), (["card", "a"], "0 paths")):
        monkeypatch.setattr(sys, "argv", ["assemble", *words])
        with pytest.raises(SystemExit, match="2"):
            assemble.main()
        assert wanted in capsys.readouterr().err

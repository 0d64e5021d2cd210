"""Put the default bundle together from the trained parts, fit the fusion, write the card.

python -m mien.recipes.mien.assemble parts FACE_PT VOICE_PT DATA/fer2013   networks -> the bundle
python -m mien.recipes.mien.assemble answers RUN              answers of the voices, and the logs
python -m mien.recipes.mien.assemble fusion                   fitted numbers from `reports/`
python -m mien.recipes.mien.assemble card                     card.json, docs/model_card.md, README
python -m mien.recipes.mien.assemble take OUT                 what a `mien train mien` made

`--run OUT` works in the folder of a `mien train mien --data FOLDER --out OUT`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from mien.atomic import atomic
from mien.bundle_spec import FORMAT
from mien.datasets import fer2013
from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.errors import UsageError
from mien.export import export_face, export_voice, sha256
from mien.fusion.log_opinion import FusedLogPool
from mien.lab.joint import fit_joint
from mien.labels import EMOTIONS
from mien.models.small_resnet import SmallResNet
from mien.recipes.mien import card, readme
from mien.recipes.mien.clip_data import from_reports
from mien.recipes.mien.clip_models import FIXED_POOLS, joining
from mien.recipes.mien.face import RECIPE as FACE
from mien.recipes.mien.place import CHECKOUT, Place
from mien.recipes.mien.rows import write_report
from mien.recipes.mien.training_log import keep_logs, summary
from mien.recipes.mien.voice_fit import network as voice_network

__all__ = ["NAME", "answers", "fusion", "main", "parts", "take"]

NAME = "mien-small-1"
_RANGES = 1024  # pictures that are enough for the ranges of activations
_FILES = ("face.onnx", "voice.onnx")
_MEASURED = ("ranges", "below")  # by `mien.recipes.mien.ranges`, kept until that runs again


def parts(
    face: Path, voice: Path, pictures: Path, place: Place = CHECKOUT, name: str = NAME
) -> None:
    """Export both networks and write a bundle with an unfitted pool.

    Args:
        face, voice: weights, as the trainings of these parts write them.
        pictures: FER2013, whose training pictures set the ranges of the int8 steps.
        place: whose bundle is written.
        name: of the bundle.
    """
    net = SmallResNet(FACE.width, FACE.blocks)
    net.load_state_dict(torch.load(face, weights_only=True))
    speech = voice_network()
    speech.load_state_dict(torch.load(voice, weights_only=True))
    place.bundle.mkdir(parents=True, exist_ok=True)
    training = fer2013.load(pictures)["Training"].pictures
    some = training[:: max(1, len(training) // _RANGES)]
    export_face(net.eval(), place.bundle / "face.onnx", some)
    export_voice(speech.eval(), place.bundle / "voice.onnx")
    even = {"face": 0.5, "voice": 0.5}
    ones = {"face": 1.0, "voice": 1.0, "face+voice": 1.0}
    pool = FusedLogPool(("face", "voice"), len(EMOTIONS), even, ones)
    _write(place, name, ones, pool.save(place.bundle), 0.5)


def answers(run: Path, place: Place = CHECKOUT) -> None:
    """What the voice networks of the folds said, and what all logs say, into the reports.

    Args:
        run: with the folders `face` and `voice` of the trainings.
        place: whose reports.
    """
    place.reports.mkdir(parents=True, exist_ok=True)
    for path in (run / "voice").glob("voice_*.csv"):
        shutil.copyfile(path, place.reports / path.name)
    lines: dict[str, str] = {}
    for part in ("face", "voice"):
        lines |= {f"{part}, {name}": line for name, line in summary(run / part).items()}
        keep_logs(run / part, place.reports / "logs" / part)
    write_report(lines, place.reports / "training.json")


def fusion(place: Place = CHECKOUT) -> None:
    """Fit the clip model that was chosen on the held-out scores of all Java-SED clips.

    Raises:
        UsageError: a trained clip model was chosen, for which the bundle has no place yet.
    """
    choice = json.loads((place.reports / "clip_models.json").read_text())["choice"]["ships"]
    if choice not in FIXED_POOLS:
        raise UsageError(
            f"{place.reports / 'clip_models.json'}: '{choice}' was chosen; its network has to be "
            "trained on all clips and written into the bundle, which 'assemble fusion' does not do"
        )
    data = from_reports(place.reports, JAVA_SED_FOLDS)
    with TemporaryDirectory() as scratch:
        joint = fit_joint(
            joining({choice: FIXED_POOLS[choice]}),
            data.encoded(),
            data.labels,
            data.fold,
            0,
            Path(scratch),
        )
    reliable = json.loads((place.reports / "fusion.json").read_text())["reliable_from"]
    name = json.loads((place.bundle / "bundle.json").read_text())["name"]
    _write(place, name, joint.temperatures, joint.specs[choice], reliable)


def _write(
    place: Place,
    name: str,
    temperatures: Mapping[str, float],
    fused: Mapping[str, object],
    reliable_from: float,
) -> None:
    """Write `bundle.json`."""
    share = round(1 / len(EMOTIONS), 6)
    spec = {
        "format": FORMAT,
        "name": name,
        "labels": EMOTIONS.names,
        "prior": dict.fromkeys(EMOTIONS.names, share),
        "reliable_from": reliable_from,
        "streams": {
            "face": {
                "extractor": "faces",
                "settings": {"fps": 4.0, "detector": "blazeface", "size": 48},
                "encoder": "face.onnx",
            },
            "voice": {"extractor": "speech_functionals", "encoder": "voice.onnx"},
        },
        "branches": {
            branch: {"stream": branch, "temperature": round(temperatures[branch], 4)}
            for branch in ("face", "voice")
        },
        "fusion": _rounded(fused),
        "files": {file: sha256(place.bundle / file) for file in _FILES},
    }
    path = place.bundle / "bundle.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    spec |= {field: before[field] for field in _MEASURED if field in before}
    with atomic(path) as partial:
        partial.write_text(json.dumps(spec, indent=1) + "\n")


def _rounded(value: object) -> object:
    """Plain JSON with four digits."""
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def take(out: Path) -> None:
    """Copy what a whole training made into the checkout: bundle, reports, pictures; then the card.

    Raises:
        UsageError: the training was a quick try, or is not finished.
    """
    run = Place.of_run(out)
    if not (run.docs / "model_card.md").is_file():
        raise UsageError(f"{out}: not a finished 'mien train mien --data FOLDER'")
    if json.loads((out / "retrain.json").read_text())["quick"]:
        raise UsageError(f"{out}: was a quick try with a few steps; it must not ship")
    shutil.copytree(run.bundle, CHECKOUT.bundle, dirs_exist_ok=True)
    shutil.copytree(run.reports, CHECKOUT.reports, dirs_exist_ok=True)
    for picture in run.docs.glob("*.svg"):
        shutil.copyfile(picture, CHECKOUT.docs / picture.name)
    card.write(CHECKOUT)
    readme.fill()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["parts", "answers", "fusion", "card", "take"])
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()
    place = CHECKOUT if options.run is None else Place.of_run(options.run)
    wanted = {"parts": 3, "answers": 1, "take": 1}.get(options.what, 0)
    if len(options.paths) != wanted:
        parser.error(f"{options.what} needs {wanted} paths")
    if options.what == "parts":
        face, voice, pictures = options.paths
        parts(face, voice, pictures, place)
    elif options.what == "answers":
        answers(options.paths[0], place)
    elif options.what == "fusion":
        fusion(place)
    elif options.what == "take":
        take(options.paths[0])
    else:
        card.write(place)
        if place == CHECKOUT:
            readme.fill()


if __name__ == "__main__":
    main()

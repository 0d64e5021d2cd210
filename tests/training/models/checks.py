"""What every network is checked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.training.onnx_export import to_onnx


def parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def every_parameter_learns(net: nn.Module, *given: Tensor) -> None:
    """One backward pass: each parameter gets a finite gradient that is not zero."""
    before = [x.clone() for x in given]
    outputs = net.train()(*given)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert all(torch.isfinite(x).all() for x in outputs)
    torch.stack([(x**2).sum() for x in outputs]).sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
    assert all(torch.equal(x, y) for x, y in zip(given, before, strict=True))


def exported(net: nn.Module, given: Tensor, path: Path, free: int = 0) -> NDArray[np.float32]:
    """The answer of the exported network, whose dimension `free` was one longer at export."""
    longer = torch.cat([given, given.narrow(free, 0, 1)], free)
    to_onnx(net.eval(), longer, path, "given", ["answer"], {free: "free"}, half=False)
    session = onnxruntime.InferenceSession(str(path))
    answer: NDArray[np.float32] = session.run(["answer"], {"given": given.numpy()})[0]
    return answer


def exports_alike(net: nn.Module, given: Tensor, path: Path) -> None:
    got = exported(net, given, path)
    with torch.no_grad():
        wanted = net(given).numpy()
    np.testing.assert_allclose(got, wanted, atol=1e-4 * max(1, np.abs(wanted).max()))

"""Trained networks as the ONNX files that bundles run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from mien.training.onnx_export import to_onnx

__all__ = ["write_network"]

Ask = Callable[[Tensor], tuple[Tensor, ...]]


def write_network(
    net: nn.Module,
    ask: Ask,
    example: Tensor,
    path: Path,
    free: dict[int, str],
    more: tuple[str, ...] = (),
) -> None:
    """Write `rows` -> `log_probs`, and what else there is.

    Args:
        net: whose weights are written.
        ask: rows -> its logits, and a tensor for each of `more`.
        example: rows of the right shape and kind.
        path: of the file.
        free: {dimension: name} of the rows that may have any length.
        more: names of further outputs.
    """
    asked, outputs = _LogProbs(net, ask).eval(), ["log_probs", *more]
    to_onnx(asked, example, path, "rows", outputs, free, half=False)


class _LogProbs(nn.Module):
    """A network with log-probabilities in place of its logits."""

    def __init__(self, net: nn.Module, ask: Ask) -> None:
        super().__init__()
        self.net, self._ask = net, ask

    def forward(self, rows: Tensor) -> tuple[Tensor, ...]:
        logits, *more = self._ask(rows)
        return functional.log_softmax(logits, 1), *more

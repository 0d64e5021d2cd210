"""`mien export`: make a bundle of a finished run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.cli.extras import need
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.training.experiment.export import Check, Exported
    from mien.training.experiment.reduced import Loss

__all__ = ["export"]

_FAR = 0.01  # of a probability: more than rounding and int8 make of it


def export(
    run: Annotated[Path, typer.Argument(help="A finished run folder.")],
    out: Annotated[Path, typer.Argument(help="The bundle folder to make.")],
    precision: Annotated[
        str, typer.Option(help="fp32; fp16 stores weights in half; int8 quantises them.")
    ] = "fp32",
) -> None:
    """Make a bundle of a run: 'mien predict --model OUT' runs it, without torch.

    The networks are compared with the trained ones on clips of the run's own manifest; with fewer
    bits, the reported clips are scored again. All of it is noted in OUT/card.json.
    """
    need("train", "torch", "onnx", "sklearn")
    from mien.training.experiment.export import export as make

    if precision not in ("fp32", "fp16", "int8"):
        raise UsageError(f"--precision {precision}: must be fp32, fp16 or int8")
    exported = make(run, out, precision)  # type: ignore[arg-type]
    console = Console()
    console.print(_networks(exported.checks))
    if exported.losses:
        console.print(_losses(exported.losses, precision))
    typer.echo(_whole_path(exported))
    typer.echo(f"wrote {out}; use it with: mien predict --model {out} CLIP")


def _whole_path(exported: Exported) -> str:
    """How far the bundle's answers, from a file on, are from those of the training."""
    if not exported.path_clips:
        return "from file to answer: not compared, all clips are parts of longer files"
    far = exported.path_gap > _FAR
    hint = "; a bundle reads more than 10 s in parts, the training at once" if far else ""
    return (
        f"from file to answer, on {exported.path_clips} clips: probabilities differ from the "
        f"training's by {exported.path_gap:.4f} at most{hint}"
    )


def _networks(checks: Sequence[Check]) -> Table:
    """How close the ONNX files are to the trained networks."""
    table = Table("branch", "kB", "clips compared", "largest gap", "labels changed", box=None)
    for c in checks:
        table.add_row(
            c.branch, f"{c.size / 1000:.0f}", str(c.clips), f"{c.gap:.1e}", str(c.changed)
        )
    return table


def _losses(losses: Sequence[Loss], precision: str) -> Table:
    """What fewer bits cost on clips that the networks did not learn from."""
    table = Table("system", "clips", "fp32 %", f"{precision} %", "labels changed", box=None)
    for loss in losses:
        table.add_row(
            loss.system,
            str(loss.n),
            f"{100 * loss.whole:.1f}",
            f"{100 * loss.reduced:.1f}",
            str(loss.changed),
        )
    return table

"""`mien export`: a finished run becomes a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.errors import UsageError

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="A finished run folder.")],
    out: Annotated[Path, typer.Argument(help="The bundle folder to make.")],
    precision: Annotated[
        str, typer.Option(help="fp32; fp16 stores weights in half; int8 quantises them.")
    ] = "fp32",
) -> None:
    """Make a bundle of a run: 'mien predict --model OUT' runs it, without torch.

    The networks are compared with the trained ones on clips of the run's own manifest.
    """
    from mien.lab.export import export as make

    if precision not in ("fp32", "fp16", "int8"):
        raise UsageError(f"--precision {precision}: must be fp32, fp16 or int8")
    checks = make(run, out, precision)  # type: ignore[arg-type]
    table = Table("branch", "kB", "clips compared", "largest gap", "labels changed", box=None)
    for c in checks:
        table.add_row(
            c.branch, f"{c.size / 1000:.0f}", str(c.clips), f"{c.gap:.1e}", str(c.changed)
        )
    Console().print(table)
    typer.echo(f"wrote {out}; use it with: mien predict --model {out} CLIP")

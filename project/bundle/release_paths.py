"""Where the default bundle and its reports lie: in a checkout, or in the folder of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.inference.bundle import default_path

__all__ = ["CHECKOUT", "ReleasePaths"]


@dataclass(frozen=True)
class ReleasePaths:
    """Folders and files of one default bundle and what is known of it.

    Args:
        bundle: folder with bundle.json and card.json.
        reports: folder with the stored scores and the figures made of them.
        docs: folder that gets model_card.md and its pictures.
        work: folder for features, which may be thrown away.
    """

    bundle: Path
    reports: Path
    docs: Path
    work: Path

    @classmethod
    def of_run(cls, out: Path) -> ReleasePaths:
        """Everything below the folder of one `project.bundle.retrain`."""
        return cls(out / "bundle", out / "reports", out, out / "work")

    @property
    def model(self) -> str:
        """The bundle as `mien predict --model` takes it; the same wherever the command is run."""
        path = self.bundle.resolve()
        return "default" if path == default_path().resolve() else str(path)


CHECKOUT = ReleasePaths(
    Path("src/mien/inference/bundles/default"), Path("reports"), Path("docs"), Path("runs/default")
)
"""What ships; commands that read and write it are run from the root of the repository."""

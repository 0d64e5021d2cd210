"""Build wheel and sdist twice, compare the bytes, and try the wheel in an empty environment.

python project/release/distribute.py [--out dist] [--pythons 3.12 3.13 3.14]

Needs `build` and git. The date in the archives is that of the last commit (SOURCE_DATE_EPOCH).
For the Pythons that are named the dependencies are resolved, not installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRY = (
    "import mien; p = mien.analyze(mien.sample()); "
    "print(mien.__version__, mien.__file__, p.label, round(p.confidence, 2))"
)


def main() -> None:
    """All of it; the files that were tried are left in the folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--pythons", nargs="*", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        once, again = (hashes(build(Path(folder))) for folder in (first, second))
        if once != again:
            raise SystemExit(f"two builds of one commit differ: {once} {again}")
        given.out.mkdir(exist_ok=True)
        for name, digest in once.items():
            shutil.copy(Path(first) / "dist" / name, given.out / name)
            print(f"{digest}  {name}")
    print("built twice to the same bytes")
    (wheel,) = given.out.glob("*.whl")
    attempt(wheel)
    attempt(next(given.out.glob("*.tar.gz")))
    for version in given.pythons:
        resolve(wheel, version)


def build(folder: Path) -> list[Path]:
    """Wheel and sdist of the last commit, from a copy in another place."""
    tree, out = folder / "tree", folder / "dist"
    tree.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "x", "-C", tree], input=archive.stdout, check=True)
    date = ["git", "log", "-1", "--format=%ct"]
    epoch = subprocess.run(date, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", out, tree],
        check=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": epoch.strip()},
        stdout=subprocess.DEVNULL,
    )
    return sorted(out.iterdir())


def hashes(files: list[Path]) -> dict[str, str]:
    """{name: SHA-256}."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def attempt(archive: Path) -> None:
    """Install into an empty environment, and analyse the sample clip, away from the tree."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        binaries = Path(folder) / "bin"
        subprocess.run([binaries / "pip", "install", "-q", archive.resolve()], check=True)
        for command in ([binaries / "python", "-I", "-c", TRY], [binaries / "mien", "--version"]):
            done = subprocess.run(
                command, cwd=folder, check=True, capture_output=True, text=True, env=_bare()
            )
            print(f"{archive.name}: {done.stdout.strip()}")
            assert str(ROOT) not in done.stdout


def _bare() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def resolve(wheel: Path, version: str) -> None:
    """See that there are binary packages of all that is needed for another Python."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "-q", "--target", folder]
        command += ["--only-binary=:all:", "--python-version", version, str(wheel.resolve())]
        done = subprocess.run(command, capture_output=True, text=True)
    last = (done.stderr.strip().splitlines() or [""])[-1]
    print(f"Python {version}: {'resolves' if done.returncode == 0 else last}")


if __name__ == "__main__":
    main()

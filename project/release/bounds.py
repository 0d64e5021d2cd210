"""Install mien with the lowest and with the highest versions it allows, and try it.

python project/release/bounds.py [lowest] [highest]

Needs uv. The lowest versions are those that `--resolution lowest-direct` finds for the base
install on the oldest Python that is allowed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESOLUTIONS = {"lowest": "lowest-direct", "highest": "highest"}
TESTS = [
    *("tests/inference/test_analysis.py", "tests/inference/test_bundle.py", "tests/media"),
    *(
        "tests/test_public.py",
        "tests/inference/test_windows.py",
        "tests/formats",
        "tests/cli/test_cli.py",
    ),
]


def main(names: list[str]) -> None:
    """Each in an environment of its own."""
    for name in names or list(RESOLUTIONS):
        with tempfile.TemporaryDirectory() as folder:
            _attempt(name, Path(folder))


def _attempt(name: str, folder: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    python = folder / "bin" / "python"
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    install = [*uv, "pip", "install", "-q", "--python", python]
    chosen = ["--resolution", RESOLUTIONS[name]]
    subprocess.run([*install, *chosen, ROOT], check=True)
    frozen = subprocess.run(
        [*uv, "pip", "freeze", "-q", "--python", python], check=True, capture_output=True, text=True
    ).stdout
    subprocess.run([*install, "pytest", "jsonschema", "httpx"], check=True)
    print(f"{name}: {' '.join(line for line in frozen.split() if '==' in line)}", flush=True)
    subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS], cwd=ROOT, check=True
    )


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    main(sys.argv[1:])

"""The start and the end of the process of the command."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

import mien

FULL = Path("/dev/full")
LEAVING = """
import atexit, sys, threading, time
from mien.__main__ import command
atexit.register(lambda: sys.stderr.write("registered;"))
def late():
    time.sleep(1.5)  # beyond what a start takes, also on a busy machine
    sys.stderr.write("waited for;")
threading.Thread(target=late).start()
sys.argv = ["mien", *sys.argv[1:]]
command()
"""


def mien_command(*arguments: object) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "mien", *map(str, arguments)]


@pytest.mark.parametrize(("argument", "code"), [("--version", 0), ("--versoin", 2)])
def test_threads_are_waited_for_and_what_was_registered_is_called(argument: str, code: int) -> None:
    command = [sys.executable, "-c", LEAVING, argument]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert done.stderr.endswith("waited for;registered;")
    assert bool(code) != (f"mien {mien.__version__}" in done.stdout)


@pytest.mark.skipif(
    Version(version("typer")) >= Version("0.29"),
    reason="this typer, which mien does not allow, imports pydantic itself",
)
def test_predicting_imports_no_pydantic() -> None:
    code = (
        "import sys; from mien.cli.app import main; "
        f"sys.argv = ['mien', 'predict', {str(mien.sample())!r}]; assert main() == 0; "
        "assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, timeout=120)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", ["schema", "models", f"predict {mien.sample()} --json"])
def test_an_output_that_is_full_is_one_line(arguments: str) -> None:
    command = mien_command(*arguments.split())
    with FULL.open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == "mien: the output: No space left on device\n"


def test_a_reader_that_has_gone_is_no_error_to_speak_of() -> None:
    with subprocess.Popen(
        mien_command("schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_collections_begin_once_the_imports_are_done() -> None:
    code = "import gc, sys; from mien.cli.verbs import imported; gc.disable(); imported()"
    code += "; sys.exit(not (gc.isenabled() and gc.get_freeze_count() > 1000))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.bench import clips, small_disk

_RIGHTS = "-dac_override,-dac_read_search,-fowner"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films and six sounds."""
    return clips(tmp_path_factory.mktemp("faults") / "clips")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    try:
        with small_disk(tmp_path / "disk", "16m") as place:
            yield place
    except PermissionError as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")


@pytest.fixture
def bound() -> list[str]:
    """What to put before a command so that the rights of files count, for root as well."""
    if os.name == "nt":
        pytest.skip("rights of POSIX")
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may do everything here: setpriv is missing")
    return ["setpriv", "--bounding-set", _RIGHTS, "--inh-caps", _RIGHTS]

"""SHA-256 of media files, read again only when a file may have changed."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from mien.core.sources import digest
from mien.errors import OutputError
from mien.features.store.source import folder_sha256

__all__ = ["MediaHashes"]

_SETTLED = 2 * 10**9  # ns; a file that changed just before it was read may change unseen
_State = tuple[int, int, int, int]


class MediaHashes:
    """Hashes with what the file system said about each file, one line of JSON each.

    A hash is believed while size, times of change and inode are the same, and only if the file
    was at rest when it was read.

    Args:
        path: the file with the lines.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[_State, int, str]] = {}
        self._lock = threading.Lock()
        self._load()

    def sha256(self, media: Path) -> str:
        """Hash of a file's content, or of a folder of pictures.

        Raises:
            MediaError: it cannot be read.
        """
        if media.is_dir():
            return folder_sha256(media)
        name, state, now = str(media.absolute()), _state(media), time.time_ns()
        known = self._known.get(name)
        if known and state and known[0] == state and max(state[1:3]) + _SETTLED < known[1]:
            return known[2]
        sha256_now = digest(media)
        if state is not None and state == _state(media):
            self._keep(name, state, now, sha256_now)
        return sha256_now

    def _keep(self, name: str, state: _State, now: int, found: str) -> None:
        if self._known.get(name) == (state, now, found):
            return
        line = json.dumps({"path": name, "sha256": found, "state": state, "read": now}) + "\n"
        with self._lock:
            self._known[name] = (state, now, found)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as stream:
                    stream.write(line.encode())
            except OSError as error:
                raise OutputError(
                    f"{self._path}: cannot be written ({error.strerror}); choose another --store"
                ) from None

    def _load(self) -> None:
        if not self._path.is_file():
            return
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
                size, changed, status, node = row["state"]
                state = (int(size), int(changed), int(status), int(node))
                self._known[row["path"]] = (state, int(row["read"]), str(row["sha256"]))
            except (ValueError, KeyError, TypeError):
                continue  # cut off when a run was killed; that file is read again


def _state(media: Path) -> _State | None:
    try:
        status = media.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino

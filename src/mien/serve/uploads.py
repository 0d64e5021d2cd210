"""Multipart uploads, written to the disk as they arrive, a small piece at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import Request

from mien.serve.display_name import display_name
from mien.serve.incoming import IncomingFile, ReceivedFile, RefusedFile, check_space
from mien.serve.multipart import Event, Part, multipart_events
from mien.serve.problems import Problem

__all__ = ["FIELDS", "FILES", "FORM", "FORM_ONE", "NUMBERS", "TRUTHS", "Form", "upload"]

NUMBERS = frozenset({"window", "fps", "people", "max_side", "video_track", "audio_track"})
TRUTHS = frozenset({"keep_tracks"})
FIELDS = NUMBERS | TRUTHS | {"channel"}
FILES = 500
"""Files in one request."""

_FIELD_BYTES = 100


def _form(file: dict[str, Any]) -> dict[str, Any]:
    """The body of an upload for the OpenAPI document; it is read as it comes, not by FastAPI."""
    window = {"type": "number", "multipleOf": 0.5, "minimum": 0.5, "maximum": 3600, "default": 2.0}
    fps = {"type": "number", "exclusiveMinimum": 0, "maximum": 240}
    people = {"type": "integer", "minimum": 1}
    max_side = {"type": "integer", "minimum": 1, "default": 1920}
    track = {"type": "integer", "minimum": 1}
    channel = {"type": "string", "default": "mix"}
    keep_tracks = {"type": "boolean", "default": False}
    properties = {
        "file": {**file, "description": "video, sound or picture"},
        "window": {**window, "description": "seconds of one window of the timeline"},
        "fps": {**fps, "description": "pictures looked at in each second of video"},
        "people": {**people, "description": "most faces followed at once"},
        "max_side": {**max_side, "description": "px; larger pictures are made smaller"},
        "video_track": {**track, "description": "of pictures to read, counted from 1"},
        "audio_track": {**track, "description": "of sound to read, counted from 1"},
        "channel": {
            **channel,
            "description": "of the sound: left, right, a number from 1, mix, or person",
        },
        "keep_tracks": {
            **keep_tracks,
            "description": "do not compare faces: all are new after a cut",
        },
    }
    schema = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": properties,
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


_FILE = {"type": "string", "format": "binary"}
FORM_ONE = _form(_FILE)
FORM = _form({"type": "array", "items": _FILE, "minItems": 1})


@dataclass
class Form:
    """What one request brought."""

    files: list[ReceivedFile] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def upload(request: Request, folder: Path, spare: int) -> AsyncIterator[Form]:
    """Read a request to its end; files that are still in `folder` afterwards are removed.

    Args:
        request: with a multipart body.
        folder: where the files go for now, on the same disk as the place where they will stay.
        spare: bytes of the disk that are left free.

    Raises:
        Problem: 400 or 415 for another kind of body, 408 or 413 as in `RequestBody`, 413 for too
            many files, 422 for an unknown field or no file at all, 507 when the disk is full.
            A file that is not media is among the refused.
        ClientDisconnect: the client went away.
    """
    promised = int(request.headers.get("content-length", "0"))
    await to_thread.run_sync(check_space, folder, promised + spare)
    reader = _FormReader(folder, spare)
    try:
        async with aclosing(multipart_events(request)) as events:
            async for event in events:
                await reader.take(event)
        if not reader.count:
            raise Problem(422, "no-file", "there is no file in the form; its field is 'file'")
        yield reader.form
    finally:
        reader.close()


class _FormReader:
    def __init__(self, folder: Path, spare: int) -> None:
        self.form = Form()
        self._folder, self._spare = folder, spare
        self._file: IncomingFile | None = None
        self._field: tuple[str, bytearray] | None = None

    @property
    def count(self) -> int:
        """Files so far."""
        return len(self.form.files) + len(self.form.refused)

    async def take(self, event: Event) -> None:
        """A part begins, goes on or ends."""
        if isinstance(event, Part):
            self._begin(event)
        elif self._field is not None:
            self._take_field(event, *self._field)
        elif self._file is not None:
            await self._take_file(event, self._file)

    def _begin(self, part: Part) -> None:
        if part.name == "file":
            if self.count >= FILES:
                raise Problem(413, "too-many-files", f"a request may have {FILES} files at most")
            self._file = IncomingFile(display_name(part.filename), self._folder, self._spare)
        elif part.name in FIELDS:
            self._field = part.name, bytearray()
        else:
            known = ", ".join(["file", *sorted(FIELDS)])
            raise Problem(422, "unknown-field", f"the form has an unknown field; known: {known}")

    def _take_field(self, data: bytes | None, name: str, value: bytearray) -> None:
        if data is None:
            self.form.fields[name], self._field = value.decode("utf-8", "replace").strip(), None
            return
        value += data
        if len(value) > _FIELD_BYTES:
            raise Problem(422, "invalid", f"{name}: is longer than {_FIELD_BYTES} bytes")

    async def _take_file(self, data: bytes | None, file: IncomingFile) -> None:
        if data is not None:
            await file.add(data)
            return
        result = await file.end()
        if isinstance(result, ReceivedFile):
            self.form.files.append(result)
        else:
            self.form.refused.append(result)
        self._file = None

    def close(self) -> None:
        """Remove files that were not accepted."""
        if self._file is not None:
            self._file.remove()
        for file in self.form.files:
            with suppress(OSError):
                file.path.unlink(missing_ok=True)

"""Read a multipart body as a stream of events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from mien.serve.problems import Problem

__all__ = ["Event", "Part", "multipart_events"]


@dataclass(frozen=True)
class Part:
    """A part begins; both names are as the client sent them."""

    name: str
    filename: bytes


Event = Part | bytes | None
"""The start of a part, some of its content, or (None) its end."""


async def multipart_events(request: Request) -> AsyncGenerator[Event]:
    """The events of a multipart/form-data body, in order.

    Raises:
        Problem: 415 for another kind of body, 400 for one that is damaged or breaks off.
        ClientDisconnect: the client went away.
    """
    reader = _reader(request)
    async for data in request.stream():
        for event in reader.feed(data):
            yield event
    if not reader.ended:
        raise _damaged("it breaks off")


def _reader(request: Request) -> _MultipartReader:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        detail = "send multipart/form-data with a field 'file', as curl -F file=@clip.mp4 does"
        raise Problem(415, "not-a-form", detail)
    return _MultipartReader(boundary)


class _MultipartReader:
    """Turns the parser's callbacks into events."""

    def __init__(self, boundary: bytes) -> None:
        self.ended = False
        self._events: list[Event] = []
        self._headers: dict[bytes, bytes] = {}
        self._key, self._value = b"", b""
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_header_field": self._on_key,
                    "on_header_value": self._on_value,
                    "on_header_end": self._on_header,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": self._on_data,
                    "on_part_end": lambda: self._events.append(None),
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise _damaged(str(error)) from None

    def feed(self, data: bytes) -> list[Event]:
        """The events in the next piece of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _damaged(str(error)) from None
        events, self._events = self._events, []
        return events

    def _on_key(self, data: bytes, start: int, end: int) -> None:
        self._key += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._key.lower()] = self._value
        self._key, self._value = b"", b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._headers = {}
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._events.append(Part(name, options.get(b"filename", b"")))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _on_end(self) -> None:
        self.ended = True


def _damaged(reason: str) -> Problem:
    return Problem(
        400, "bad-form", f"the multipart body is damaged: {reason[:1].lower()}{reason[1:]}"
    )

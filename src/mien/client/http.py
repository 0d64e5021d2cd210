"""Calls to a mien service: asking again when it is full, one clear error for what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from mien.client.proxy import proxied, proxy_for
from mien.errors import MediaError, MissingExtraError, ServiceError, UsageError

if TYPE_CHECKING:
    import httpx

__all__ = ["Service"]

_FULL = frozenset({429, 503})
_MAKING = 202
_BAD_FILE = frozenset({413, 415})
_BAD_CALL = frozenset({401, 403, 404, 409, 421, 422})
_RETRY = 2.0  # s, where the service does not say how long
_LONGEST = 60.0  # s, whatever it says
_PIECE = 2**16
_TIMEOUT = 60.0  # s without a byte


class Service:
    """One service at one address.

    Args:
        url: where it is.
        key: its key; None where it wants none.
        patience: seconds to go on asking when it is full or cannot be reached.
    """

    def __init__(self, url: str, key: str | None, patience: float) -> None:
        try:
            import httpx
        except ImportError:
            raise MissingExtraError("httpx", "client") from None
        self._lib, self._url, self._patience = httpx, url.rstrip("/"), patience
        self._met = False
        if key is not None and not (key and key.isascii() and key.isprintable()):
            raise UsageError("key: must be printable ASCII, as the service was given it")
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        try:
            base = httpx.URL(self._url)
        except httpx.InvalidURL as error:
            raise UsageError(f"url '{url}': is no address ({error})") from None
        if base.scheme not in ("http", "https") or not base.host or (base.port or 0) > 65535:
            raise UsageError(f"url '{url}': must be as in http://127.0.0.1:8571")
        self._proxy = proxy_for(base.scheme, base.host)
        self._http = httpx.Client(
            base_url=base,
            headers=headers,
            timeout=_TIMEOUT,
            transport=proxied(httpx.HTTPTransport, self._proxy),
        )

    def ask(
        self,
        method: str,
        path: str,
        about: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        file: tuple[str, BinaryIO] | None = None,
        into: Path | None = None,
    ) -> Any:
        """Make a call, again and again while the service is full or the result is being made.

        Args:
            method, path, query: of the request.
            about: what it is about, for messages.
            form, file: fields, and name and content of a file, to upload.
            into: a file for the body of the answer; None reads it as JSON.

        Raises:
            UsageError, MediaError, ServiceError: see `mien.Client`.
        """
        files = None if file is None else {"file": (*file, "application/octet-stream")}
        end = time.monotonic() + self._patience
        while True:
            try:
                with self._http.stream(
                    method, path, params=query, data=form, files=files
                ) as answer:
                    self._met = True
                    making = method == "GET" and answer.status_code == _MAKING
                    if not making and answer.status_code not in _FULL:
                        return self._read(answer, about, into)
                    problem, wait = _detail(answer), _wait(answer)
            except self._lib.RequestError as error:
                problem, wait, making = f"{type(error).__name__}: {error}", _RETRY, False
                self._check_again(method, error, about)
            if not making and time.monotonic() + wait > end:
                raise ServiceError(f"{about}: {self._where} gives no answer ({problem})")
            time.sleep(wait)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def _where(self) -> str:
        """The service, and what stands in between."""
        return self._url if self._proxy is None else f"{self._url} through the proxy {self._proxy}"

    def _check_again(self, method: str, error: httpx.RequestError, about: str) -> None:
        """Only of a service that was there before, and what cannot have been done already."""
        unsent = isinstance(error, self._lib.ConnectError | self._lib.ConnectTimeout)
        if not self._met:
            advice = "is it started, with this port?"
            if self._proxy is not None:
                host = self._http.base_url.host
                advice = f"is that proxy right? NO_PROXY={host} goes straight to the service"
            raise ServiceError(
                f"{about}: {self._where} cannot be reached ({error}); {advice}"
            ) from None
        if not unsent and method == "POST":
            raise ServiceError(
                f"{about}: the connection to {self._where} broke ({type(error).__name__}); "
                "look at the list of jobs before you send it again"
            ) from None

    def _read(self, answer: httpx.Response, about: str, into: Path | None) -> Any:
        if not answer.is_success:
            self._raise(answer, about)
        if into is not None:
            with into.open("wb") as stream:
                stream.writelines(answer.iter_bytes(_PIECE))
            return None
        content = answer.read()
        try:
            return answer.json() if content else None
        except ValueError:
            raise ServiceError(f"{self._where}: does not answer as a mien service does") from None

    def _raise(self, answer: httpx.Response, about: str) -> NoReturn:
        status, message = answer.status_code, f"{about}: {_detail(answer)}"
        if self._proxy is not None:  # whose own refusals look like the service's
            message += f"; asked through the proxy {self._proxy}"
        if status in _BAD_FILE:
            raise MediaError(message)
        if status in _BAD_CALL:
            raise UsageError(message)
        raise ServiceError(f"{message} ({self._url} answered {status})")


def _detail(answer: httpx.Response) -> str:
    """The problem's own words (RFC 9457), or the status in words."""
    answer.read()
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase or str(answer.status_code)


def _wait(answer: httpx.Response) -> float:
    """Seconds of Retry-After."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _LONGEST) if text.isascii() and text.isdigit() else _RETRY

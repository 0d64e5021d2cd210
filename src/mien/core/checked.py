"""Check plain data against a type; an error is one line that says what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

__all__ = ["MisfitError", "checked", "checked_fields", "checked_json", "json_bytes", "spelt"]

T = TypeVar("T")
Hook = Callable[[type, Any], Any]
Steps = list[str | int]

_YES, _NO = ("yes", "y", "on", "t"), ("no", "n", "off", "f")
_PLACED = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_EXPECTED = re.compile(r"Expected (.*), got `str`")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`", re.DOTALL)
_FIELD_MESSAGES = {"missing required": "is missing", "contains unknown": "is unknown"}


class MisfitError(ValueError):
    """Data that does not fit its type.

    Args:
        where: keys and places from the outside in, with dots between; "" is all of it.
        what: is wrong there.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where, self.what = where, what


def checked(plain: Any, kind: type[T], hook: Hook | None = None, *, strict: bool = True) -> T:
    """Plain data, as JSON has it, as a type.

    Args:
        plain: the data; its numbers may be infinite or NaN where `msgspec.Meta` sets no limits.
        kind: anything that `msgspec.convert` knows. Of dataclasses, keys that are no fields are
            left out; see `checked_fields`.
        hook: (type, data) -> what types that msgspec does not know are made of.
        strict: False for text that stands for numbers and so on.

    Raises:
        MisfitError: the data does not fit. The cause is what a `__post_init__` raised, if one did.
    """
    convert: Callable[[Any], T] = partial(msgspec.convert, type=kind, dec_hook=hook, strict=strict)
    try:
        return convert(plain)
    except msgspec.ValidationError as error:
        raise _misfit(error, kind, plain, convert, strict) from error.__cause__


def checked_fields(plain: Mapping[str, Any], kind: type[T]) -> T:
    """As `checked`, for a dataclass; a key that is none of its fields is refused.

    Raises:
        MisfitError: the data does not fit.
    """
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    for name in plain:
        if name not in known:
            raise MisfitError(name, _FIELD_MESSAGES["contains unknown"])
    return checked(plain, kind)


def checked_json(text: bytes, kind: type[T]) -> T:
    """As `checked`, from JSON, whose numbers are finite.

    Raises:
        MisfitError: the data does not fit, or is no JSON.
    """
    try:
        plain = msgspec.json.decode(text)
    except RecursionError:
        raise MisfitError("", "nested too deeply") from None
    except ValueError as error:
        raise MisfitError("", str(error)) from None
    return checked(plain, kind)


def spelt(value: Any, kind: Any) -> Any:
    """A value that is to be `checked` and not strictly.

    "yes" and "no" too stand for a bool, and "32,16" for a tuple.
    """
    if isinstance(value, str) and get_origin(kind) is tuple:
        return [part.strip() for part in value.split(",")]
    words = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
    return words.get(value.lower(), value) if kind is bool and isinstance(value, str) else value


def json_bytes(value: object) -> bytes:
    """JSON of a dataclass or a `Struct`: paths are text, what is not finite is null."""
    return msgspec.json.encode(value, enc_hook=_written)


def _written(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value.item()  # a number of numpy


def _misfit(
    error: Exception, kind: Any, plain: Any, convert: Callable[[Any], Any], strict: bool
) -> MisfitError:
    def same(reduced: Any) -> bool:
        try:
            convert(reduced)
        except ValueError as other:
            return str(other) == str(error)
        return False

    message, steps = _split(error)
    steps = _keys(plain, steps, same)
    if match := _FIELD.fullmatch(message):
        return MisfitError(_dotted([*steps, match[2]]), _FIELD_MESSAGES[match[1]])
    if message.startswith("Invalid enum value") and (allowed := _choices(kind, steps)):
        message = f"must be {' or '.join(map(repr, allowed))}"
    if not strict:  # where it says that it got text, which would do
        message = _EXPECTED.sub(r"must be \1", message)
    return MisfitError(_dotted(steps), message)


def _split(error: Exception) -> tuple[str, Steps]:
    """What is wrong, and where, with "..." for keys."""
    match = _PLACED.fullmatch(str(error))
    message, path = match.groups() if match else (str(error), "")
    steps = [name or index for name, index in _STEP.findall(path or "")]
    return message, [int(step) if step.isdecimal() else step for step in steps]


def _keys(plain: Any, steps: Steps, same: Callable[[Any], bool]) -> Steps:
    """The steps with the keys that msgspec leaves out: data with that key alone fails equally."""
    resolved = list(steps)
    for at, step in enumerate(resolved):
        parent = _at(plain, resolved[:at])
        if step != "..." or not isinstance(parent, Mapping):
            continue
        names = list(parent)
        while len(names) > 1:
            half = names[: len(names) // 2]
            reduced = _with(plain, resolved[:at], {name: parent[name] for name in half})
            names = half if same(reduced) else names[len(half) :]
        resolved[at] = names[0] if names else step
    return resolved


def _at(plain: Any, steps: Iterable[str | int]) -> Any:
    for step in steps:
        if isinstance(plain, Mapping):
            plain = plain.get(step)
        elif isinstance(plain, Sequence) and isinstance(step, int) and step < len(plain):
            plain = plain[step]
        else:
            return None
    return plain


def _with(plain: Any, steps: Sequence[str | int], part: Any) -> Any:
    """A copy of the data with `part` at the given place."""
    if not steps:
        return part
    copy: Any = dict(plain) if isinstance(plain, Mapping) else list(plain)
    copy[steps[0]] = _with(plain[steps[0]], steps[1:], part)
    return copy


def _choices(kind: Any, steps: Steps) -> list[object]:
    """The values that a `Literal` at a place allows."""
    kinds = [kind]
    for step in steps:
        kinds = [part for candidate in kinds for part in _parts(candidate, step)]
    return [value for candidate in kinds for value in _values(candidate)]


def _parts(kind: Any, step: str | int) -> Iterator[Any]:
    """The types that a step from a type may lead to, those of keys included."""
    hints = get_type_hints(kind) if isinstance(kind, type) and get_origin(kind) is None else {}
    if step in hints:
        yield hints[str(step)]
    for part in get_args(kind):
        yield part
        yield from _parts(part, step)


def _values(kind: Any) -> Iterator[object]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
        return
    for part in get_args(kind):
        yield from _values(part)


def _dotted(steps: Steps) -> str:
    return ".".join(map(str, steps))

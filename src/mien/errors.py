"""The tree of all exceptions of mien.

    MienError                 base of everything that mien raises on purpose
    ├── UsageError            an argument or option that cannot be used        (exit code 2)
    ├── MediaError            a file that cannot be read as picture or sound   (exit code 1)
    ├── BundleError           a model bundle that is damaged or not supported  (exit code 2)
    ├── TrainingError         a training that cannot go on                     (exit code 1)
    ├── OutputError           a result that cannot be written                  (exit code 2)
    ├── ServiceError          a mien service that gives no answer              (exit code 1)
    └── MissingExtraError     an optional dependency that is not installed     (exit code 2)

Each message is one line that says what is wrong, where, and what to do. Names and text that it
quotes are made harmless for terminals, and shortened.
"""

from __future__ import annotations

__all__ = [
    "BundleError",
    "MediaError",
    "MienError",
    "MissingExtraError",
    "OutputError",
    "ServiceError",
    "TrainingError",
    "UsageError",
    "printable",
]

_HALF = 1000  # characters at the start, which names a file, and at the end, which says what to do


def printable(text: str) -> str:
    """Text from outside as one line without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _line(text: str) -> str:
    line = printable(text)
    return line if len(line) <= 2 * _HALF else f"{line[:_HALF]} ... {line[-_HALF:]}"


class MienError(Exception):
    """Base class of the errors that mien raises on purpose."""

    def __init__(self, *args: object) -> None:
        super().__init__(
            *(_line(argument) if isinstance(argument, str) else argument for argument in args)
        )


class UsageError(MienError, ValueError):
    """An argument or option that cannot be used."""


class MediaError(MienError):
    """A file that cannot be read as picture or sound."""


class BundleError(MienError):
    """A model bundle that is damaged, incomplete or not supported."""


class TrainingError(MienError):
    """A training that cannot go on."""


class OutputError(MienError):
    """A result that cannot be written."""


class ServiceError(MienError):
    """A mien service that cannot be reached, stays full, or fails (`mien.Client`)."""


class MissingExtraError(MienError, ImportError):
    """An optional dependency that is not installed.

    Args:
        package: the package that could not be imported.
        extra: the extra of mien that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"this needs the package '{package}': pip install 'mien[{extra}]'")
        self.package, self.extra = package, extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        """For pickling, on the way back from a worker process."""
        return type(self), (self.package, self.extra)

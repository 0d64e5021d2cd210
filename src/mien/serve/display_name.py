"""Names of uploaded files, made safe to show; files are never stored under them."""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST", "display_name"]

LONGEST = 200


def display_name(raw: bytes) -> str:
    """The last part of a file's name as the client gave it, at most 200 characters.

    Folders, control characters and marks that turn the direction of writing are left out. What
    remains may hold `<` and quotes: whoever shows it has to escape it.
    """
    text = unicodedata.normalize("NFC", raw.decode("utf-8", "replace"))
    last = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(c if c.isprintable() else " " for c in last)
    name = " ".join(shown.split())[-LONGEST:].strip()
    return name if name.strip(".") else "clip"

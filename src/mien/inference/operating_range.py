"""What a model's training has shown it, as limits: beyond them its confidence means little."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["Below", "OperatingRange"]


class OperatingRange(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of a bundle, as `python -m project.bundle.ranges` measures them; None is none.

    Args:
        small: px, least side of the box around a face.
        dark, bright: least and greatest `brightness` of `mien.features.face_quality.FaceQuality`.
        flat: least `contrast`.
        blurred: least `sharpness`.
        turned: greatest `turn`.
        clipped: greatest part `clipped`, of `mien.features.sound_quality`, as the next two.
        narrow: least `treble`, in dB.
        tonal: part of the power in steady `tones` from which sound without speech is called tones.
    """

    small: Annotated[float, Meta(ge=0)] = 24.0
    dark: float | None = None
    bright: float | None = None
    flat: float | None = None
    blurred: float | None = None
    turned: float | None = None
    clipped: float | None = None
    narrow: float | None = None
    tonal: float | None = None


class Below(Struct, frozen=True, forbid_unknown_fields=True):
    """How often answers that were less sure than `reliable_from` were right, on held-out clips.

    Args:
        right: part of them, 0..1.
        n: how many there were.
    """

    right: Annotated[float, Meta(ge=0, le=1)]
    n: Annotated[int, Meta(ge=1)]

"""What a model's training has shown it, as limits: beyond them its confidence means little."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Below", "Ranges"]


class Ranges(BaseModel):
    """Limits of a bundle, as `python -m mien.recipes.mien.ranges` measures them; None is none.

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

    model_config = ConfigDict(extra="forbid", frozen=True)

    small: float = Field(default=24.0, ge=0)
    dark: float | None = None
    bright: float | None = None
    flat: float | None = None
    blurred: float | None = None
    turned: float | None = None
    clipped: float | None = None
    narrow: float | None = None
    tonal: float | None = None


class Below(BaseModel):
    """How often answers that were less sure than `reliable_from` were right, on held-out clips.

    Args:
        right: part of them, 0..1.
        n: how many there were.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    right: float = Field(ge=0, le=1)
    n: int = Field(ge=1)

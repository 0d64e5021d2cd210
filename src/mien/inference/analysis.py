"""The main job: a path and a bundle in, a `Prediction` out."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from mien.core.opencv import one_thread
from mien.core.prefetch import prefetch
from mien.core.sources import Lent, Source, digest, lent
from mien.errors import MediaError, UsageError
from mien.features.windows import GRID
from mien.inference import bundle as bundles
from mien.inference.bundle import Bundle
from mien.inference.decide import decide
from mien.inference.session import Session
from mien.media import Media, TrackChoice, open_media
from mien.media.key_frames import KeyFrames
from mien.types import KeyFrame, MediaChunk, Prediction

if TYPE_CHECKING:
    from mien.inference.baseline.compare import BaselineChoice

__all__ = ["CHUNK", "Observed", "Options", "Progress", "analyze", "chosen", "observe"]

CHUNK = 0.5
"""Seconds of picture and sound that go from stage to stage together."""

Progress = Callable[[float, float | None], None]


@dataclass(frozen=True)
class Options:
    """What a caller can set; the defaults are the bundle's own.

    Args:
        fps: pictures looked at in each second of video; None is the bundle's rate.
        window: seconds of one window of the timeline, a multiple of 0.5.
        people: follow at most so many faces at once; None is all.
        max_side: larger pictures are made smaller to this many pixels on their long side.
        video_track, audio_track, channel: what is read of a file with several; see
            `mien.media.TrackChoice`.
        keep_tracks: leave every track a person of its own: after a cut, or a second out of view,
            everybody counts as somebody new, and no face is compared with another.
    """

    fps: float | None = None
    window: float = 2.0
    people: int | None = None
    max_side: int = 1920
    video_track: int | None = None
    audio_track: int | None = None
    channel: str | int = "mix"
    keep_tracks: bool = False

    def __post_init__(self) -> None:
        for name in ("fps", "window", "people", "max_side"):
            value = getattr(self, name)
            if value != getattr(Options, name) and not isinstance(value, Real):
                raise UsageError(f"{name} {value!r}: must be a number")
        if self.fps is not None and not 0 < self.fps <= 240:
            raise UsageError(f"fps {self.fps:g}: must be above 0 and at most 240")
        if not GRID <= self.window <= 3600 or self.window % GRID:
            raise UsageError(f"window {self.window:g}: must be a multiple of {GRID} s, 0.5 to 3600")
        if self.people is not None and (self.people < 1 or self.people % 1):
            raise UsageError(f"people {self.people:g}: must be a whole number from 1")
        if self.max_side < 1 or self.max_side % 1:
            raise UsageError(f"max_side {self.max_side:g}: must be a whole number from 1")
        if not isinstance(self.keep_tracks, bool):
            raise UsageError(f"keep_tracks {self.keep_tracks!r}: must be true or false")
        _ = self.tracks  # raises what is wrong with them

    @property
    def tracks(self) -> TrackChoice:
        """Which tracks and channels are read."""
        return TrackChoice(self.video_track, self.audio_track, str(self.channel))


@dataclass(frozen=True)
class Observed:
    """A clip that was looked at and listened to, before an answer is made of it.

    Args:
        session: after its end, with the scores of each branch over time.
        media: the file, read to its end.
        bundle: the model.
        sha256: of the file.
        pictures: for reports.
    """

    session: Session
    media: Media
    bundle: Bundle
    sha256: str
    pictures: tuple[KeyFrame, ...]

    def answer(self, window: float) -> Prediction:
        """The answer, with windows of so many seconds."""
        return decide(self.session, self.media, self.bundle, self.sha256, window, self.pictures)


def analyze(
    source: Source,
    *,
    model: Bundle | str | os.PathLike[str] | None = None,
    options: Options | None = None,
    window: float | None = None,
    fps: float | None = None,
    people: int | None = None,
    max_side: int | None = None,
    video_track: int | None = None,
    audio_track: int | None = None,
    channel: str | int | None = None,
    keep_tracks: bool | None = None,
    baseline: BaselineChoice | None = None,
    progress: Progress | None = None,
) -> Prediction:
    """Say which emotion the people in a file show.

    Args:
        source: a local video, sound or picture file: its path, its bytes, or a file object opened
            in binary mode, which is read from its start and stays open where it was.
        model: a bundle, its folder, or the name of an installed one; None is the default.
        options: see `Options`.
        window, fps, people, max_side, video_track, audio_track, channel, keep_tracks: single
            options, which go before `options`.
        baseline: compare with how the people of the clip usually look and sound, in
            `Prediction.relative`: "auto" takes the clip itself, "0-20" (or (0, 20)) a stretch of
            it, a path another recording of the main person or what `mien.inference.baseline.stored.
            write_baseline` wrote, and a `Baseline` is one.
        progress: called with (seconds done, seconds in all or None).

    Returns:
        The answer; with neither face nor voice its label is None and the reasons say so.

    Raises:
        MediaError: the file cannot be read as picture or sound.
        BundleError: the model is damaged or not supported.
        UsageError: an option, or what is given as the source, cannot be used.
    """
    options = chosen(
        options,
        window=window,
        fps=fps,
        people=people,
        max_side=max_side,
        video_track=video_track,
        audio_track=audio_track,
        channel=channel,
        keep_tracks=keep_tracks,
    )
    observed = observe(source, model, options, progress)
    prediction = observed.answer(options.window)
    if baseline is None:
        return prediction
    from mien.inference.baseline.compare import compared

    bundle = observed.bundle
    answer, _ = compared(
        prediction, bundle, baseline, lambda path: analyze(path, model=bundle, options=options)
    )
    return answer


def observe(
    source: Source,
    model: Bundle | str | os.PathLike[str] | None,
    options: Options,
    progress: Progress | None = None,
) -> Observed:
    """Look at a file and listen to it; arguments and errors as of `analyze`."""
    bundle = model if isinstance(model, Bundle) else bundles.load(model)
    given = lent(source)
    known = digest(given) if isinstance(given, Lent) else ""  # is read by one reader at a time
    identify: Literal["now", "never"] = "never" if options.keep_tracks else "now"
    session = Session(bundle, max_people=options.people, identify=identify)
    kept = KeyFrames()
    fps = options.fps or bundle.fps
    reading = open_media(
        given,
        fps=fps,
        max_side=options.max_side,
        chunk=CHUNK,
        threads=bundle.threads,
        tracks=options.tracks,
    )
    with one_thread(), ThreadPoolExecutor(2, "beside") as beside, reading as media:
        beside.submit(bundle.open_encoders)
        sha256 = beside.submit(lambda: known or digest(given))
        _run(media, session, kept, progress)
        pictures = beside.submit(kept.all)
        session.finish()
        if not media.seen and not session.frames:
            raise MediaError(f"{media.info.path}: nothing in it could be decoded; is it damaged?")
    return Observed(session, media, bundle, sha256.result(), pictures.result())


def _run(media: Media, session: Session, kept: KeyFrames, progress: Progress | None) -> None:
    """Decoding, finding faces, following them, scoring them and the voice overlap."""
    searched = (
        (chunk, session.search(chunk.frames, chunk.times, chunk.scale, chunk.zoom))
        for chunk in media.chunks()
    )
    with ThreadPoolExecutor(1, "voice") as voice, prefetch(searched, 2, "decode") as begun:
        followed = ((chunk, session.follow(looks)) for chunk, looks in begun)
        with prefetch(followed, 1, "follow") as chunks:
            for chunk, sighted in chunks:
                heard = voice.submit(session.push_sound, chunk.sound, chunk.sound_start)
                session.look(chunk.frames, chunk.times)
                session.take(sighted)
                kept.push(chunk.frames, chunk.times, chunk.scale)
                heard.result()
                if progress is not None:
                    progress(_end(chunk), media.info.duration)


def _end(chunk: MediaChunk) -> float:
    sound = chunk.sound_start + len(chunk.sound) / chunk.rate
    return max(sound, float(chunk.times[-1])) if len(chunk.times) else sound


def chosen(options: Options | None, **given: float | str | None) -> Options:
    """Options with those that are given one by one; None leaves one as it is.

    Raises:
        UsageError: one of them cannot be used.
    """
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(options or Options(), **wanted)

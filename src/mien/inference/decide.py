"""From scores on the grid to the answer: fusion, timeline, people, what was missing and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.core.sources import folder_of
from mien.inference.aggregation import BranchOutput
from mien.inference.bundle import Bundle
from mien.inference.doubts import DOUBTS, doubt, face_warnings, is_still_longest, sound_warnings
from mien.inference.in_view import InView, in_view
from mien.inference.persons import people
from mien.inference.session import Session, Track
from mien.inference.speaking.own_voice import off_screen, own_speech, speakers
from mien.inference.timeline import MODALITIES, Stretch, clip_timeline, person_timeline, when
from mien.media.mix import Levels
from mien.media.tracks import QUIET, TrackChoice
from mien.types import (
    BranchSay,
    Held,
    KeyFrame,
    MediaInfo,
    Person,
    Prediction,
    Reason,
)

__all__ = ["WasRead", "decide", "tracks_in_order"]

Vector = NDArray[np.float64]
Found = Mapping[str, BranchOutput | None]

_DARK = 25  # mean grey value of 255


class WasRead(Protocol):
    """A file after its last chunk: `mien.media.Media`, or one that was read in pieces."""

    @property
    def info(self) -> MediaInfo:
        """What the container says."""

    @property
    def seen(self) -> float:
        """Seconds that were covered."""

    @property
    def complete(self) -> bool:
        """Whether everything could be read."""

    @property
    def choice(self) -> TrackChoice:
        """What of it was wanted."""

    @property
    def problems(self) -> Sequence[Reason]:
        """What was wrong."""

    @property
    def levels(self) -> Levels:
        """How loud each channel of the sound was; empty unless each is one person's."""


def decide(
    session: Session,
    media: WasRead,
    bundle: Bundle,
    sha256: str,
    window: float,
    key_frames: tuple[KeyFrame, ...],
) -> Prediction:
    """Join what the session found into one answer.

    Args:
        session: after `finish`.
        media: after its last chunk.
        bundle: the model the session ran.
        sha256: of the source.
        window: seconds of one window of the timeline.
        key_frames: pictures for reports.
    """
    duration = max([media.seen, *(t.times[-1] for t in session.tracks.values())])
    everybody = people(session)
    view = in_view(bundle, everybody, speakers(session, everybody, media.levels))
    evidence = dict(session.voice | session.scene)
    evidence |= bundle.evidence("face") if view.track is None else view.track.evidence
    evidence = {branch: evidence[branch] for branch in bundle.spec.branches}
    outputs = {branch: part.all() for branch, part in evidence.items()}
    fused = bundle.fuse(outputs)
    why = _absences(bundle, session, media, outputs)
    present = [branch for branch, said in outputs.items() if said is not None]
    reasons = _reasons(session, media, bundle, view, fused, present, why)
    there = {name: when(session, view, name, duration) for name in MODALITIES}
    names, size = bundle.labels, (media.info.width, media.info.height)
    return Prediction(
        source={
            "path": media.info.path,
            "sha256": sha256,
            "duration": round(duration, 4),
            "complete": media.complete,
            "read": _read(media),
            **folder_of(media.info.path),
        },
        model={"name": bundle.spec.name, "sha256": bundle.sha256},
        label=None if fused is None else names.names[int(fused.argmax())],
        probabilities=None if fused is None else names.by_name(fused),
        confidence=None if fused is None else float(fused.max()),
        reliable=fused is not None and not any(r.code in DOUBTS for r in reasons),
        reasons=tuple(reasons),
        branches=_branches(bundle, outputs, why, _seconds(session, view), there),
        timeline=clip_timeline(bundle, session, view, there, duration, window),
        people=tuple(
            _person(bundle, session, view, place, duration, window, size)
            for place in range(len(view.people))
        ),
        size=size,
        labels=bundle.labels.names,
        key_frames=key_frames,
        by=tuple(Held(k, round(s, 4)) for k, s in enumerate(view.seconds, 1) if s),
    )


def _read(media: WasRead) -> dict[str, int | str | None]:
    """Which tracks and channels were read."""
    read = {track.kind: track.number for track in media.info.tracks if track.read}
    video, audio = read.get("video"), read.get("audio")
    channel = None if audio is None else media.choice.channel
    return {"video_track": video, "audio_track": audio, "channel": channel}


def tracks_in_order(bundle: Bundle, session: Session, levels: Levels) -> list[Track]:
    """What was found of each person, in the order of `Prediction.people`."""
    everybody = people(session)
    return list(in_view(bundle, everybody, speakers(session, everybody, levels)).people)


def _seconds(session: Session, view: InView) -> dict[str, float | None]:
    """{modality: seconds that there was something of it}; None where that is not known."""
    unseen = 0.0 if session.frames else None
    face = unseen if view.track is None else view.track.seconds
    return {"face": face, "voice": session.watch.seconds}


def _branches(
    bundle: Bundle,
    outputs: Found,
    why: Mapping[str, Reason],
    seconds: Mapping[str, float | None],
    there: Mapping[str, Sequence[Stretch] | None],
) -> dict[str, BranchSay]:
    shares = bundle.shares(outputs)
    result = {}
    for branch, said in outputs.items():
        alone = None if said is None else bundle.labels.by_name(bundle.alone(branch, said))
        reason = why.get(bundle.modality(branch)) if said is None else None
        spans = there[bundle.modality(branch)]
        result[branch] = BranchSay(
            present=said is not None,
            reason=None if reason is None else reason.message,
            weight=shares[branch],
            probabilities=alone,
            seconds=seconds.get(bundle.modality(branch)),
            spans=None if spans is None else tuple((round(a, 4), round(b, 4)) for a, b in spans),
        )
    return result


def _person(
    bundle: Bundle,
    session: Session,
    view: InView,
    place: int,
    duration: float,
    window: float,
    size: tuple[int, int],
) -> Person:
    track = view.people[place]
    fused = bundle.fuse({branch: part.all() for branch, part in track.evidence.items()})
    windows = person_timeline(bundle, track, duration, window)
    return Person(
        id=place + 1,
        start=track.times[0],
        end=track.times[-1],
        probabilities={} if fused is None else bundle.labels.by_name(fused),
        timeline=windows,
        times=np.array(track.times),
        boxes=np.clip(np.stack(track.boxes), 0, np.array(size * 2, np.float32)),
        thumbnail=track.thumbnail,
        speech=own_speech(bundle, session, view, place),
    )


def _absences(
    bundle: Bundle, session: Session, media: WasRead, outputs: Found
) -> dict[str, Reason]:
    """Why a face, a voice or a picture is absent."""
    result = {}
    there = {bundle.modality(branch) for branch, said in outputs.items() if said is not None}
    if "face" not in there:
        result["face"] = _no_face(session, media)
    if "voice" not in there:
        result["voice"] = _no_voice(session, media)
    if not session.frames:
        result["frame"] = _no_face(session, media)
    result = {modality: r for modality, r in result.items() if modality in bundle.modalities}
    for modality in {"face", "voice"} - bundle.modalities:
        text = f"the model {bundle.spec.name} has no {modality} branch"
        result[modality] = Reason(f"no_{modality}_branch", text)
    return dict(sorted(result.items()))


def _nothing(bundle: Bundle) -> str:
    """What the model looks for, and did not find."""
    words = {"face": "face", "voice": "voice", "frame": "picture"}
    *more, last = [word for modality, word in words.items() if modality in bundle.modalities]
    if not more:
        return f"no {last} was found"
    return f"neither a {', a '.join(more)} nor a {last} was found"


def _no_face(session: Session, media: WasRead) -> Reason:
    if media.info.kind == "sound":
        return Reason("no_picture", "the file has no picture")
    if not session.frames:
        return Reason("no_picture", "no picture could be decoded")
    if session.brightness / session.frames < _DARK:
        return Reason("dark", f"no face found in {session.frames} pictures, which are very dark")
    return Reason("no_face", f"no face found in {session.frames} pictures")


def _no_voice(session: Session, media: WasRead) -> Reason:
    if media.info.audio_codec is None:
        return Reason("no_sound", "the file has no sound")
    if not session.heard:
        return Reason("no_sound", "no sound could be decoded")
    if session.loudest < QUIET:
        return Reason("silent", f"the sound is silent ({session.heard:.1f} s)")
    return Reason("no_voice", f"no speech found in {session.heard:.1f} s of sound")


def _reasons(
    session: Session,
    media: WasRead,
    bundle: Bundle,
    view: InView,
    fused: Vector | None,
    present: Sequence[str],
    why: Mapping[str, Reason],
) -> list[Reason]:
    result = list(why.values())
    result += media.problems
    heard = sound_warnings(session)
    if fused is None:
        return [Reason("no_evidence", _nothing(bundle)), *result, *heard]
    if is_still_longest(view):
        text = "a face that never moves, as of a photograph, was in view for longer"
        result.append(Reason("still_face", f"{text}; it was not taken for the main person"))
    unsure = doubt(bundle, fused, present)
    result += [] if unsure is None else [unsure]
    seen = [] if view.track is None else face_warnings(view.track, bundle.spec.ranges)
    away = off_screen(session, view)
    return [*result, *seen, *heard, *([] if away is None else [away])]

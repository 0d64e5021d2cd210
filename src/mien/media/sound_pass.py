"""One pass over the sound of a file alone; its pictures are not decoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from mien.media.container import is_raw, packets
from mien.media.guard import open_bytes
from mien.media.sound import RATE, SoundStream
from mien.media.tracks import TrackChoice, open_tracks

__all__ = ["sound_pass"]

_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)


def sound_pass(path: Path, tracks: TrackChoice | None = None) -> Iterator[NDArray[np.float32]]:
    """The sound from the start of the file on, in pieces of mono float32 at 16 kHz.

    Tracks and times are as those of `open_media`: a sound that begins later begins with silence. A
    file without sound gives nothing; one that breaks off gives what is there.

    Raises:
        MediaError: the file cannot be read.
    """
    stream, name = open_bytes(path)
    with stream:
        opened = open_tracks(stream, name, tracks)
        with opened.container as container:
            audio = opened.audio
            if audio is None or audio.codec_context is None:
                return
            channel = "mix" if tracks is None else tracks.channel
            sound = SoundStream(opened.start, channel, is_raw(container))
            for piece in _pieces(sound, _frames(container, audio)):
                if sound.given == len(piece) and sound.start:
                    yield np.zeros(round(sound.start * RATE), np.float32)
                yield piece


def _pieces(sound: SoundStream, frames: Iterator[av.AudioFrame]) -> Iterator[NDArray[np.float32]]:
    for frame in frames:
        yield from sound.push(frame)
    yield from sound.flush()


def _frames(container: InputContainer, audio: AudioStream) -> Iterator[av.AudioFrame]:
    stream_packets = packets(container, audio)
    while True:
        try:
            packet = next(stream_packets)
        except (StopIteration, *_BROKEN):
            return
        try:
            frames = packet.decode()
        except (EOFError, *_BROKEN):
            continue
        yield from (frame for frame in frames if isinstance(frame, av.AudioFrame))

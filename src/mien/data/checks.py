"""Check a table of clips before a training.

Whatever would make a score wrong is an error; all else is a warning.

The codes, for programs:
    speaker_leak        a speaker (or film) on several sides of the split              error
    file_leak           stretches of one file on several sides of the split            error
    duplicate_media     one content under several names                                warning
    near_pictures       files that look the same, told by a perceptual hash            warning
    near_sound          files that sound the same                                      warning
      ..._leak            and are on several sides of the split                        error
      ..._labels          and have different labels                                    error
      ..._speakers        and are of different speakers                                error
    missing_file, unreadable_file, one_class                                           error
    odd_label           a label like one of the seven; an error where both are there   warning
    damaged_file, missing_class, no_label, no_speaker, no_sound, no_picture, no_face   warning
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.data.fingerprint import Bits, MediaFingerprint, media_fingerprint, near_pairs
from mien.data.manifest import Manifest, near_emotion
from mien.errors import MienError
from mien.types import Clip

__all__ = ["Finding", "check"]

_NEAR_PICTURES = {256: 24, 1024: 64}
"""Bits, of so many, that two versions of a picture and of a video may differ in.

On FER2013, 99 of 100 pictures encoded again with a JPEG quality of 90 differ from the original in
up to 14 of 256 bits and 95 of 100 at a quality of 60 in up to 18, and pairs of other pictures
within 24 are one photograph cut out twice. On Java-SED, videos of two people differ in more than
90 of 1024 bits, and 95 of 100 with frames made smaller and encoded again in up to 59.
"""
_NEAR_SOUND = 60
"""Bits of 1024 that two versions of a sound may differ in.

On RAVDESS, Java-SED and EMO-DB, 95 of 100 sounds made into MP3 or AAC, padded with silence, or with
noise at -30 dB differ from the original in up to 40 bits; other takes in 100 and more.
"""
Level = Literal["error", "warning"]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Finding:
    """One finding of the check.

    Args:
        level: "error" (scores would be wrong) or "warning".
        code: stable short name, see the head of this module.
        message: one line for people.
        clips: ids of the clips it is about.
    """

    level: Level
    code: str
    message: str
    clips: tuple[str, ...]


def check(
    manifest: Manifest,
    media: bool = True,
    *,
    deep: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Check a table of clips and, if wanted, its files.

    Args:
        manifest: the clips.
        media: read the files: missing, unreadable, duplicate.
        deep: also search every clip for faces (slow).
        progress: called with the number of files done.

    Returns:
        What was found, errors first.
    """
    findings = [*_speakers(manifest), *_one_file(manifest), *_labels(manifest)]
    if media:
        fingerprints = _fingerprints(manifest, progress)
        findings += [*_files(manifest, fingerprints), *_duplicates(manifest, fingerprints)]
        findings += _senses(manifest, fingerprints)
        if deep:
            findings += _faces(manifest, fingerprints)
    return sorted(findings, key=lambda f: (f.level, f.code, f.clips))


def _fingerprints(manifest: Manifest, progress: Progress | None) -> dict[Path, MediaFingerprint]:
    paths = sorted({manifest.path(c) for c in manifest.clips})
    fingerprints = {}
    with ThreadPoolExecutor() as pool:
        for number, fingerprint in enumerate(pool.map(media_fingerprint, paths)):
            fingerprints[paths[number]] = fingerprint
            if progress is not None:
                progress(number + 1)
    return fingerprints


def _speakers(manifest: Manifest) -> Iterator[Finding]:
    """Speakers (or films) on both sides of a split; clips without a speaker."""
    of: dict[str, list[Clip]] = defaultdict(list)
    for c in manifest.clips:
        of[c.speaker].append(c)
    for speaker, clips in of.items():
        if speaker and len(_sides(clips)) > 1:
            yield _on_several_sides("speaker_leak", f"speaker '{speaker}'", clips)
    if unknown := of.get(""):
        text = f"{len(unknown)} clips have no speaker: leaks between people cannot be seen"
        yield _warning("no_speaker", text, unknown)


def _one_file(manifest: Manifest) -> Iterator[Finding]:
    """Stretches of one file on both sides of a split."""
    of: dict[Path, list[Clip]] = defaultdict(list)
    for c in manifest.clips:
        of[manifest.path(c)].append(c)
    for clips in of.values():
        if len(_sides(clips)) > 1:
            yield _on_several_sides("file_leak", f"the file {clips[0].path}", clips)


def _sides(clips: Iterable[Clip]) -> list[str]:
    return sorted({c.split for c in clips if c.split})


def _on_several_sides(code: str, subject: str, clips: Sequence[Clip]) -> Finding:
    """A finding on `subject` in several splits, with counts and one example of each."""
    first = {c.split: c.id for c in reversed(clips)}
    counts = Counter(c.split for c in clips)
    parts = [f"{counts[side]} in {side} ({first[side]})" for side in _sides(clips)]
    ids = tuple(c.id for c in clips if c.split)
    return Finding("error", code, f"{subject} is on several sides: {', '.join(parts)}", ids)


def _labels(manifest: Manifest) -> Iterator[Finding]:
    """Misspelt labels, missing classes, clips without a label."""
    counts = Counter(c.label for c in manifest.clips if c.label)
    if len(counts) < 2:
        text = f"there is one class only: {''.join(counts) or 'none'}; nothing can be learned"
        yield Finding("error", "one_class", text, ())
    for label in counts:
        if near := near_emotion(label):
            ids = tuple(c.id for c in manifest.clips if c.label == label)
            level: Level = "error" if near in counts else "warning"
            text = f"{counts[label]} clips are labelled '{label}'; did you mean '{near}'?"
            yield Finding(level, "odd_label", f"{text} (first: {ids[0]})", ids)
    for split in sorted({c.split for c in manifest.clips if c.label}):
        labels = {c.label for c in manifest.clips if c.split == split}
        for label in (name for name in manifest.labels.names if name not in labels):
            scope = f"split '{split}'" if split else "the table"
            yield Finding("warning", "missing_class", f"{scope} has no clip of '{label}'", ())
    if unlabelled := [c for c in manifest.clips if not c.label]:
        text = f"{len(unlabelled)} clips have no label, for example {unlabelled[0].id}"
        yield _warning("no_label", text, unlabelled)


def _files(manifest: Manifest, fingerprints: Mapping[Path, MediaFingerprint]) -> Iterator[Finding]:
    for c in manifest.clips:
        fingerprint = fingerprints[manifest.path(c)]
        if fingerprint.problem:
            code = "unreadable_file" if fingerprint.sha256 else "missing_file"
            yield Finding("error", code, f"{c.path}: {fingerprint.problem}", (c.id,))
        elif fingerprint.damage:
            yield Finding("warning", "damaged_file", f"{c.path}: {fingerprint.damage}", (c.id,))


def _duplicates(
    manifest: Manifest, fingerprints: Mapping[Path, MediaFingerprint]
) -> Iterator[Finding]:
    """The same media under two names: exactly, or by its pictures, or by its sound."""
    of: dict[str, list[Clip]] = defaultdict(list)
    for c in manifest.clips:
        if (fingerprint := fingerprints[manifest.path(c)]).sha256:
            of[fingerprint.sha256].append(c)
    for clips in of.values():
        if len({manifest.path(c) for c in clips}) > 1:
            yield _same(clips, "duplicate_media", "are the same file")
    originals = [(clips[0], fingerprints[manifest.path(clips[0])]) for clips in of.values()]
    for size, most in _NEAR_PICTURES.items():
        rows = [
            (c, fingerprint.picture)
            for c, fingerprint in originals
            if _has(fingerprint.picture, size)
        ]
        for first, second in _near(rows, most):
            if _is_telling(first, second, manifest, fingerprints):
                yield _same((first, second), "near_pictures", "look the same")
    for first, second in _near(
        [(c, fingerprint.sound) for c, fingerprint in originals], _NEAR_SOUND
    ):
        yield _same((first, second), "near_sound", "sound the same")


def _has(bits: Bits | None, size: int) -> bool:
    return bits is not None and len(bits) == size


def _is_telling(
    first: Clip, second: Clip, manifest: Manifest, fingerprints: Mapping[Path, MediaFingerprint]
) -> bool:
    """Whether two clips that look alike are likely to be copies.

    Takes of one person in one studio look alike, as do the pictures of one sequence, so clips of
    a known person within a split are passed over. Where both have sound, copies are found by it.
    """
    pair = [fingerprints[manifest.path(c)] for c in (first, second)]
    apart = first.split != second.split or first.speaker != second.speaker
    stills = all(fingerprint.kind == "picture" for fingerprint in pair)
    both_heard = all(fingerprint.sound is not None for fingerprint in pair)
    return (apart and not both_heard) or (stills and not first.speaker)


def _near(rows: Sequence[tuple[Clip, Bits | None]], most: int) -> Iterator[tuple[Clip, Clip]]:
    present = [(c, bits) for c, bits in rows if bits is not None]
    for i, j in near_pairs([bits for _, bits in present], most):
        yield present[i][0], present[j][0]


def _same(group: Sequence[Clip], code: str, words: str) -> Finding:
    """An error where the copies cross a split, a label or a speaker, else a warning."""
    ids = tuple(c.id for c in group)
    text = " and ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")
    text = f"{text} {words}"
    crossed = (
        ("leak", "on the sides", _sides(group)),
        ("labels", "labelled", sorted({c.label for c in group if c.label})),
        ("speakers", "of the speakers", sorted({c.speaker for c in group if c.speaker})),
    )
    for kind, phrase, names in crossed:
        if len(names) > 1:
            return Finding(
                "error", f"{code}_{kind}", f"{text}, {phrase} {' and '.join(names)}", ids
            )
    return Finding("warning", code, text, ids)


def _senses(manifest: Manifest, fingerprints: Mapping[Path, MediaFingerprint]) -> Iterator[Finding]:
    """Clips without sound or without picture, where others have it."""
    readable = [c for c in manifest.clips if not fingerprints[manifest.path(c)].problem]
    mute = [c for c in readable if fingerprints[manifest.path(c)].silent]
    blind = [c for c in readable if fingerprints[manifest.path(c)].picture is None]
    for code, without in (("no_sound", mute), ("no_picture", blind)):
        if 0 < len(without) < len(readable):
            sense = code.removeprefix("no_")
            text = f"{len(without)} of {len(readable)} clips have no {sense}, for example"
            yield _warning(code, f"{text} {without[0].path}", without)


def _faces(manifest: Manifest, fingerprints: Mapping[Path, MediaFingerprint]) -> Iterator[Finding]:
    """Clips with a picture in which no face is found."""
    from mien.data.face_search import has_face

    seen = [c for c in manifest.clips if fingerprints[manifest.path(c)].picture is not None]
    faceless = []
    for c in seen:
        # what cannot be read is said already, as an unreadable file
        with suppress(MienError):
            if not has_face(manifest.path(c), c.start, c.end):
                faceless.append(c)
    if faceless:
        text = f"no face is found in {len(faceless)} of {len(seen)} clips with a picture"
        yield _warning("no_face", f"{text}, for example {faceless[0].path}", faceless)


def _warning(code: str, text: str, clips: Sequence[Clip]) -> Finding:
    return Finding("warning", code, text, tuple(c.id for c in clips))

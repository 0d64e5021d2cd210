from __future__ import annotations

import io
from pathlib import Path
from random import Random

import av
import pytest

import mien
from mien.core.inputs import SUFFIXES

SAMPLE = mien.sample().read_bytes()


WIDE_USE = """3g2 3gp aac aif aiff amr asf avi f4v flac flv m2ts m4a m4v mka mkv mov mp3 mp4 mpg mts
    mxf oga ogg ogv opus ts vob wav webm wma wmv"""


def test_every_suffix_in_wide_use_is_damaged() -> None:
    from damage_sources import SOURCES

    wide = {f".{suffix}" for suffix in WIDE_USE.split()}
    assert wide <= SUFFIXES & {f".{source.suffix}" for source in SOURCES}
    assert len({source.name for source in SOURCES}) == len(SOURCES)


def test_sources_are_whole_clips(tmp_path: Path) -> None:
    import damage_sources

    pictures, sound = damage_sources._sample()
    for number in (0, 22, 40, -5):
        source = damage_sources.SOURCES[number]
        damage_sources._write(source, tmp_path / source.name, pictures, sound)
        found = mien.analyze(tmp_path / source.name)
        assert found.label is not None, source.name
        assert found.source["complete"], source.name


def test_the_same_seed_gives_the_same_files_and_each_kind_others() -> None:
    from damage_bytes import BYTES
    from damage_headers import HEADERS, lie

    made = {kind: damage(SAMPLE, Random(f"1 {kind}")) for kind, damage in BYTES.items()}
    made |= {about: lie(SAMPLE, about, Random(about)) or b"" for about in HEADERS}
    assert len(set(made.values()) | {SAMPLE}) == len(made) + 1
    assert made["cut end"] == BYTES["cut end"](SAMPLE, Random("1 cut end"))
    assert made["cut end"] != BYTES["cut end"](SAMPLE, Random("2 cut end"))
    assert made["rate"] == lie(SAMPLE, "rate", Random("rate"))
    assert lie(b"no header", "rate", Random(1)) is None


@pytest.mark.parametrize("kind", ["packets dropped", "times far apart", "packets cut"])
def test_packets_are_changed_and_the_container_stays(kind: str) -> None:
    from damage_packets import remuxed

    made = remuxed(SAMPLE, kind, Random(kind))
    assert made == remuxed(SAMPLE, kind, Random(kind))
    assert made is not None
    with av.open(io.BytesIO(made)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_tags_are_there() -> None:
    from damage_packets import TAGS, tagged

    for kind in TAGS:
        made = tagged(SAMPLE, kind)
        assert made is not None
        with av.open(io.BytesIO(made), metadata_errors="replace") as container:
            titles = [value for name, value in container.metadata.items() if name == "title"]
        assert [title[:3] for title in titles] == [TAGS[kind].get("title", "")[:3]][: len(titles)]


def test_references_name_the_canary_and_films_keep_their_form() -> None:
    from damage_crafted import odd_samples
    from damage_references import CANARY, canary, references

    found = dict(references("/somewhere"))
    assert len(found) > 20
    assert sum(CANARY.encode() in text or b"127.0.0.1" in text for text in found.values()) > 20
    with av.open(io.BytesIO(found["url.mov"])) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
    assert mien.analyze(canary()).source["duration"] == pytest.approx(1)
    assert mien.analyze(dict(odd_samples())["nan-pcm_f32le.wav"]).label is None

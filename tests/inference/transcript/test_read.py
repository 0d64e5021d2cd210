from __future__ import annotations

import io
import json
from pathlib import Path

import av
import pytest

import mien
from mien.errors import UsageError
from mien.inference.transcript.cues import Cue
from mien.inference.transcript.read import read_transcript
from mien.inference.transcript.subtitles import embedded

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <i>you</i>,
once more

2
00:00:03,5 --> 00:00:04,000
{\\an8}- What?

01:00:05.250 --> 01:00:06,000
No number before this one
"""
VTT = """WEBVTT - a talk

NOTE nothing

STYLE
::cue { color: red }

one
00:01.000 --> 00:02.500 align:start
<v Anna Smith>Hello <c.loud>you</c>

00:03.000 --> 00:04.000
fish &amp; chips
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,Hello, {\\i1}you{\\i0}\\Nagain
"""


def cues(content: str | bytes, **more: object) -> tuple[Cue, ...]:
    given = content.encode() if isinstance(content, str) else content
    return read_transcript(given, **more).cues  # type: ignore[arg-type]


def test_srt() -> None:
    assert cues(SRT) == (
        Cue(1.0, 2.5, "Hello you, once more"),
        Cue(3.5, 4.0, "- What?"),
        Cue(3605.25, 3606.0, "No number before this one"),
    )


def test_webvtt_names_its_voices() -> None:
    assert cues(VTT) == (
        Cue(1.0, 2.5, "Hello you", "Anna Smith"),
        Cue(3.0, 4.0, "fish & chips"),
    )


def test_substation_alpha_names_its_actors() -> None:
    assert cues(ASS) == (Cue(1.0, 2.5, "Hello, you again", "Anna"),)


@pytest.mark.parametrize(
    ("text", "speaker", "said"),
    [
        ("[SPEAKER_01]: and so on", "SPEAKER_01", "and so on"),
        ("- ANNA: and so on", "ANNA", "and so on"),
        ("DR. O'NEIL: and so on", "DR. O'NEIL", "and so on"),
        ("Note: and so on", "", "Note: and so on"),
        ("at 10:30 we met", "", "at 10:30 we met"),
        ("(music)", "", "(music)"),
    ],
)
def test_speakers_in_the_text(text: str, speaker: str, said: str) -> None:
    (cue,) = cues(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")
    assert (cue.speaker, cue.text) == (speaker, said)


def test_a_name_that_comes_twice_is_a_speaker() -> None:
    found = cues(
        "start,end,text\n0,1,Anna: hello there\n1,2,Ben: oh\n2,3,Anna: well\n3,4,Note: none\n"
    )
    assert [cue.speaker for cue in found] == ["Anna", "", "Anna", ""]


def test_whisper_and_whisperx() -> None:
    whisper = {"text": "..", "segments": [{"id": 0, "start": 0.5, "end": 2.0, "text": " Hello"}]}
    assert cues(json.dumps(whisper)) == (Cue(0.5, 2.0, "Hello"),)
    words = [
        {"word": "Hello", "start": 0.5, "end": 0.9, "speaker": "SPEAKER_00"},
        {"word": "you", "start": 0.9, "end": 1.2, "speaker": "SPEAKER_01"},
        {"word": "there", "speaker": "SPEAKER_00"},
    ]
    whisperx = {"segments": [{"start": 0.5, "end": 1.5, "text": "Hello you there", "words": words}]}
    assert cues(json.dumps(whisperx)) == (Cue(0.5, 1.5, "Hello you there", "SPEAKER_00"),)
    del whisperx["segments"][0]["start"], whisperx["segments"][0]["end"]
    assert cues(json.dumps(whisperx["segments"]))[0].end == 1.2


def test_whisper_cpp_has_milliseconds() -> None:
    told = {"transcription": [{"offsets": {"from": 500, "to": 2000}, "text": " Hello"}]}
    assert cues(json.dumps(told)) == (Cue(0.5, 2.0, "Hello"),)


@pytest.mark.parametrize(
    "table",
    [
        "start,end,text,speaker\n1.5,2.5,Hello,Anna\n",
        "\ufeffStart;End;Text;Speaker\r\n1,5;2,5;Hello;Anna\r\n",
        'speaker\tbegin\tstop\tutterance\n"Anna"\t0:01.5\t00:00:02,5\tHello\n',
    ],
)
def test_tables(table: str) -> None:
    assert cues(table) == (Cue(1.5, 2.5, "Hello", "Anna"),)


def test_the_tiers_of_elan(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan")
    eaf = elan.Eaf()
    for tier, person in (("anna", "Anna"), ("other", None)):
        eaf.add_tier(tier, part=person)
    eaf.remove_tier("default")
    eaf.add_annotation("anna", 500, 1500, "Hello")
    eaf.add_annotation("other", 1500, 2500, "You too")
    eaf.to_file(str(tmp_path / "a.eaf"))
    both = (Cue(0.5, 1.5, "Hello", "Anna"), Cue(1.5, 2.5, "You too", "other"))
    assert read_transcript(tmp_path / "a.eaf").cues == both
    assert read_transcript(tmp_path / "a.eaf", tiers=["other"]).cues == (Cue(1.5, 2.5, "You too"),)
    with pytest.raises(UsageError, match=r"a\.eaf: has no tier 'x'; it has anna, other"):
        read_transcript(tmp_path / "a.eaf", tiers=["x"])


def test_the_tiers_of_praat() -> None:
    pytest.importorskip("praatio")
    short = '''File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
2
"IntervalTier"
"Anna"
0
3
3
0
1
""
1
2
"say ""hello"""
2
3
""
"IntervalTier"
"Anna - phones"
0
3
1
0
3
"h"
'''
    assert cues(short) == (Cue(1.0, 2.0, 'say "hello"'),)
    assert cues(short.encode("utf-16")) == (Cue(1.0, 2.0, 'say "hello"'),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_encodings_are_found_out(encoding: str) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, 你好\n"
    content = text.encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    assert read_transcript(content).cues[0].text == "Grüße, 你好"
    assert not read_transcript(content).notes


def test_an_old_encoding_is_guessed_with_a_note_or_told() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nGrüße\n"
    found = read_transcript(text.encode("cp1252"))
    assert found.cues[0].text == "Grüße"
    assert [note.code for note in found.notes] == ["encoding"]
    greek = "1\n00:00:01,000 --> 00:00:02,000\nκαλημέρα\n".encode("cp1253")
    assert read_transcript(greek, encoding="cp1253").cues[0].text == "καλημέρα"
    with pytest.raises(UsageError, match="--encoding klingon"):
        read_transcript(greek, encoding="klingon")
    with pytest.raises(UsageError, match="is not in utf-8"):
        read_transcript(greek, encoding="utf-8")
    with pytest.raises(UsageError, match="encoding"):
        read_transcript(greek, encoding="base64")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n \n", "is empty"),
        (b"Hello there\n", "no lines with times"),
        (b"\x00\x01\x02\x03", "is not text"),
        (b"{", "damaged JSON"),
        (b"{}", "no 'segments'"),
        (b"[1]", "segment 1"),
        (b'{"segments": []}', "has no lines"),
        (b'{"segments": [{"text": "Hello"}]}', "segment 1 has no start and end"),
        (b'{"segments": [{"start": null, "end": 2, "text": "Hello"}]}', "no start and end"),
        (b'{"segments": [{"start": 0, "end": 1e400, "text": "Hello"}]}', "has the times"),
        (b'{"segments": [{"start": 0, "end": 1, "text": "  "}]}', "no lines but 1 empty"),
        (b"start,end\n1,2\n", "no column 'text'"),
        (b"start,end,text\nx,2,Hello\n", "line 2: start 'x' is no time"),
        (b"start,end,text\n1,,Hello\n", "line 2: end '' is no time"),
        (b"WEBVTT\n\n", "has no lines"),
        (b"<ANNOTATION_DOCUMENT", "not an annotation file of ELAN"),
    ],
)
def test_what_is_no_transcript_is_one_clear_line(content: bytes, said: str) -> None:
    if b"ANNOTATION" in content:
        pytest.importorskip("pympi")
    with pytest.raises(UsageError) as caught:
        read_transcript(content)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_a_folder_and_a_clip(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_transcript(tmp_path / "x.srt")
    with pytest.raises(UsageError, match="is a folder"):
        read_transcript(tmp_path)
    with pytest.raises(UsageError, match="is not text"):
        read_transcript(mien.sample())


def test_empty_lines_are_left_out_and_counted() -> None:
    found = read_transcript(b"start,end,text\n0,1,Hello\n1,2,\n")
    assert len(found.cues) == 1
    assert "1 lines without text" in found.notes[0].message


def test_lines_come_in_the_order_of_time() -> None:
    assert [cue.text for cue in cues("start,end,text\n5,6,b\n1,9,a\n1,2,c\n")] == ["c", "a", "b"]


def with_subtitles(path: Path) -> Path:
    """The sample clip, with the lines of `SRT` inside."""
    with (
        av.open(str(mien.sample())) as clip,
        av.open(io.BytesIO(SRT.encode()), format="srt") as text,
        av.open(str(path), "w") as out,
    ):
        streams = {s.index: out.add_stream_from_template(s) for s in clip.streams}
        lines = out.add_stream_from_template(text.streams.subtitles[0])
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        for packet in text.demux():
            if packet.pts is not None and packet.pts * packet.time_base < 8:
                packet.stream = lines
                out.mux(packet)
    return path


def test_subtitles_inside_a_clip(tmp_path: Path) -> None:
    clip = with_subtitles(tmp_path / "clip.mkv")
    first, second = embedded(clip).cues
    assert (first.text, second.text) == ("Hello you, once more", "- What?")
    assert first.start == pytest.approx(1, abs=0.07), "the muxer shifts all streams together"
    assert first.end - first.start == pytest.approx(1.5)
    with pytest.raises(UsageError, match="has no subtitles of text inside"):
        embedded(mien.sample())

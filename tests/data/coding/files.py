"""Files as coding programs write them, one coded clip: interview.mp4, joy 1-4 s, sad 5.5-8.25 s."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WANTED = [("interview.mp4", 1.0, 4.0, "joy"), ("interview.mp4", 5.5, 8.25, "sad")]

AGGREGATED = (
    "Observation id\tObservation date\tDescription\tObservation type\tSource\tTime offset (s)\t"
    "Coding duration\tMedia duration (s)\tFPS (frame/s)\tSubject\t"
    "Observation duration by subject by observation\tBehavior\tBehavioral category\tModifier #1\t"
    "Behavior type\tStart (s)\tStop (s)\tDuration (s)\tMedia file name\tComment start\tComment stop"
)
TABULAR_HEAD = (
    "Observation id,first\n,\nMedia file(s),\n,\nPlayer #1,/films/interview.mp4\n,\n"
    "Observation date,2024-05-02 10:00:00\n,\nDescription,\n,\nTime offset (s),0.0\n,\n"
    "Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status\n"
)
NOLDUS_HEAD = (
    "Date_Time_Absolute_dmy_hmsf;Time_Relative_hms;Time_Relative_sf;Duration_sf;Observation;"
    "Event_Log;Subject;Behavior;Modifier_1;Event_Type;Comment\n"
)


def aggregated(*states: tuple[str, str, str, str], media: str = "interview.mp4") -> str:
    """BORIS's "Export aggregated events"; a state is label, modifier, start, stop."""
    rows = [
        f"first\t2024-05-02\t\tMedia file(s)\t\t0\t12.0\t12.0\t25\tNo focal subject\t12.0\t"
        f"{label}\t\t{modifier}\tSTATE\t{start}\t{stop}\t\t{media}\t\t"
        for label, modifier, start, stop in states
    ]
    return "\n".join([AGGREGATED, *rows]) + "\n"


def tabular(*events: tuple[str, str, str, str]) -> str:
    """BORIS 7's "Export events"; an event is time, subject, behaviour, status."""
    rows = [
        f"{time},/films/interview.mp4,12.0,25.0,{who},{what},,,{status}"
        for time, who, what, status in events
    ]
    return TABULAR_HEAD + "\n".join(rows) + "\n"


def noldus(*events: tuple[str, str, str]) -> str:
    """The Observer's export with decimal commas; an event is time, behaviour, type."""
    rows = [
        f"02-05-2024 10:00:00.000;00:00:00;{time};0,00;interview;log0001;Child;{what};3;{kind};"
        for time, what, kind in events
    ]
    return NOLDUS_HEAD + "\n".join(rows) + "\n"


def project(path: Path, **changes: Any) -> Path:
    """BORIS's project file with one observation of one media file."""
    observation = {
        "file": {"1": ["/films/interview.mp4"], "2": []},
        "type": "MEDIA",
        "time offset": 0.0,
        "events": [
            [1.0, "", "joy", "2", ""],
            [4.0, "", "joy", "2", ""],
            [5.5, "", "Sad", "", ""],
            [6.0, "", "look", "", ""],
            [8.25, "", "Sad", "", ""],
        ],
        "media_info": {"length": {"/films/interview.mp4": 12.0}},
    } | changes
    content = {
        "project_name": "films",
        "behaviors_conf": {
            "0": {"type": "State event", "code": "joy"},
            "1": {"type": "State event", "code": "Sad"},
            "2": {"type": "Point event", "code": "look"},
        },
        "observations": {"first": observation},
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


def elan(path: Path) -> Path:
    """An annotation file of two coders, written by pympi; the second tier holds nothing."""
    from pympi.Elan import Eaf

    document = Eaf(author="somebody")
    document.add_linked_file(
        "file:///films/interview.mp4", "./interview.mp4", "video/mp4", time_origin=500
    )
    document.add_tier("emotion-a", ann="Anna", part="Mother")
    document.add_annotation("emotion-a", 500, 3500, "Joy")
    document.add_annotation("emotion-a", 5000, 7750, " sad ")
    document.add_tier("ben")
    document.to_file(str(path))
    return path


def textgrid(path: Path) -> Path:
    """A TextGrid with a tier for each of two coders, written by praatio."""
    from praatio import textgrid as praat

    grid = praat.Textgrid()
    anna = praat.IntervalTier("anna", [(1, 4, "Joy"), (5.5, 8.25, "sad")], 0, 12)
    grid.addTier(anna)
    grid.addTier(praat.PointTier("beats", [(2, "nod")], 0, 12))
    grid.save(str(path), "long_textgrid", includeBlankSpaces=True)
    return path

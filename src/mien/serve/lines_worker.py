"""A transcript for a clip that is analysed, read in a process of its own.

What a stranger sends is read here and nowhere else: the transcript comes in on stdin, the answer
goes out as one JSON object, and its other forms go into the folder of the job. `lines_process` is
the other end.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.errors import MienError
from mien.inference.bundle import load
from mien.inference.transcript.analyze import lines_of
from mien.inference.transcript.read import read_transcript
from mien.inference.transcript.result import Lines
from mien.inference.transcript.store import load_evidence
from mien.inference.transcript.write import SUFFIXES, write_lines
from mien.output.answer import prediction_from_dict
from mien.serve.confine import confine
from mien.serve.files import JobFiles

__all__ = ["main"]

_MEMORY = 2**31
_LARGEST = 2**28  # bytes of a file that is written


def main() -> None:
    """Serve one transcript; the first argument is a JSON object.

    data, job: where the job's files are; model, device: of the bundle; name: of the transcript;
    encoding, tiers: see `mien.lines`.
    """
    told = json.loads(sys.argv[1])
    os.umask(0o077)
    answer: dict[str, Any]
    try:
        answer = {"lines": _lines(told, sys.stdin.buffer.read()).to_dict()}
    except MienError as error:
        answer = {"problem": str(error)}
    except MemoryError:
        answer = {"problem": "not enough memory; give a smaller transcript"}
    except Exception:
        answer = {"failed": traceback.format_exc()}
    sys.stdout.write(json.dumps(answer))


def _lines(told: Mapping[str, Any], content: bytes) -> Lines:
    files, job = JobFiles(Path(told["data"])), str(told["job"])
    bundle = load(told["model"], 1, told["device"])
    plain = json.loads(files.result(job, "json").read_bytes())
    prediction = prediction_from_dict(plain)
    evidence = load_evidence(files.evidence(job), bundle, prediction)
    confine(_MEMORY, _LARGEST)
    text = read_transcript(content, encoding=told["encoding"] or None, tiers=told["tiers"])
    named = replace(text, name=told["name"])
    lines = lines_of(bundle, evidence, prediction, named)
    for form in SUFFIXES:
        write_lines(lines, form, files.lines(job, form))
    return lines


if __name__ == "__main__":
    main()

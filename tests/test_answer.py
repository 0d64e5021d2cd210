from __future__ import annotations

from pathlib import Path

import mien.answer


def test_the_published_schema_is_up_to_date() -> None:
    path = Path(mien.answer.__file__).parent / "schema" / "prediction-1.json"
    assert path.read_text() == mien.answer.json_schema() + "\n"

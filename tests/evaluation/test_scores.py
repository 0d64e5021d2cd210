from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.evaluation.scores import ScoreTable, read_scores, write_scores
from mien.labels import EMOTIONS, LabelSet
from tests.evaluation.reports.tables import stored, table

HEAD = "id,speaker,label,fold,seed,system,no,perhaps,yes\n"


def written(path: Path, lines: str, head: str = HEAD) -> Path:
    path.write_text(head + lines)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    given = table([0, 1, 2, -1], {"a": [0, None, 2, 1] * 2, "b": [1, 1, 1, 1] * 2}, seeds=2)
    write_scores(given, tmp_path / "s.csv")
    read = read_scores(tmp_path / "s.csv")
    assert (read.ids, read.speakers, read.labels.names) == (
        given.ids,
        given.speakers,
        given.labels.names,
    )
    for name in ("truth", "fold", "seed"):
        assert np.array_equal(getattr(read, name), getattr(given, name))
    for name, scores in given.systems.items():
        assert np.allclose(read.systems[name], scores, atol=1e-6, equal_nan=True)


def test_a_real_table_keeps_its_label_set_and_its_answers(tmp_path: Path) -> None:
    given = stored("voice_ravdess")
    write_scores(given, tmp_path / "s.csv")
    read = read_scores(tmp_path / "s.csv")
    assert read.labels is EMOTIONS
    there = ~given.absent("voice")
    assert np.array_equal(
        read.systems["voice"][there].argmax(1), given.systems["voice"][there].argmax(1)
    )


def test_columns_go_by_name(tmp_path: Path) -> None:
    path = written(
        tmp_path / "s.csv",
        "-1,-2,-3,a,s,yes,3,1,x\n",
        "no,perhaps,yes,id,speaker,label,fold,seed,system\n",
    )
    read = read_scores(path)
    assert (read.ids, read.truth.tolist(), read.fold.tolist()) == (("a",), [2], [3])
    assert read.systems["x"].tolist() == [[-1, -2, -3]]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("c,s,yess,0,0,a,-1,-1,-1\n", r"line 2: unknown label 'yess'; did you mean 'yes'"),
        ("c,s,yes,0,x,a,-1,-1,-1\n", "line 2: seed 'x' is not a whole number"),
        ("c,s,yes,0,0,a,-1,,-1\n", "line 2: .*all classes need a number"),
        ("c,s,yes,0,0,a,-1,nan,-1\n", "line 2: log-probabilities must be finite"),
        ("c,s,yes,0,0,a,-1\n", "line 2: nothing for column 'perhaps'"),
        ("c,s,yes,0,0,a,-1,-1,-1\n" * 2, "line 3: clip 'c' comes twice for system 'a', seed 0"),
        (
            "c,s,yes,0,0,a,-1,-1,-1\nd,s,no,0,0,a,-1,-1,-1\nc,s,yes,0,0,b,-1,-1,-1\n",
            "clip 'd', seed 0 is there for system 'a' but not for 'b'",
        ),
        (
            "c,s,yes,0,0,a,-1,-1,-1\nc,s,no,0,0,b,-1,-1,-1\n",
            "clip 'c' has another speaker, label or fold for system 'b' than for 'a'",
        ),
        (
            "c,s,yes,0,0,a,-1,-1,-1\nc,s,no,0,1,a,-1,-1,-1\n",
            "clip 'c' has two labels",
        ),
        ("", "has no scores"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_scores(written(tmp_path / "s.csv", lines))


def test_no_file_and_no_column(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_scores(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="column 'fold' is missing"):
        read_scores(written(tmp_path / "s.csv", "", "id,speaker,label,seed,system,yes\n"))
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a readable score table"):
        read_scores(tmp_path / "b.csv")


def test_a_class_cannot_have_the_name_of_a_column(tmp_path: Path) -> None:
    one = np.zeros(1, np.int64)
    labels = LabelSet("own", ("seed", "leaf"))
    given = ScoreTable(labels, ("a",), ("",), one, one, one, {"x": np.zeros((1, 2))})
    with pytest.raises(UsageError, match="cannot be called 'seed'"):
        write_scores(given, tmp_path / "s.csv")
    assert not list(tmp_path.iterdir())


def test_shapes_are_checked() -> None:
    one = np.zeros(1, np.int64)
    with pytest.raises(ValueError, match="shape"):
        ScoreTable(EMOTIONS, ("a",), ("",), one, one, one, {"x": np.zeros((1, 2))})
    with pytest.raises(ValueError, match="1 ids"):
        ScoreTable(EMOTIONS, ("a",), (), one, one, one, {})


def test_the_prior_answers_for_the_absent() -> None:
    given = table([0, 1], {"a": [0, None]})
    said = given.probabilities("a", np.array([0.2, 0.5, 0.3]))
    assert np.allclose(said, [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3]])
    assert given.absent("a").tolist() == [False, True]

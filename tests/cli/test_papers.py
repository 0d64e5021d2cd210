from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.errors import UsageError

pytest.importorskip("torch")


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["papers", *map(str, options)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name one recipe of a paper: cnn_rnn, hybrid, temporal, resnet_lstm, msff"),
        (["temporl", "--run", "x"], "did you mean 'temporal'"),
        (["mien", "--run", "x"], "is no recipe of a paper"),
        (["msff"], "give --data MANIFEST to train, or --run RUN"),
        (["msff", "--data", "a.csv", "--run", "x"], "give --data MANIFEST to train, or --run"),
        (["msff", "--data", "a.csv"], "name the run folder with --out"),
        (["msff", "--run", "x", "--ablations"], "are trained with --data"),
        (["msff", "--run", "x", "--submit", "t.csv"], "--submit needs --run RUN"),
        (["msff", "--run", "nowhere"], "not a run folder"),
        (["msff", "--data", "a.csv", "--out", "o", "--seeds", "0"], "--seeds 1 or more"),
        (["--docs", "nowhere"], "not a run folder"),
        (["msff", "--data", "a.csv", "--out", "o"], "--init vgg_face=FILE --init resnet50=FILE"),
    ],
)
def test_wrong_usage_is_one_line(options: list[str], message: str) -> None:
    done = call(*options)
    assert isinstance(done.exception, UsageError), done.output
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


def test_the_page_without_any_run_is_printed() -> None:
    done = call("--docs")
    assert done.exit_code == 0
    assert done.output.startswith("# The five papers\n")

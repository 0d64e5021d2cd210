from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import BundleError
from mien.fusion.load import load_fusion

MEAN = {"kind": "mean", "branches": ["a", "b"], "classes": 2, "temperature": 1.0}
STACKED = {**MEAN, "kind": "stacked", "method": "SVC", "file": "fusion.onnx", "prior": [0.5, 0.5]}


def test_what_is_good_loads(tmp_path: Path) -> None:
    assert load_fusion(MEAN, tmp_path).branches == ("a", "b")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({**MEAN, "kind": "wishes"}, "fusion 'wishes' is unknown; known are log_pool, "),
        ({**MEAN, "temperature": 0}, "temperature above 0"),
        ({**MEAN, "classes": "many"}, "classes: "),
        ({**MEAN, "code": "import os"}, "code: "),
        ({**MEAN, "kind": "weighted_mean", "weights": {"a": 1.0}}, "one from 0 to 1 for each"),
        ({**MEAN, "kind": "log_pool", "weights": {}, "temperatures": {}}, "set of branches"),
        (STACKED, "file 'fusion.onnx' is missing"),
        ({**STACKED, "file": "../fusion.onnx"}, "file '../fusion.onnx' is missing"),
    ],
)
def test_what_is_not_is_refused_in_one_line(
    spec: dict[str, object], words: str, tmp_path: Path
) -> None:
    (tmp_path.parent / "fusion.onnx").write_bytes(b"")
    with pytest.raises(BundleError) as caught:
        load_fusion(spec, tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_network_of_another_width_is_refused(tmp_path: Path) -> None:
    from mien.fusion.stacked_svm import StackedSvm

    from .clips import CLASSES, made

    parts, labels = made(60, seed=0)
    spec = StackedSvm().fit(parts, labels, CLASSES, 0, tmp_path).save(tmp_path)
    fused = load_fusion({**spec, "branches": ["face", "voice"]}, tmp_path)
    with pytest.raises(BundleError, match="takes 12 numbers, not 8"):
        fused.batch({name: parts[name] for name in ("face", "voice")})

"""Pictures are read as they are looked at, and only those; memory does not grow with the clips."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

from mien.data.manifest import Manifest
from mien.errors import UsageError
from mien.features.store import Store, load_features
from mien.features.store.stored_pictures import Recent, StoredPictures
from mien.labels import EMOTIONS
from mien.training.learners.clip_set import ClipSet
from mien.types import Clip, Features

pa = pytest.importorskip("pyarrow")

SIDE, ROWS = 64, 30


@dataclass(frozen=True)
class Pictures:
    """Pictures that were put into the store before."""

    name: ClassVar[str] = "made"
    modality: ClassVar[Literal["frame"]] = "frame"
    kind: ClassVar[Literal["pictures"]] = "pictures"

    def settings(self) -> dict[str, str | int | float]:
        return {"code": 1}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        raise AssertionError((path, start, end))


def pictures(number: int) -> Features:
    """Of one clip, each a wave of its own; the last one is not valid."""
    at = np.linspace(0, 6, SIDE)
    waves = [np.sin(at[:, None] + k) * np.cos(number + at) for k in range(ROWS)]
    grey = (128 + 100 * np.stack(waves)).astype(np.uint8)
    valid = np.arange(ROWS) < ROWS - 1
    return Features(np.stack([grey, 255 - grey, grey // 2], -1), np.arange(ROWS) / 5, valid)


def stored(folder: Path, count: int, joined: bool = True) -> tuple[Manifest, Store]:
    store, clips = Store(folder / "store"), []
    for number in range(count):
        path = folder / f"{number}.bin"
        path.write_bytes(str(number).encode())
        store.put(Pictures(), path, None, None, pictures(number))
        clips.append(Clip(str(number), path.name, label=EMOTIONS.names[number % 2]))
    if joined:
        store.shelf(Pictures()).tidy()
    return Manifest("made", tuple(clips), EMOTIONS, folder), store


@pytest.mark.parametrize("joined", [False, True])
def test_they_index_as_an_array_does(tmp_path: Path, joined: bool) -> None:
    manifest, store = stored(tmp_path, 3, joined)
    lazy = load_features(manifest, Pictures(), Store(store.root))
    for number, features in enumerate(lazy):
        eager = store.features(Pictures(), manifest.path(manifest.clips[number]), None, None)
        assert eager is not None
        values: Any = features.values
        assert isinstance(values, StoredPictures)
        assert (values.shape, values.dtype, values.ndim) == ((ROWS, SIDE, SIDE, 3), np.uint8, 4)
        np.testing.assert_array_equal(np.asarray(values), eager.values)
        np.testing.assert_array_equal(features.times, eager.times)
        kinds: list[Any] = [3, -1, slice(2, 9, 3), [5, 5, 1], features.valid]
        kinds += [np.array([[0, 1], [1, 29]]), np.zeros(0, int)]
        for chosen in kinds:
            np.testing.assert_array_equal(values[chosen], eager.values[chosen])
        assert np.abs(values[0].astype(int) - pictures(number).values[0]).mean() < 2  # JPEG


def test_they_go_to_other_processes_without_their_pixels(tmp_path: Path) -> None:
    lazy = load_features(*reversed_store(stored(tmp_path, 2)))
    lazy[0].values[0]
    sent = pickle.dumps(lazy)
    assert len(sent) < 20_000
    np.testing.assert_array_equal(pickle.loads(sent)[1].values[3], lazy[1].values[3])


def reversed_store(made: tuple[Manifest, Store]) -> tuple[Manifest, Pictures, Store]:
    return made[0], Pictures(), made[1]


def test_a_store_that_is_gone_is_one_line(tmp_path: Path) -> None:
    manifest, store = stored(tmp_path, 1, joined=False)
    lazy = load_features(manifest, Pictures(), store)
    for file in store.root.rglob("*.parquet"):
        file.unlink()
    with pytest.raises(UsageError, match="gone while they are in use"):
        lazy[0].values[0]


def test_rows_that_are_joined_meanwhile_are_found(tmp_path: Path) -> None:
    manifest, store = stored(tmp_path, 2, joined=False)
    lazy = load_features(manifest, Pictures(), store)
    Store(store.root).shelf(Pictures()).tidy()
    assert lazy[1].values[2].shape == (SIDE, SIDE, 3)


def test_what_was_looked_at_last_is_kept_up_to_a_limit() -> None:
    recent, reads = Recent(250), []

    def read(key: str) -> Any:
        return recent.get(key, lambda: (reads.append(key), ([key], 100))[1])  # type: ignore[func-returns-value]

    assert [read(key)[0] for key in "abacba"] == list("abacba")
    assert reads == ["a", "b", "c", "b", "a"]
    assert recent.held <= 250


@contextmanager
def most_held() -> Iterator[list[int]]:
    """The most bytes that numpy, Python and Arrow held at a time."""
    result: list[int] = []
    before, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        yield result
        result.append(tracemalloc.get_traced_memory()[1] + pool.max_memory())
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(before)


def trained_on(folder: Path, count: int) -> int:
    """Bytes that four batches of a CNN and of an LSTM end to end, and scoring all clips, took."""
    from mien.training.learners.encoder import EncoderLearner
    from mien.training.learners.recurrent import RecurrentLearner
    from mien.training.recipes.declaration import Encoder, Recurrent, TrainingConfig
    from mien.training.recipes.networks import Vgg
    from mien.training.schedules import OptimConfig

    school = TrainingConfig(OptimConfig(epochs=1, steps=4, average=0.0), batch=4)
    encoder = Encoder(Vgg(width=1 / 32, size=32, batch_norm=True), school)
    manifest, store = stored(folder, count)
    store.shelf(Pictures())._recent = Recent(100_000)
    with most_held() as held:
        found = load_features(manifest, Pictures(), store)
        labels = np.arange(count) % 2
        data = ClipSet(tuple(c.id for c in manifest.clips), tuple(found), labels, 2)
        base = EncoderLearner(encoder, 2, (SIDE, SIDE, 3))
        base.train(data.present(), folder / "cnn", 0)
        head = Recurrent(school, on="cnn", hidden=8, end_to_end=school)
        whole = RecurrentLearner(head, 2, (SIDE, SIDE, 3), base)
        whole.train(data.present(), folder / "lstm", 0)
        assert all(whole.predict(features) is not None for features in data.features)
    return held[0]


def test_memory_does_not_grow_with_the_clips(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pixels = ROWS * SIDE * SIDE * 3
    few, many = (tmp_path / name for name in ("few", "many"))
    for folder in (few, many):
        folder.mkdir()
    trained_on(few, 4)  # what is loaded once
    (few / "again").mkdir()
    least = trained_on(few / "again", 8)
    most = trained_on(many, 40)
    assert most - least < 6 * pixels  # of 32 clips more

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import mien
from mien.cli.features import features
from mien.data.manifest import Manifest, write_manifest
from mien.errors import MediaError, UsageError
from mien.features.extractors import Extractor, extractor
from mien.features.store import Failure, Store, load_features, run_features
from mien.labels import EMOTIONS
from mien.types import Clip, Features
from tests.conftest import tone, write_clip, write_sound

pytest.importorskip("pyarrow")

NAMES = ["faces", "log_mel"]


def stretches(count: int) -> Manifest:
    """Clips of 1.5 s out of the sample, which differ."""
    sample = mien.sample()
    clips = [Clip(f"c{k}", sample.name, 0.1 * k, 0.1 * k + 1.5, "happy") for k in range(count)]
    return Manifest("m", tuple(clips), EMOTIONS, sample.parent)


def content(store: Store, twice: bool = False) -> dict[str, dict[str, object]]:
    """Every row of a store, by folder and key; fails if a row is there twice and must not be."""
    from pyarrow import parquet

    found: dict[str, dict[str, object]] = {}
    for path in sorted(store.root.rglob("*.parquet")):
        for row in parquet.ParquetFile(path).read().to_pylist():
            key = f"{path.relative_to(store.root).parts[0]}/{row['key']}"
            assert twice or key not in found
            found[key] = row
    return found


KILLED = """
import sys
from pathlib import Path
from mien.features.extractors import extractor
from mien.data.manifest import read_manifest
from mien.features.store import Store, run_features

if __name__ == "__main__":
    chosen = [extractor(name) for name in {names}]
    run_features(read_manifest({manifest!r}), chosen, Store(Path({store!r})), {jobs})
"""


def start(folder: Path, manifest: Manifest, jobs: int) -> tuple[subprocess.Popen[bytes], Store]:
    """A run in a process of its own."""
    write_manifest(manifest, folder / "m.csv")
    script, store = folder / "run.py", Store(folder / "killed")
    given = {"names": NAMES, "manifest": str(folder / "m.csv"), "store": str(store.root)}
    script.write_text(KILLED.format(**given, jobs=jobs))
    return subprocess.Popen([sys.executable, str(script)], start_new_session=True), store


def kill(run: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the parent alone, as `kill -9` does."""
    run.kill()
    run.wait()
    _wait_for_orphans(run.pid)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("jobs", "after"), [(1, 3), (2, 9)])
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, jobs: int, after: int) -> None:
    manifest = stretches(14)
    run, store = start(tmp_path, manifest, jobs)
    try:
        limit = time.monotonic() + 60
        while len(list(store.root.glob("*/new/*.parquet"))) < after:
            assert run.poll() is None, "finished before it could be killed"
            assert time.monotonic() < limit
            time.sleep(0.005)
    finally:
        kill(run)
    assert run.returncode == -signal.SIGKILL
    before = content(store)
    # Its workers look for it once a second, and go on until then: on a slow day to the end.
    assert after <= len(before) <= 2 * len(manifest)
    chosen = [extractor(name) for name in NAMES]
    keys = {
        c.id: {e.name for e in chosen if store.features(e, manifest.path(c), c.start, c.end)}
        for c in manifest.clips
    }
    steps: list[tuple[int, int]] = []
    assert run_features(manifest, chosen, store, 1, lambda *s: steps.append(s)) == []
    assert steps[-1] == (sum(len(names) < 2 for names in keys.values()),) * 2  # nothing twice
    after_all = content(store)
    assert {key: after_all[key] for key in before} == before  # nothing lost
    assert after_all == undisturbed(tmp_path, manifest)
    assert not list(store.root.glob("*/new/*.parquet"))
    again: list[tuple[int, int]] = []
    run_features(manifest, chosen, store, 1, lambda *s: again.append(s))
    assert again == [(0, 0)]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_ten_kills_at_random_moments(tmp_path: Path) -> None:
    manifest, draw, sizes = stretches(60), np.random.default_rng(), [0]
    for _ in range(10):
        run, store = start(tmp_path, manifest, 2)
        time.sleep(draw.uniform(0.2, 4.0))
        kill(run)
        sizes.append(len({key.rpartition("/")[2] for key in content(store, twice=True)}))
    assert sizes == sorted(sizes)
    assert run_features(manifest, [extractor(name) for name in NAMES], store, 1) == []
    assert content(store) == undisturbed(tmp_path, manifest)


def undisturbed(folder: Path, manifest: Manifest) -> dict[str, dict[str, object]]:
    calm = Store(folder / "calm")
    assert run_features(manifest, [extractor(name) for name in NAMES], calm, 1) == []
    return content(calm)


def _wait_for_orphans(group: int) -> None:
    """Workers notice by themselves that their parent is gone."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("workers outlived the killed run")


def test_processes_give_what_one_gives(tmp_path: Path) -> None:
    manifest, chosen = stretches(4), [extractor(name) for name in NAMES]
    stores = [Store(tmp_path / "one"), Store(tmp_path / "two")]
    for jobs, store in enumerate(stores, 1):
        assert run_features(manifest, chosen, store, jobs) == []
    assert content(stores[0]) == content(stores[1])
    direct = chosen[1].extract(mien.sample(), 0.3, 1.8)
    stored = load_features(manifest, chosen[1], stores[1])[3]
    np.testing.assert_array_equal(stored.values, direct.values)


def test_a_changed_setting_is_made_anew(tmp_path: Path) -> None:
    manifest, store = stretches(2), Store(tmp_path / "s")
    counts = []
    for fps in (2.0, 4.0, 2.0):
        one, steps = extractor("faces", fps=fps), list[int]()
        run_features(manifest, [one], store, 1, lambda _, total, steps=steps: steps.append(total))
        counts.append(steps[0])
        rows = len(load_features(manifest, one, store)[0])
        assert rows == 1.5 * fps
    assert counts == [2, 2, 0]  # and the old ones were not lost


def test_changed_code_is_never_served_the_old_values(tmp_path: Path, monkeypatch) -> None:
    manifest, store, one = stretches(1), Store(tmp_path / "s"), extractor("log_mel")
    run_features(manifest, [one], store, 1)
    assert len(load_features(manifest, one, store)) == 1
    monkeypatch.setattr(
        "mien.features.extractors.log_mel.code_version", lambda _: "0123456789abcdef"
    )
    with pytest.raises(UsageError, match="as it is made now"):
        load_features(manifest, one, store)


def test_a_broken_file_stops_nothing(tmp_path: Path, portrait) -> None:
    write_clip(tmp_path / "silent.mp4", [portrait] * 5, [k / 5 for k in range(5)])
    write_sound(tmp_path / "tone.wav", tone(1.0), 16_000, "mono", "pcm_s16le")
    (tmp_path / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(400))
    (tmp_path / "good.mp4").write_bytes(mien.sample().read_bytes())
    (tmp_path / "same.mp4").write_bytes(mien.sample().read_bytes())
    names = ("broken.mp4", "silent.mp4", "gone.mp4", "good.mp4", "tone.wav", "same.mp4")
    clips = (*(Clip(n, n) for n in names), Clip("late", "tone.wav", 5.0, 6.0))
    manifest = Manifest("m", clips, EMOTIONS, tmp_path)
    store, chosen = Store(tmp_path / "s"), [extractor(name) for name in NAMES]
    steps: list[int] = []
    failures = run_features(manifest, chosen, store, 1, lambda _, total: steps.append(total))
    assert [(f.clip, f.extractor) for f in failures] == [
        (clip, name) for clip in ("broken.mp4", "gone.mp4", "late") for name in sorted(NAMES)
    ]
    assert steps[0] == 5  # the file that is there twice is read once
    reasons = {f.clip: f.reason for f in failures}
    assert "no such file" in reasons["gone.mp4"].lower()
    assert "ends at 1.00 s" in reasons["late"]
    assert all("\n" not in reason for reason in reasons.values())
    good = manifest.where(lambda c: c.id not in reasons)
    counts = [[len(f) > 0 for f in load_features(good, one, store)] for one in chosen]
    assert counts == [[True, True, False, True], [False, True, False, True]]
    run_features(manifest, chosen, store, 1, lambda _, total: steps.append(total))
    assert steps[-1] == 2  # only what failed is tried again


@dataclass(frozen=True)
class Moody:
    """Does to its process what the clip's number says."""

    name: ClassVar[str] = "moody"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def settings(self) -> dict[str, str | int | float]:
        return {"code": 1}

    def extract(
        self,
        path: Path,
        start: float | None,
        end: float | None,  # noqa: ARG002
    ) -> Features:
        acts: dict[float | None, Callable[[], object]] = {
            1.0: lambda: os._exit(9),
            2.0: lambda: 1 // 0,
            3.0: lambda: path.write_bytes(b"something else"),
        }
        acts.get(start, lambda: None)()
        return Features(np.ones((1, 2), np.float32), np.zeros(1), np.ones(1, bool))


def test_a_process_that_dies_takes_no_other_clip_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"a")
    clips = [Clip(f"c{k}", "a.bin", float(k)) for k in (0, 1, 2, 4, 5, 6)]
    manifest = Manifest("m", tuple(clips), EMOTIONS, tmp_path)
    one: Extractor = Moody()
    store = Store(tmp_path / "s")
    failures = {f.clip: f.reason for f in run_features(manifest, [one], store, 2)}
    assert set(failures) == {"c1", "c2"}
    assert "the process that read it died" in failures["c1"]
    assert "ZeroDivisionError" in failures["c2"]
    assert len(load_features(manifest.where(lambda c: c.id not in failures), one, store)) == 4


def test_a_file_that_changes_meanwhile_is_not_stored(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"a")
    manifest = Manifest("m", (Clip("c3", "a.bin", 3.0),), EMOTIONS, tmp_path)
    store = Store(tmp_path / "s")
    (failure,) = run_features(manifest, [Moody()], store, 1)
    assert failure == Failure("c3", "moody", failure.reason)
    assert "changed while it was read" in failure.reason
    assert not content(store)


def test_no_jobs_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="jobs 0"):
        run_features(stretches(1), [], Store(tmp_path), 0)


app = typer.Typer()
app.command()(features)
app.command("other")(lambda: None)


def test_the_command_fills_the_store_and_lists_failures(tmp_path: Path) -> None:
    (tmp_path / "good.mp4").write_bytes(mien.sample().read_bytes())
    (tmp_path / "broken.mp4").write_bytes(b"nonsense")
    clips = (Clip("good", "good.mp4", 0.0, 2.5, "happy"), Clip("bad", "broken.mp4", label="sad"))
    manifest = Manifest("m", clips, EMOTIONS, tmp_path)
    write_manifest(manifest, tmp_path / "m.csv")
    wanted = ["features", str(tmp_path / "m.csv"), "--extract", "faces,log_mel", "--jobs", "1"]
    done = CliRunner().invoke(app, wanted)
    assert done.exit_code == 1
    assert "mien: bad, faces: " in done.stderr
    assert "1 clips failed" in done.stderr
    store = Store(tmp_path / "features")
    good = manifest.where(lambda c: c.id == "good")
    assert len(load_features(good, extractor("log_mel"), store)[0]) > 0
    (tmp_path / "m.csv").unlink()
    write_manifest(good, tmp_path / "m.csv")
    assert CliRunner().invoke(app, [*wanted, "--store", str(store.root)]).exit_code == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--extract", "face"], "did you mean 'faces'"),
        (["--extract", " ,"], "name at least one"),
        (["--extract", "faces", "--jobs", "-1"], "--jobs must be"),
    ],
)
def test_wrong_usage_of_the_command(tmp_path: Path, options: list[str], text: str) -> None:
    done = CliRunner().invoke(app, ["features", str(tmp_path / "m.csv"), *options])
    assert isinstance(done.exception, UsageError)
    assert text in str(done.exception)


def test_a_clip_of_an_unreadable_manifest_path_is_a_media_error(tmp_path: Path) -> None:
    manifest = Manifest("m", (Clip("x", "gone.mp4"),), EMOTIONS, tmp_path)
    with pytest.raises(MediaError, match=r"gone\.mp4"):
        load_features(manifest, extractor("log_mel"), Store(tmp_path / "s"))


def test_a_part_that_is_finished_meanwhile_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process renames its file between the listing and the look at its age."""
    shelf = Store(tmp_path).shelf(extractor("log_mel"))
    (shelf.folder / "new").mkdir(parents=True)
    gone = shelf.folder / "new" / "a.parquet.1.part"
    listed = Path.rglob

    def rglob(self: Path, pattern: str) -> Iterator[Path]:
        yield from listed(self, pattern)
        yield gone

    monkeypatch.setattr(Path, "rglob", rglob)
    shelf.tidy(0)
    assert not list(shelf.folder.glob("part-*"))

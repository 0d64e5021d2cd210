from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.data.perturbation import ALTERATIONS, alteration
from mien.errors import UsageError
from mien.features.extractors import Extractor, extractor
from mien.features.extractors.altered import Altered
from mien.features.extractors.passes import altering, chunks, sound_of

STRETCH = 1.0, 3.5


def rows(one: Extractor) -> np.ndarray:
    found = one.extract(mien.sample(), *STRETCH)
    flat = found.values.reshape(len(found), int(np.prod(found.values.shape[1:])))
    return np.concatenate([flat, found.times[:, None]], 1)


def test_it_goes_as_its_extractor_with_settings_of_its_own() -> None:
    plain = extractor("faces")
    one, other = Altered(plain, "blur"), Altered(plain, "low light")
    assert (one.name, one.modality, one.kind) == ("faces", "face", "pictures")
    assert one.settings()["alteration"] == "blur"
    assert plain.settings().items() < one.settings().items()
    assert one.settings() != other.settings()
    with pytest.raises(UsageError, match="unknown alteration 'fog'"):
        Altered(plain, "fog")


def test_what_is_taken_away_is_absent_and_the_rest_is_as_it_was() -> None:
    voice, faces = extractor("log_mel"), extractor("faces")
    assert len(rows(Altered(voice, "muted"))) == 0
    assert len(rows(Altered(faces, "faceless"))) == 0
    np.testing.assert_array_equal(rows(Altered(voice, "faceless")), rows(voice))
    np.testing.assert_array_equal(rows(Altered(faces, "muted")), rows(faces))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_passes_are_never_mixed(order: tuple[int, ...]) -> None:
    faces, voice = extractor("face_embedding"), extractor("log_mel")
    kinds: list[list[Extractor]] = [
        [faces, voice],
        [Altered(faces, "blur"), Altered(voice, "noise 10 dB")],
        [Altered(faces, "faster"), Altered(voice, "faster")],
    ]
    found = {}
    for kind in order:
        for number, one in enumerate(kinds[kind]):
            found[kind, number] = rows(one)
    for (kind, number), before in found.items():
        np.testing.assert_array_equal(rows(kinds[kind][number]), before)
    for number in range(2):
        plain = found[0, number]
        for kind in (1, 2):
            assert not np.array_equal(plain[:, :-1], found[kind, number][:, :-1])


@pytest.mark.parametrize("name", ALTERATIONS)
def test_sound_is_the_same_whether_pictures_were_read_before_or_not(name: str) -> None:
    with altering(name, alteration(name)):
        alone = sound_of(mien.sample(), *STRETCH)
        for _ in chunks(mien.sample(), *STRETCH, fps=8.0, max_side=160):
            pass
        after = sound_of(mien.sample(), *STRETCH)
    np.testing.assert_array_equal(alone.samples, after.samples)
    assert alone.start == after.start == pytest.approx(1.0, abs=1e-3)


def test_a_faster_clip_starts_where_it_did_and_is_shorter() -> None:
    plain, fast = extractor("faces"), Altered(extractor("faces"), "faster")
    before = plain.extract(mien.sample(), *STRETCH).times
    times = fast.extract(mien.sample(), *STRETCH).times
    assert len(times) in (len(before) - 1, len(before) - 2)
    assert times[0] == pytest.approx(1, abs=0.26)
    assert times[-1] < 1 + 2.5 / 1.1
    np.testing.assert_allclose(np.diff(times), 0.25, atol=0.05)  # looked at as often as ever
    with altering("faster", alteration("faster")):
        sound = sound_of(mien.sample(), *STRETCH)
    assert len(sound.samples) == pytest.approx(2.5 * 16_000 / 1.1, abs=2)


def test_the_alteration_ends_with_its_block() -> None:
    before = sound_of(mien.sample(), *STRETCH).samples

    def broken() -> None:
        with altering("muted", alteration("muted")):
            assert not sound_of(mien.sample(), *STRETCH).samples.any()
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    np.testing.assert_array_equal(sound_of(mien.sample(), *STRETCH).samples, before)

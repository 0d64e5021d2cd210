"""What the face training does to its pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from project.bundle.face_augment import FaceAugment, augment  # noqa: E402

STILL = FaceAugment(rotation=0.0, scale=(1.0, 1.0), shift=0.0, erase=0.0, blur=0.0)


def face(count: int = 64) -> torch.Tensor:
    """Bright discs on grey, off the middle so that a mirror shows."""
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    disc = ((x - 30) ** 2 + (y - 24) ** 2 < 100).float() * 120 + 80
    return disc.repeat(count, 1, 1, 1)


def test_without_changes_the_middle_comes_out_with_a_little_noise():
    torch.manual_seed(0)
    result = augment(face(), 44, STILL)
    assert result.shape == (64, 1, 44, 44)
    middle = face(1)[0, 0, 2:46, 2:46]
    unlike = [min(spread(r[0], middle), spread(r[0], middle.flip(1))) for r in result]
    assert max(unlike) < 15  # noise of 4 and a little gamma
    mirrored = sum(spread(r[0], middle.flip(1)) < spread(r[0], middle) for r in result)
    assert 16 < mirrored < 48


def spread(a: torch.Tensor, b: torch.Tensor) -> float:
    """Deviation of the difference, whatever the light."""
    return float((a - b).std())


def test_a_smaller_side_shows_the_same_stretch():
    torch.manual_seed(0)
    large = augment(face(1), 44, STILL)
    torch.manual_seed(0)
    small = augment(face(1), 22, STILL)
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert abs(float((halved > 140).float().mean() - (small > 140).float().mean())) < 0.03


@pytest.mark.parametrize("name", ["erase", "blur", "jpeg", "dark", "cover"])
def test_each_kind_of_damage_changes_the_pictures_it_is_asked_for(name):
    how = replace(STILL, **{name: 1.0})
    torch.manual_seed(1)
    damaged = augment(face(), 44, how)
    assert torch.isfinite(damaged).all()
    torch.manual_seed(1)
    plain = augment(face(), 44, STILL)
    changed = ((damaged - plain).abs().amax(dim=(1, 2, 3)) > 20).float().mean()
    assert changed >= 0.9


def test_dark_pictures_keep_the_order_of_light():
    torch.manual_seed(2)
    dark = augment(face(), 44, replace(STILL, dark=1.0))
    assert dark.mean() < 0.6 * face(1).mean()

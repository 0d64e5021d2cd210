from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.errors import UsageError
from mien.features.whisper_mel import BANDS
from mien.training.models.whisper_front import WIDTH, WhisperFront, load_front
from tests.training.models.checks import every_parameter_learns, exported, parameters


def mels(batch: int, steps: int) -> Tensor:
    return torch.randn(batch, BANDS, steps, generator=torch.Generator().manual_seed(0))


def saved(front: WhisperFront, path: Path) -> Path:
    arrays = {name: value.numpy().astype(np.float16) for name, value in front.state_dict().items()}
    np.savez(path, allow_pickle=False, **arrays)
    return path


def test_parameters_are_those_of_whisper_base() -> None:
    """20,590,592 of the encoder, less positions and last norm; here keys have a bias too."""
    with torch.device("meta"):
        assert parameters(WhisperFront(6)) == 20_590_592 - 1500 * 512 - 2 * 512 + 6 * 512


@pytest.mark.parametrize(("steps", "states"), [(400, 200), (101, 51), (1, 1)])
def test_two_frames_become_one_state(steps: int, states: int) -> None:
    front = WhisperFront(1).eval()
    with torch.no_grad():
        assert front(mels(2, steps)).shape == (2, states, WIDTH)


def test_every_parameter_learns() -> None:
    every_parameter_learns(WhisperFront(2), mels(2, 40))


def test_the_last_of_all_states_is_the_answer() -> None:
    front, mel = WhisperFront(2).eval(), mels(1, 20)
    with torch.no_grad():
        first, second = front.every(mel)
        torch.testing.assert_close(front(mel), second)
        assert not torch.allclose(first, second, atol=0.1)


def test_a_block_is_a_pre_norm_transformer_layer() -> None:
    block = WhisperFront(1).eval().blocks[0]
    names = {
        "norm1": "attention_norm",
        "self_attn.out_proj": "attention_out",
        "norm2": "feed_norm",
        "linear1": "feed_in",
        "linear2": "feed_out",
    }
    state = {
        f"{theirs}.{kind}": block.state_dict()[f"{ours}.{kind}"]
        for theirs, ours in names.items()
        for kind in ("weight", "bias")
    }
    for kind in ("weight", "bias"):
        state[f"self_attn.in_proj_{kind}"] = block.state_dict()[f"attention_in.{kind}"]
    layer = nn.TransformerEncoderLayer(
        WIDTH, 8, 4 * WIDTH, 0, "gelu", batch_first=True, norm_first=True
    )
    layer.load_state_dict(state)
    x = torch.randn(2, 30, WIDTH)
    torch.testing.assert_close(block(x), layer(x), atol=1e-5, rtol=1e-4)


def test_positions_are_those_of_the_published_encoder() -> None:
    """Sines of k / 10000^(d / 255) and cosines; the third state by hand."""
    positions = WhisperFront(0, 5).positions
    assert positions.shape == (5, WIDTH)
    assert positions[2, 0].item() == pytest.approx(np.sin(2))
    assert positions[2, 255].item() == pytest.approx(np.sin(2e-4))
    assert positions[2, 256].item() == pytest.approx(np.cos(2))
    torch.testing.assert_close(positions, WhisperFront(0).positions[:5])


@pytest.mark.parametrize("free", [0, 2])
def test_the_exported_front_gives_what_torch_gives(tmp_path: Path, free: int) -> None:
    torch.manual_seed(0)
    front, mel = WhisperFront(2, 40).eval(), mels(2, 60)
    got = exported(front, mel, tmp_path / "front.onnx", free)
    with torch.no_grad():
        np.testing.assert_allclose(got, front(mel).numpy(), atol=1e-4)


def test_a_recording_does_not_hang_on_the_others_in_its_batch() -> None:
    front, mel = WhisperFront(1).eval(), mels(3, 50)
    with torch.no_grad():
        torch.testing.assert_close(front(mel)[1:2], front(mel[1:2]), atol=1e-5, rtol=1e-4)


def test_weights_of_a_file_with_more_blocks_are_taken(tmp_path: Path) -> None:
    path = saved(WhisperFront(3), tmp_path / "three.npz")
    three, two, mel = load_front(path), load_front(path, 2, 30), mels(1, 60)
    assert not two.training
    with torch.no_grad():
        torch.testing.assert_close(two(mel), three.every(mel)[1])


def test_a_file_with_fewer_blocks_is_refused_in_one_line(tmp_path: Path) -> None:
    path = saved(WhisperFront(1), tmp_path / "one.npz")
    with pytest.raises(UsageError, match=r"not 2 blocks .* --blocks 2$") as error:
        load_front(path, 2)
    assert "\n" not in str(error.value)

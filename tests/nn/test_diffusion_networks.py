"""The diffusion family's networks give one answer fused or plain, alone or batched, in any layout."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from harness.nn.autoencoder import AutoencoderConfig, KlAutoencoder, VectorAutoencoder
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig
from harness.nn.text_transformer import TextConfig, TextTransformer
from harness.testing.recipe import fill_torch

SMALL = AutoencoderConfig(channels=32, multipliers=(1, 2), blocks=1, attention=(1,), codes=32, patch=2)
Run = Callable[[slice], Tensor]


def _alive(network: nn.Module) -> nn.Module:
    """With weights by a fixed rule, none of them zero: what starts at nothing hides what comes before it."""
    state = network.state_dict()
    network.load_state_dict({key: torch.from_numpy(fill_torch(key, value.shape)) for key, value in state.items()})
    return network.eval()


def _drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def _unet() -> Run:
    config = UNetConfig(
        channels=32, multipliers=(1, 2), blocks=1, attention=(1, 2), heads=4, inputs=8, outputs=4, context=24,
        scale_shift=False,
    )  # fmt: skip
    network, noisy, text = _alive(DiffusionUNet(config)), _drawn(2, 8, 16, 16), _drawn(2, 7, 24)
    steps = torch.tensor([20, 700])
    return lambda part: network(noisy[part], steps[part], text[part])


def _first_stage() -> VectorAutoencoder:
    network = _alive(VectorAutoencoder(SMALL))
    assert isinstance(network, VectorAutoencoder)
    return network


def _encoder() -> Run:
    network, picture = _first_stage(), _drawn(2, 3, 32, 32).tanh()
    return lambda part: network.features(picture[part])


def _decoder() -> Run:
    network, latent = _first_stage(), _drawn(2, SMALL.latent, 8, 8)
    return lambda part: network.decode(latent[part])


def _text() -> Run:
    config = TextConfig(width=32, layers=2, heads=2, head_channels=16, words=20, longest=9)
    network, ids = _alive(TextTransformer(config)), torch.arange(18).reshape(2, 9)
    return lambda part: network(ids[part])


BOTH = slice(0, 2)


@pytest.mark.parametrize("build", [_unet, _encoder, _decoder, _text])
@torch.inference_mode()
def test_fused_attention_batches_and_layouts_give_the_plain_answer(build: Callable[[], Run]) -> None:
    run = build()
    with sdpa_kernel(SDPBackend.MATH):
        plain = run(BOTH)
    torch.testing.assert_close(run(BOTH), plain, rtol=1e-5, atol=1e-5)
    alone = torch.cat([run(slice(i, i + 1)) for i in range(2)])
    torch.testing.assert_close(alone, plain, rtol=1e-5, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        half = run(BOTH).float()
    # bfloat16 keeps 8 bits, of which a dozen layers eat a few
    assert float((half - plain).square().mean().sqrt() / plain.std()) < 0.03


@torch.inference_mode()
def test_channels_last_and_sizes_of_any_multiple() -> None:
    network = _alive(KlAutoencoder(SMALL))
    assert isinstance(network, KlAutoencoder)
    picture = _drawn(1, 3, 24, 40).tanh()
    mean, log_variance = network.encode(picture)
    assert mean.shape == log_variance.shape == (1, SMALL.latent, 24 // SMALL.factor, 40 // SMALL.factor)
    assert network.decode(mean).shape == picture.shape
    turned = network.to(memory_format=torch.channels_last).encode(picture.to(memory_format=torch.channels_last))
    torch.testing.assert_close(turned[0], mean, rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_a_text_moves_the_prediction_and_codes_are_the_nearest() -> None:
    network = DiffusionUNet(UNetConfig(channels=32, multipliers=(1,), blocks=1, attention=(1,), heads=1, context=8))
    _alive(network)
    noisy, steps = _drawn(1, 3, 8, 8), torch.tensor([5])
    said = [network(noisy, steps, _drawn(1, 3, 8) * scale) for scale in (1.0, -1.0)]
    assert float((said[0] - said[1]).abs().max()) > 1e-3
    coder = VectorAutoencoder(SMALL)
    coded = coder.code(_drawn(1, 3, 16, 16).tanh())
    rows, book = coded.free.movedim(1, 3).reshape(-1, SMALL.latent), coder.quantize.embedding.weight
    assert (torch.cdist(rows, book).argmin(1) == coded.numbers.flatten()).all()
    torch.testing.assert_close(book[coded.numbers].movedim(3, 1), coded.quantised)

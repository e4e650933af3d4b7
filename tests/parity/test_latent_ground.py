"""First stage, text encoder, latent U-Net and latent sampling equal the official ones, under their own keys.

Outputs are those of Inst-Inpaint's and Stable Diffusion's classes, whose weights were filled by a fixed rule.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from numpy.random import RandomState
from torch import Tensor, nn

from harness.errors import HarnessError
from harness.nn.autoencoder import AutoencoderConfig, KlAutoencoder, VectorAutoencoder
from harness.nn.diffusion import Diffusion, evenly_spaced, scaled_linear_betas
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig
from harness.nn.text_transformer import TextConfig, TextTransformer
from harness.testing.recipe import fill_torch

FIXTURES = Path(os.environ.get("HARNESS_PARITY_DIR", Path(__file__).parent / "data"))
Network = TypeVar("Network", bound=nn.Module)
UNET, FIRST, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_instruction_embedder.transformer."
OFFICIAL = {
    UNET: UNetConfig(
        channels=128, multipliers=(1, 2, 3, 4), attention=(2, 4, 8), heads=8, inputs=8, outputs=4, context=512,
        scale_shift=False,
    ),
    FIRST: AutoencoderConfig(),
    TEXT: TextConfig(),
}  # fmt: skip


@cache
def facts(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return read


@cache
def stored(name: str) -> Mapping[str, np.ndarray]:
    with np.load(FIXTURES / f"{name}.npz", allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(RandomState(seed).standard_normal(shape).astype(np.float32))


def filled(network: Network, prefix: str, listed: list[tuple[str, list[int]]]) -> Network:
    """The network with weights by the rule, once its keys and shapes are those that are listed."""
    shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
    assert shapes == {key.removeprefix(prefix): shape for key, shape in listed if key.startswith(prefix)}
    network.load_state_dict({key: torch.from_numpy(fill_torch(prefix + key, shapes[key])) for key in shapes})
    return network.eval()


def near(ours: Tensor, theirs: np.ndarray, allowed: float) -> None:
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=allowed, atol=allowed)


@pytest.fixture(scope="module")
def small() -> tuple[DiffusionUNet, VectorAutoencoder, TextTransformer]:
    listed = facts("instinpaint")["params"]
    unet = UNetConfig(
        channels=32, multipliers=(1, 2, 3, 4), blocks=1, attention=(2, 4, 8), heads=4, inputs=8, outputs=4,
        context=64, scale_shift=False,
    )  # fmt: skip
    first = AutoencoderConfig(channels=32, blocks=1, codes=64)
    text = TextConfig(width=64, layers=2, words=300)
    return (
        filled(DiffusionUNet(unet), UNET, listed),
        filled(VectorAutoencoder(first), FIRST, listed),
        filled(TextTransformer(text), TEXT, listed),
    )


@pytest.mark.parametrize("prefix", OFFICIAL)
def test_the_official_configuration_has_the_official_keys(prefix: str) -> None:
    made = {UNET: DiffusionUNet, FIRST: VectorAutoencoder, TEXT: TextTransformer}
    with torch.device("meta"):
        network = made[prefix](OFFICIAL[prefix])
    keys = facts("instinpaint_official_keys")["keys_without_ema_and_cond_duplicates"]
    listed = {key.removeprefix(prefix): shape for key, shape in keys if key.startswith(prefix)}
    assert {key: list(value.shape) for key, value in network.state_dict().items()} == listed


@torch.inference_mode()
def test_inst_inpaints_parts(small: tuple[DiffusionUNet, VectorAutoencoder, TextTransformer]) -> None:
    unet, first, text = small
    theirs = stored("instinpaint")
    coded = first.code(drawn(0, 1, 3, 64, 64).tanh())
    near(coded.free, theirs["prequant"], 2e-5)
    assert (coded.numbers.flatten().numpy() == theirs["indices"]).all()
    near(first.decode(coded.quantised), theirs["decoded"], 2e-5)
    context = text(torch.from_numpy(theirs["tokens"]))
    near(context, theirs["context"], 2e-5)
    noisy = torch.cat([drawn(3, 1, 4, 8, 8), coded.quantised], dim=1)
    near(unet(noisy, torch.tensor([321]), context), theirs["eps"], 2e-5)


@torch.inference_mode()
def test_inst_inpaints_sampler(small: tuple[DiffusionUNet, VectorAutoencoder, TextTransformer]) -> None:
    unet, first, text = small
    theirs = stored("instinpaint")
    source = first.encode(drawn(0, 1, 3, 64, 64).tanh())
    context = text(torch.from_numpy(theirs["tokens"]))
    kept = evenly_spaced(1000, 5)
    diffusion = Diffusion(scaled_linear_betas(1000, 0.0015, 0.0195), kept, ends_noisy=True)
    assert kept == theirs["ddim_timesteps"].tolist()
    np.testing.assert_allclose(diffusion.alphas_cumprod, theirs["ddim_alphas"], rtol=1e-6)
    np.testing.assert_allclose(diffusion.alphas_cumprod_prev, theirs["ddim_alphas_prev"], rtol=1e-6)
    latent = drawn(2, 1, 4, 8, 8)
    for index in reversed(range(len(diffusion))):
        t = torch.tensor([index])
        noise = unet(torch.cat([latent, source], dim=1), diffusion.original[t], context)
        latent = diffusion.implicit(diffusion.start_from_noise(latent, t, noise), latent, t, torch.zeros_like(latent))
    near(latent, theirs["ddim_latent"], 1e-4)
    near(first.decode(latent), theirs["ddim_decoded"], 1e-4)


def test_fifty_steps_and_steps_that_do_not_divide() -> None:
    theirs = stored("instinpaint")
    assert evenly_spaced(1000, 50) == theirs["ddim50_timesteps"].tolist()
    kept = Diffusion(scaled_linear_betas(1000, 0.0015, 0.0195), evenly_spaced(1000, 50), ends_noisy=True)
    np.testing.assert_allclose(kept.alphas_cumprod_prev, theirs["ddim50_alphas_prev"], rtol=1e-6)
    assert len(evenly_spaced(1000, 7)) == 8
    for impossible in (0, 3, 1001):
        with pytest.raises(HarnessError, match="steps"):
            evenly_spaced(1000, impossible)


@torch.inference_mode()
def test_stable_diffusions_base() -> None:
    listed, theirs = facts("sd_base")["params"], stored("sd_base")
    config = UNetConfig(
        channels=32, multipliers=(1, 2, 4, 4), blocks=1, attention=(1, 2, 4), heads=8, inputs=4, outputs=4, context=48,
        resample="conv", scale_shift=False,
    )  # fmt: skip
    unet = filled(DiffusionUNet(config), UNET, listed)
    near(unet(drawn(0, 1, 4, 16, 16), torch.tensor([401]), drawn(1, 1, 77, 48)), theirs["eps"], 2e-5)
    first = AutoencoderConfig(channels=32, multipliers=(1, 2, 4, 4), blocks=1, attention=())
    network = filled(KlAutoencoder(first), FIRST, listed)
    mean, log_variance = network.encode(drawn(2, 1, 3, 64, 64).tanh())
    near(mean, theirs["mean"], 2e-5)
    near(log_variance, theirs["logvar"], 2e-5)
    near(network.decode(mean), theirs["decoded"], 2e-5)

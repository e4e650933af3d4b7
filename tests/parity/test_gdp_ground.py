"""The diffusion U-Net's keys and the sampling maths equal guided-diffusion's (`harness_gdp.parity` has its outputs)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.nn.diffusion import Diffusion, cosine_betas, linear_betas, respaced
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig

FIXTURES = Path(os.environ.get("HARNESS_PARITY_DIR", Path(__file__).parent / "data"))
FACTS = json.loads((FIXTURES / "gdp_diffusion.json").read_text())


@pytest.fixture(scope="module")
def stored() -> dict[str, np.ndarray]:
    with np.load(FIXTURES / "gdp_diffusion.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_the_default_network_has_the_official_keys() -> None:
    with torch.device("meta"):
        network = DiffusionUNet(UNetConfig())
    official = json.loads((FIXTURES / "gdp_unet_official_keys.json").read_text())
    assert {key: list(value.shape) for key, value in network.state_dict().items()} == dict(official["keys"])


def test_tables_and_kept_steps_are_the_official_ones(stored: dict[str, np.ndarray]) -> None:
    diffusion = Diffusion(linear_betas())
    tables = {
        "betas": diffusion.betas,
        "alphas_cumprod": diffusion.alphas_cumprod,
        "posterior_variance": diffusion.posterior_variance,
        "posterior_log_variance_clipped": diffusion.posterior_log_variance,
        "posterior_mean_coef1": diffusion.posterior_start,
        "posterior_mean_coef2": diffusion.posterior_noisy,
    }
    for name, table in tables.items():
        np.testing.assert_allclose(table, stored[f"linear1000/{name}"], rtol=1e-12)
    np.testing.assert_allclose(cosine_betas(), stored["cosine1000/betas"], rtol=1e-12)
    for spec, kept in FACTS["respacing"].items():
        assert respaced(1000, spec or "1000") == kept
        np.testing.assert_allclose(Diffusion(linear_betas(), kept).betas, stored[f"respaced/{spec}/betas"], rtol=1e-12)
    assert respaced(300, "10,15,20") == FACTS["space_timesteps_extra"]["300:10,15,20"]


def test_one_step_is_the_official_one(stored: dict[str, np.ndarray]) -> None:
    def drawn(seed: int) -> Tensor:
        return torch.from_numpy(np.random.RandomState(seed).standard_normal((2, 3, 8, 8)).astype(np.float32))

    noisy, start, added, noise = drawn(0), drawn(1).tanh(), drawn(2), drawn(3)
    t = torch.tensor(FACTS["one_step"]["t"])
    toy = 0.5 * noisy + 0.1 * torch.sin(3 * noisy) + 1e-4 * t[:, None, None, None]
    diffusion = Diffusion(linear_betas())
    estimate = diffusion.estimate(torch.cat([toy, 0.2 * torch.cos(noisy)], dim=1), noisy, t)
    found = {
        "q_sample": diffusion.noisy(start, t, added),
        "q_posterior_mean": diffusion.posterior_mean(start, noisy, t),
        "p_mean_variance/mean": estimate.mean,
        "p_mean_variance/log_variance": estimate.log_variance,
        "p_mean_variance/pred_xstart": estimate.start,
        "p_sample": diffusion.ancestral(estimate, t, noise),
        "ddim_sample/eta0.0": diffusion.implicit(estimate.start, noisy, t, noise),
        "ddim_sample/eta0.5": diffusion.implicit(estimate.start, noisy, t, noise, 0.5),
    }
    for name, value in found.items():
        np.testing.assert_allclose(value.numpy(), stored[name], rtol=0, atol=1e-5)

"""How Inst-Inpaint edits: latent diffusion's DDIM (Song et al. 2021, arXiv:2010.02502), eta 0, without guidance."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from harness.nn.diffusion import Diffusion, evenly_spaced
from harness_instinpaint.network import STEPS, InstInpaint, Meaning, Prediction, betas

__all__ = ["Edit", "Told", "sampled", "sampler", "start_of"]


class Told(NamedTuple):
    """What an edit is told: source latent ``[N, latent, h, w]``, the text's meaning, a mask or None."""

    source: Tensor
    meaning: Meaning
    where: Tensor | None = None


class Edit(NamedTuple):
    """The edited latent, and the probability ``[N, 1, h, w]`` that a place was to change, None of the release's."""

    latent: Tensor
    where: Tensor | None


def sampler(steps: int) -> Diffusion:
    """The schedule at the steps that latent diffusion takes. Raises `HarnessError` for a number that cannot be."""
    return Diffusion(betas(), evenly_spaced(STEPS, steps), ends_noisy=True)


def start_of(network: InstInpaint, diffusion: Diffusion, prediction: Prediction, noisy: Tensor, t: Tensor,
             source: Tensor) -> Tensor:  # fmt: skip
    """The clean latent that a prediction at the kept steps ``t`` implies; not clipped."""
    if network.config.predicts == "change":
        return source + prediction.told
    return diffusion.start_from_noise(noisy, t, prediction.told)


def sampled(network: InstInpaint, diffusion: Diffusion, noise: Tensor, told: Told) -> Edit:
    """Walk from ``noise`` to the edited latent.

    Officially the last step leads to the schedule's first noise level; of networks that predict a change, what the last
    step implies is the answer (ours: else a picture that nothing changed would come back with that noise).
    """
    latent, where = noise, None
    still = torch.zeros_like(noise)
    for index in reversed(range(len(diffusion))):
        t = torch.full((len(noise),), index, device=noise.device)
        prediction = network(latent, told.source, diffusion.original.to(noise.device)[t], told.meaning, told.where)
        start = start_of(network, diffusion, prediction, latent, t, told.source)
        clean = index == 0 and network.config.predicts == "change"
        latent = start if clean else diffusion.implicit(start, latent, t, still)
        where = prediction.where
    return Edit(latent, None if where is None else where.sigmoid())

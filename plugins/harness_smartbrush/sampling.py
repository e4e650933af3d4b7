"""How a region is painted: DDIM with noise in the mask alone, and the rival that blends with a noisy background.

Song et al. 2021, arXiv:2010.02502 (eta 0, latent diffusion's steps); Ho & Salimans 2022, arXiv:2207.12598 (guidance).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from harness.masks.precision import COARSEST, coarse
from harness.nn.diffusion import Diffusion, evenly_spaced
from harness_smartbrush.network import STEPS, Prediction, SmartBrush, betas, noise_mask

__all__ = ["Painted", "Task", "blended", "noise_of", "painted", "sampler", "start_of", "velocity_of"]

REFINED = 1
"""ours: precision at which the predicted mask stands in for a coarser one: a little larger than it."""


class Painted(NamedTuple):
    """The latent, and the probability ``[N, 1, H, W]`` that a pixel is the object's; None where none is told."""

    latent: Tensor
    object: Tensor | None


@dataclass(frozen=True)
class Task:
    """What is to be painted where.

    Attributes:
        background: latents ``[N, 4, h, w]`` of the picture.
        mask: the region ``[N, 1, 8h, 8w]``, 0 or 1; precision: of each mask ``[N]``.
        context: the texts' meaning ``[N, T, C]``; silence: that of no text, only read where ``guidance`` is not 1.
    """

    background: Tensor
    mask: Tensor
    precision: Tensor
    context: Tensor
    silence: Tensor
    guidance: float = 1.0


def sampler(steps: int) -> Diffusion:
    """The schedule at the steps that latent diffusion takes. Raises `HarnessError` for a number that cannot be."""
    return Diffusion(betas(), evenly_spaced(STEPS, steps), ends_noisy=True)


def _shares(diffusion: Diffusion, t: Tensor) -> tuple[Tensor, Tensor]:
    """Factors ``[N, 1, 1, 1]`` of the clean latent and of the noise at the kept steps ``t``."""
    kept = torch.from_numpy(diffusion.alphas_cumprod).to(t.device)[t].float()[:, None, None, None]
    return kept.sqrt(), (1 - kept).sqrt()


def velocity_of(diffusion: Diffusion, start: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """What a network of velocities is taught."""
    kept, lost = _shares(diffusion, t)
    return kept * noise - lost * start


def start_of(network: SmartBrush, diffusion: Diffusion, told: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
    """The clean latent that a prediction implies, where ``noisy`` is; not clipped."""
    if network.config.predicts == "noise":
        return diffusion.start_from_noise(noisy, t, told)
    kept, lost = _shares(diffusion, t)
    return kept * noisy - lost * told


def noise_of(network: SmartBrush, diffusion: Diffusion, told: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
    """The noise that a prediction implies, where ``noisy`` is."""
    if network.config.predicts == "noise":
        return told
    kept, lost = _shares(diffusion, t)
    return lost * noisy + kept * told


def painted(network: SmartBrush, diffusion: Diffusion, noise: Tensor, task: Task, refine: float = 1.0) -> Painted:
    """Walk from noise in the mask to the painted latent; the background is clean at every step.

    After ``refine`` of the steps (ours) the predicted mask, a little widened and never beyond the given one, takes the
    given one's place, which gives the rest of it back to the background.
    """
    inside = noise_mask(task.mask)
    latent = noise * inside + task.background * (1 - inside)
    told = None
    for done, index in enumerate(reversed(range(len(diffusion)))):
        t = torch.full((len(noise),), index, device=noise.device)
        prediction = _guided(network, diffusion, latent, t, task)
        start = start_of(network, diffusion, prediction.told, latent, t)
        latent = diffusion.implicit(start, latent, t, torch.zeros_like(latent))
        if prediction.object is not None:
            told = prediction.object.sigmoid() * task.mask
            if done + 1 == round(refine * len(diffusion)) < len(diffusion):
                task = _refined(task, told)
                inside = noise_mask(task.mask)
        latent = latent * inside + task.background * (1 - inside)
    return Painted(latent, told)


def blended(network: SmartBrush, diffusion: Diffusion, noise: Tensor, task: Task) -> Tensor:
    """The rival (Avrahami et al. 2023, arXiv:2206.02779): a whole picture is drawn, and after every step what lies
    outside the mask is the background with the same noise level. The network is told the whole picture as its mask.
    """  # fmt: skip
    inside, latent = noise_mask(task.mask), noise
    everywhere = replace(task, mask=torch.ones_like(task.mask), precision=torch.full_like(task.precision, COARSEST))
    for index in reversed(range(len(diffusion))):
        t = torch.full((len(noise),), index, device=noise.device)
        start = start_of(network, diffusion, _guided(network, diffusion, latent, t, everywhere).told, latent, t)
        latent = diffusion.implicit(start, latent, t, torch.zeros_like(latent))
        around = diffusion.noisy(task.background, t - 1, noise) if index else task.background
        latent = latent * inside + around * (1 - inside)
    return latent


def _guided(network: SmartBrush, diffusion: Diffusion, latent: Tensor, t: Tensor, task: Task) -> Prediction:
    steps = diffusion.original.to(t.device)[t]
    told: Prediction = network(latent, task.mask, task.precision, steps, task.context)
    if task.guidance == 1:
        return told
    without = network(latent, task.mask, task.precision, steps, task.silence).told
    return Prediction(without + task.guidance * (told.told - without), told.object)


def _refined(task: Task, told: Tensor) -> Task:
    """The task with the predicted mask, where one was predicted and the given one is coarser."""
    mask, precision = task.mask.clone(), task.precision.clone()
    for row in torch.nonzero(precision > REFINED).flatten().tolist():
        found = (told[row, 0] > 0.5).cpu().numpy()
        if found.any():
            wider = torch.from_numpy(coarse(found, REFINED).astype(np.float32)).to(mask.device)
            mask[row, 0] *= wider
            precision[row] = REFINED
    return replace(task, mask=mask, precision=precision)

"""The guided sampling of GDP's release: ancestral steps, pulled to what was observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from harness.nn.diffusion import Diffusion
from harness_gdp.degradations import Degradation, colour_cast

__all__ = ["Form", "Guide", "Point", "guided_sample", "guided_step"]

Point = Literal["x0", "xt"]
Form = Literal["mean", "score"]


@dataclass(frozen=True)
class Guide:
    """What a sample is pulled to.

    Attributes:
        degrade: from pictures in [0, 1] to what is observed of them.
        observed: what was observed, of the shape that ``degrade`` gives.
        scale: factor on the mean squared difference of the two.
        colour: factor on `colour_cast` of the picture in [-1, 1].
        size: rows and columns of the sample that are looked at, from the upper left; None for all.
    """

    degrade: Degradation
    observed: Tensor
    scale: float
    colour: float = 0.0
    size: tuple[int, int] | None = None

    def __call__(self, point: Tensor) -> Tensor:
        """The pull at pictures in [-1, 1]: minus the gradient of the loss, of their shape."""
        with torch.enable_grad():
            free = point.detach().requires_grad_()
            height, width = self.size or free.shape[-2:]
            seen = free[..., :height, :width]
            apart = (self.degrade(seen / 2 + 0.5) - self.observed).square().mean((1, 2, 3)).sum()
            loss = self.scale * apart + self.colour * colour_cast(seen).sum()
            (gradient,) = torch.autograd.grad(loss, free)
        return -gradient


def guided_step(
    diffusion: Diffusion, prediction: Tensor, noisy: Tensor, t: Tensor, noise: Tensor, guide: Guide,
    point: Point = "x0", form: Form = "mean",
) -> Tensor:  # fmt: skip
    """From ``x_t`` to ``x_{t-1}``.

    Args:
        diffusion: its tables.
        prediction: the network's, ``[N, 6, H, W]``; nothing is differentiated through it.
        noisy: ``x_t`` in [-1, 1] units.
        t: index among the kept steps, ``[N]``.
        noise: standard normal, not used at ``t = 0``.
        guide: the pull.
        point: where it is taken: at the clean picture that ``x_t`` implies, clipped, or at ``x_t`` itself.
        form: the pull is added to the mean, without a variance before it; or it corrects the score, from which a new
            clean picture, not clipped, and a new mean follow.
    """
    estimate = diffusion.estimate(prediction, noisy, t)
    pull = guide(estimate.start if point == "x0" else noisy)
    if form == "mean":
        mean = estimate.mean + pull
    else:
        added = diffusion.noise_from_start(noisy, t, estimate.start)
        # the pull, scaled as noise is at t
        added = added - diffusion.noisy(torch.zeros_like(pull), t, pull)
        mean = diffusion.posterior_mean(diffusion.start_from_noise(noisy, t, added), noisy, t)
    return diffusion.ancestral(estimate._replace(mean=mean), t, noise)


@torch.no_grad()
def guided_sample(
    network: Callable[[Tensor, Tensor], Tensor], diffusion: Diffusion, draw: Callable[[], Tensor], guide: Guide,
    point: Point = "x0", form: Form = "mean",
) -> Tensor:  # fmt: skip
    """Pictures in [-1, 1] units, from noise down every kept step. ``draw`` gives ``x_T``, then each step's noise."""
    noisy = draw()
    original = diffusion.original.to(noisy.device)
    for index in reversed(range(len(diffusion))):
        t = torch.full((len(noisy),), index, device=noisy.device)
        noisy = guided_step(diffusion, network(noisy, original[t]), noisy, t, draw(), guide, point, form)
    return noisy

"""The guided sampling of GDP: ancestral steps, each pulled to what was observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
from torch import Tensor

from harness.nn.diffusion import Diffusion, Estimate
from harness_gdp.degradations import Degradation, colour_cast
from harness_gdp.distances import DISTANCES, Distance, exposure_error, mean_square, spatial_error
from harness_gdp.patches import Mosaic, Network

__all__ = ["Form", "Guide", "Guiding", "Point", "Quality", "data_pull", "guided_sample", "guided_step"]

Point = Literal["x0", "xt"]
Form = Literal["mean", "score"]


class Guiding(Protocol):
    """Something that pulls; it may learn from each call."""

    def __call__(self, point: Tensor) -> Tensor:
        """The pull at pictures ``[N, 3, H, W]`` in [-1, 1]: minus the gradient of a loss, of their shape."""
        ...


@dataclass(frozen=True)
class Quality:
    """What a sample should be, whatever was observed: weights of losses of pictures in [-1, 1], as in the release.

    Attributes:
        exposure: of `exposure_error` to ``target``.
        colour: of `colour_cast`.
        spatial: of `spatial_error` against the observation, both in [0, 1]; it must be of the picture's size.
        target: grey that 8×8 blocks should have, in [-1, 1].
    """

    exposure: float = 0.0
    colour: float = 0.0
    spatial: float = 0.0
    target: float = 0.3

    def loss(self, seen: Tensor, observed: Tensor) -> Tensor:
        """``[N]``. ``observed`` in [0, 1]."""
        total = torch.zeros(len(seen), device=seen.device)
        if self.exposure:
            total = total + self.exposure * exposure_error(seen, self.target)
        if self.colour:
            total = total + self.colour * colour_cast(seen)
        if self.spatial:
            total = total + self.spatial * spatial_error(seen / 2 + 0.5, observed)
        return total


def data_pull(free: Tensor, guess: Tensor, seen: Tensor, scale: float, distance: Distance) -> Tensor:
    """Gradient of ``scale`` times the distance of ``guess`` (of ``free``) to ``seen``, with respect to ``free``.

    ours: another distance than `mse` gives the direction, and the mean square the length, so that one scale serves all.
    """
    (square,) = torch.autograd.grad(scale * mean_square(guess, seen).sum(), free, retain_graph=True)
    if distance == "mse":
        return square
    (other,) = torch.autograd.grad(DISTANCES[distance](guess, seen).sum(), free, retain_graph=True)
    lengths = [gradient.flatten(1).norm(dim=1)[:, None, None, None] for gradient in (square, other)]
    return other * torch.where(lengths[1] > 0, lengths[0] / lengths[1], 0.0)


@dataclass(frozen=True)
class Guide:
    """What a sample is pulled to, where what was done to it is known.

    Attributes:
        degrade: from pictures in [0, 1] to what is observed of them.
        observed: what was observed, of the shape that ``degrade`` gives.
        scale: factor on the distance of the two.
        quality: further losses of the picture.
        size: rows and columns of the sample that are looked at, from the upper left; None for all.
        distance: of what is observed of the sample to what was observed.
        like: what `Quality.spatial` compares a sample with, of its size, in [0, 1]; None: what was observed.
    """

    degrade: Degradation
    observed: Tensor
    scale: float
    quality: Quality = field(default_factory=Quality)
    size: tuple[int, int] | None = None
    distance: Distance = "mse"
    like: Tensor | None = None

    def __call__(self, point: Tensor) -> Tensor:
        """The pull at pictures in [-1, 1], of their shape."""
        with torch.enable_grad():
            free = point.detach().requires_grad_()
            height, width = self.size or free.shape[-2:]
            seen = free[..., :height, :width]
            gradient = data_pull(free, self.degrade(seen / 2 + 0.5), self.observed, self.scale, self.distance)
            wished = self.quality.loss(seen, self.observed if self.like is None else self.like).sum()
            if wished.requires_grad:
                gradient = gradient + torch.autograd.grad(wished, free)[0]
        return -gradient


def guided_step(
    diffusion: Diffusion, estimate: Estimate, noisy: Tensor, t: Tensor, noise: Tensor, guide: Guiding,
    point: Point = "x0", form: Form = "mean", *, variance: bool = False,
) -> Tensor:  # fmt: skip
    """From ``x_t`` to ``x_{t-1}``.

    Args:
        diffusion: its tables.
        estimate: the unguided step; nothing is differentiated through it.
        noisy: ``x_t`` in [-1, 1] units.
        t: index among the kept steps, ``[N]``.
        noise: standard normal, not used at ``t = 0``.
        guide: the pull.
        point: where it is taken: at the clean picture that ``x_t`` implies, clipped, or at ``x_t`` itself.
        form: the pull is added to the mean; or it corrects the score, from which a new clean picture, not clipped,
            and a new mean follow.
        variance: whether the step's variance stands before a pull on the mean (guided-diffusion); GDP drops it.
    """
    pull = guide(estimate.start if point == "x0" else noisy)
    if form == "mean":
        mean = estimate.mean + (estimate.log_variance.exp() * pull if variance else pull)
    else:
        added = diffusion.noise_from_start(noisy, t, estimate.start)
        # the pull, scaled as noise is at t
        added = added - diffusion.noisy(torch.zeros_like(pull), t, pull)
        mean = diffusion.posterior_mean(diffusion.start_from_noise(noisy, t, added), noisy, t)
    return diffusion.ancestral(estimate._replace(mean=mean), t, noise)


@torch.no_grad()
def guided_sample(
    network: Network, diffusion: Diffusion, draw: Callable[[], Tensor], guide: Guiding,
    point: Point = "x0", form: Form = "mean", *, variance: bool = False, mosaic: Mosaic | None = None,
) -> Tensor:  # fmt: skip
    """Pictures in [-1, 1] units, from noise down every kept step.

    ``draw`` gives ``x_T``, then each step's noise; ``mosaic`` tells how a canvas is shown to the network, None: whole.
    """
    noisy = draw()
    seen = mosaic or Mosaic((noisy.shape[-2], noisy.shape[-1]), max(noisy.shape[-2:]))
    for index in reversed(range(len(diffusion))):
        t = torch.full((len(noisy),), index, device=noisy.device)
        estimate = seen.estimate(network, diffusion, noisy, t)
        noisy = guided_step(diffusion, estimate, noisy, t, draw(), guide, point, form, variance=variance)
    return noisy

"""Light that nobody knows: y = f·x + M, with f and M found while the picture is sampled; one exposure or several."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from harness_gdp.distances import Distance, mean_square, roughness
from harness_gdp.guidance import Quality, data_pull

__all__ = ["LightGuide", "Rates", "first_light", "plotted"]

FIRST_FACTOR, FIRST_FIELD = 1e-2, 1e-4
LIGHT_SEED = 0x11647
"""ours: keeps what f and M start from apart from the sample's noise."""
CLIPPED = 254.5 / 255
DIM = 0.35


def first_light(seeds: tuple[int, ...], count: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Each picture's own start: f ``[N, count]`` normal of 0.01, M ``[N, count, H, W]`` uniform below 0.0001."""
    generators = [torch.Generator().manual_seed(seed ^ LIGHT_SEED) for seed in seeds]
    factors = [FIRST_FACTOR * torch.randn(count, generator=g) for g in generators]
    return torch.stack(factors), torch.stack([FIRST_FIELD * torch.rand(count, *size, generator=g) for g in generators])


@dataclass(frozen=True)
class Rates:
    """How fast f and M are learned from mean squared differences, and how smooth M shall be.

    Attributes:
        factor: of f.
        field: of M, where the mean is over the whole canvas.
        smooth: weight of M's `roughness` against the mean squared difference.
        pulls: how many times the pull is added before f and M move; the release's low light adds it twice.
        one_sided: whether a clipped pixel of an exposure asks for no less than its level (ours), or just for it.
    """

    factor: float = 1.0
    field: float = 1.0
    smooth: float = 0.0
    pulls: int = 1
    one_sided: bool = True


@dataclass
class LightGuide:
    """Pulls to K exposures at once and learns how each follows from the picture: the state changes with every call.

    Attributes:
        observed: ``[N, K, 3, H, W]`` in [0, 1].
        factor: f ``[N, K]``, or ``[N, 1]`` where one serves all exposures.
        field: M ``[N, K, H, W]`` or ``[N, 1, H, W]``, of all channels alike.
        scale: factor on each exposure's distance; the pulls add up.
        rates: see `Rates`.
        visits: ``[H, W]``, how much a pixel counts for f; None: all alike.
        quality: further losses of the picture; `spatial` is against the exposures' mean.
        distance: of what the picture gives to what was observed. f and M are always found by mean squares.
        path: f as it was at the start and after every call.
    """

    observed: Tensor
    factor: Tensor
    field: Tensor
    scale: float
    rates: Rates
    visits: Tensor | None = None
    quality: Quality = dataclasses.field(default_factory=Quality)
    distance: Distance = "mse"
    path: list[Tensor] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.path.append(self.factor.clone())

    def __call__(self, point: Tensor) -> Tensor:
        """The pull at pictures ``[N, 3, H, W]`` in [-1, 1], which may reach beyond the exposures; then f and M move."""
        height, width = self.observed.shape[-2:]
        with torch.enable_grad():
            free = point.detach().requires_grad_()
            seen = free[..., :height, :width]
            factor, field = self.factor.detach().requires_grad_(), self.field.detach().requires_grad_()
            guess = factor[:, :, None, None, None] * (seen / 2 + 0.5)[:, None] + field[:, :, None]
            goal = self._goal(guess)
            exposures = self.observed.shape[1]
            gradient = data_pull(free, guess, goal, self.scale * exposures, self.distance)
            wished = self.quality.loss(seen, self.observed.mean(1)).sum()
            if wished.requires_grad:
                gradient = gradient + torch.autograd.grad(wished, free)[0]
            self._learn(factor, field, guess, goal)
        return -self.rates.pulls * gradient

    def _goal(self, guess: Tensor) -> Tensor:
        """What is observed; above the top level nobody knows how much, so more is right there."""
        if not self.rates.one_sided:
            return self.observed
        top = self.observed >= CLIPPED
        return torch.where(top, torch.maximum(self.observed, guess.detach()), self.observed)

    def _learn(self, factor: Tensor, field: Tensor, guess: Tensor, goal: Tensor) -> None:
        """One step of gradient descent on f and M; what serves several exposures takes the mean of their steps."""
        shares = self.observed.shape[1] // factor.shape[1]
        counted = 1.0 if self.visits is None else self.visits
        apart = (counted * (guess - goal).square()).mean((2, 3, 4)).sum() / shares
        (by_factor,) = torch.autograd.grad(apart, factor, retain_graph=True)
        plain = mean_square(guess.flatten(0, 1), goal.flatten(0, 1)).sum() / shares
        if self.rates.smooth:
            plain = plain + self.rates.smooth * roughness(field.flatten(0, 1)[:, None]).sum()
        (by_field,) = torch.autograd.grad(plain, field)
        self.factor = self.factor - self.rates.factor * by_factor
        self.field = self.field - self.rates.field * by_field
        self.path.append(self.factor.clone())


def plotted(path: Tensor, size: tuple[int, int]) -> Tensor:
    """f over the steps as a picture ``[1, H, W]`` in [0, 1]: left first, up is more, from 0 to the largest.

    ``path`` [steps, K]: each exposure's curve is white, what lies below the highest is dimmed.
    """
    height, width = size
    steps = torch.linspace(0, len(path) - 1, width).round().long()
    level = path[steps].clamp(min=0) / path.max().clamp(min=1e-6)
    rows = ((1 - level) * (height - 1)).round().long()
    down = torch.arange(height)[:, None]
    picture = DIM * (down >= rows.amin(1)).float()
    for curve in rows.unbind(1):
        before = torch.cat([curve[:1], curve[:-1]])
        between = (down >= torch.minimum(curve, before)) & (down <= torch.maximum(curve, before))
        picture = torch.where(between, 1.0, picture)
    return picture[None]

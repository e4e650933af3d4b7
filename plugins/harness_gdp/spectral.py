"""What was observed of a picture in the singular vectors of a known operator, and pulls that land on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor
from torch.nn import functional as F

from harness.degradations.operators import Separable
from harness.errors import HarnessError
from harness.interfaces import Operator
from harness.nn.diffusion import Diffusion
from harness_gdp.guidance import Guiding
from harness_gdp.patches import Mosaic

__all__ = ["Landing", "Spectral", "errors_of"]

ROUNDING = 1 / 255 / 12**0.5
"""ours: noise of an observation in 8 bit, which is there where a task adds none."""
SPREAD = 0.05
"""ours: variance of what a prior does not know of a picture in [-1, 1] before it sees any of it."""


class Spectral:
    """A canvas in the operator's right singular vectors; what lies beyond the picture counts as never observed.

    Pictures are in [-1, 1], so that what was observed, and its noise, are doubled.

    Raises:
        HarnessError: an operator without singular values, for ``method``.
    """

    def __init__(
        self, operator: Operator, observed: Tensor, size: tuple[int, int], mosaic: Mosaic, method: str
    ) -> None:
        if not isinstance(operator, Separable):
            raise HarnessError(f"{method} needs an operator with singular values, not {type(operator).__name__}")
        self.operator, self.size = operator, size
        beyond = (0, mosaic.size[1] - size[1], 0, mosaic.size[0] - size[0])
        self.values = F.pad(operator.strong().to(observed), beyond)
        white = operator.analyse(observed.new_ones(1, 3, *size))
        strong = self.values[..., : size[0], : size[1]]
        told = 2 * operator.analyse_observed(observed) - strong * white
        self.observed = F.pad(told, beyond)
        """``Uᵀ(2 y - A 1)``: what was observed of a picture in [-1, 1]."""
        self.sigma = 2 * (operator.sigma**2 + ROUNDING**2) ** 0.5

    def to(self, canvas: Tensor) -> Tensor:
        """Coefficients of a canvas."""
        return self._changed(canvas, self.operator.analyse)

    def back(self, coefficients: Tensor) -> Tensor:
        """The canvas of coefficients."""
        return self._changed(coefficients, self.operator.synthesise)

    def _changed(self, canvas: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
        height, width = self.size
        changed = canvas.clone()
        changed[..., :height, :width] = change(canvas[..., :height, :width])
        return changed


def errors_of(diffusion: Diffusion) -> list[float]:
    """How far a clean picture's estimate is off (variance), at each step from the first that is taken to the last.

    What a step's noise leaves of a picture, but no more than there is to know.
    """
    kept = diffusion.alphas_cumprod[::-1]
    return [float(1 / (1 / SPREAD + each / (1 - each))) for each in kept]


class Landing:
    """Pulls to where estimate and observation agree best, in each singular vector by what is known of either's error.

    Without noise a pull ends on the observation; with noise it goes as far as a Wiener filter does.

    Args:
        space: what was observed.
        errors: `errors_of`; each call takes the next.
        wished: what else pulls.
    """

    def __init__(self, space: Spectral, errors: Iterable[float], wished: Guiding) -> None:
        self.space, self.wished = space, wished
        self._errors = iter(errors)

    def __call__(self, point: Tensor) -> Tensor:
        """The pull at pictures in [-1, 1], of their shape."""
        error, values = next(self._errors), self.space.values
        gain = error * values / (error * values.square() + self.space.sigma**2)
        apart = self.space.observed - values * self.space.to(point)
        return self.space.back(gain * apart) + self.wished(point)

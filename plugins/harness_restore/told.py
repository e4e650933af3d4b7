"""Floors that are told the operator: linear inverses, and iterations with a prior of their own."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from harness.degradations.operators import Separable
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Operator, Setup
from harness_restore.blind import observed, resized
from harness_restore.smoothness import divergence, slopes

__all__ = ["BackProjection", "PseudoInverse", "RichardsonLucy", "TotalVariation", "Wiener"]


def _told(batch: Batch, method: str) -> tuple[Tensor, Operator]:
    image = observed(batch, method)
    if batch.operator is None:
        raise HarnessError(f"{method} needs the operator")
    return image, batch.operator


def _decomposed(batch: Batch, method: str) -> tuple[Tensor, Separable]:
    image, operator = _told(batch, method)
    if not isinstance(operator, Separable):
        raise HarnessError(f"{method} needs an operator with singular values, not {type(operator).__name__}")
    return image, operator


def _counted(steps: int, method: str) -> int:
    if steps < 1:
        raise HarnessError(f"{method} takes 1 step or more, not {steps}")
    return steps


class PseudoInverse:
    """``A⁺ y``."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image or an operator."""
        image, operator = _told(batch, "pseudo-inverse")
        return Images(operator.pseudo_inverse(image).clamp(0, 1))


class BackProjection:
    """``x + A⁺ (y - A x)`` from the resized observation ``x``, ``steps`` times."""

    def __init__(self, setup: Setup, *, steps: int = 1) -> None:
        del setup
        self.steps = _counted(steps, "back-projection")

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image or an operator."""
        image, operator = _told(batch, "back-projection")
        found = resized(batch, "back-projection")
        for _ in range(self.steps):
            found = (found + operator.pseudo_inverse(image - operator(found))).clamp(0, 1)
        return Images(found)


class Wiener:
    """The mean of a Gaussian posterior: ``argmin |A x - y|² / σ² + |∇x|² / slope²``.

    Its prior's spectrum falls as 1/f², as that of natural pictures does on average. Solved by conjugate gradients from
    the resized observation. ``slope`` is the root mean squared difference of neighbours that is assumed; ours.
    """

    ITERATIONS = 100

    def __init__(self, setup: Setup, *, slope: float = 0.12, least_sigma: float = 0.004) -> None:
        del setup
        if not slope > 0 or not least_sigma > 0:
            raise HarnessError(f"wiener: slope {slope:g} and least_sigma {least_sigma:g} are above 0")
        self.slope, self.least = slope, least_sigma

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image, or an operator that has singular values."""
        image, operator = _decomposed(batch, "wiener")
        weight = (max(operator.sigma, self.least) / self.slope) ** 2

        def normal(x: Tensor) -> Tensor:
            return operator.adjoint(operator(x)) - weight * divergence(slopes(x))

        start = resized(batch, "wiener")
        return Images(_conjugate_gradients(normal, operator.adjoint(image), start, self.ITERATIONS).clamp(0, 1))


def _conjugate_gradients(normal: Callable[[Tensor], Tensor], right: Tensor, start: Tensor, iterations: int) -> Tensor:
    found = start
    rest = right - normal(found)
    direction, size = rest, rest.square().sum()
    for _ in range(iterations):
        if size <= 1e-12 * right.square().sum():
            break
        changed = normal(direction)
        step = size / (direction * changed).sum()
        found, rest = found + step * direction, rest - step * changed
        now = rest.square().sum()
        direction, size = rest + now / size * direction, now
    return found


class RichardsonLucy:
    """``x ← x · Aᵀ(y / A x) / Aᵀ1``, from the resized observation; nothing in it is below `LEAST`."""

    LEAST = 1e-3

    def __init__(self, setup: Setup, *, steps: int = 30) -> None:
        del setup
        self.steps = _counted(steps, "richardson-lucy")

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image, or an operator that has singular values."""
        image, operator = _decomposed(batch, "richardson-lucy")
        found = resized(batch, "richardson-lucy").clamp_min(self.LEAST)
        share = operator.adjoint(torch.ones_like(image))
        for _ in range(self.steps):
            ratio = image / operator(found).clamp_min(self.LEAST)
            # where nothing is observed nothing is corrected
            change = torch.where(share > self.LEAST, operator.adjoint(ratio) / share.clamp_min(self.LEAST), 1.0)
            found = (found * change.clamp_min(0)).clamp_min(self.LEAST)
        return Images(found.clamp(0, 1))


class TotalVariation:
    """``argmin ½ |A x - y|² + λ |∇x|₁`` by Chambolle and Pock, from `Wiener`'s picture.

    The data's step is exact, in singular vectors. λ is ``weight + per_sigma · σ``. Colours vary together: a pixel's
    norm is over its channels and both directions.
    """

    STEP = 0.35
    """Of both variables: its square times 8, the gradient's squared norm, is below 1."""

    def __init__(self, setup: Setup, *, weight: float = 0.0005, per_sigma: float = 0.2, steps: int = 200) -> None:
        self.start = Wiener(setup)
        self.weight, self.per_sigma, self.steps = weight, per_sigma, _counted(steps, "tv")
        if not weight > 0 or per_sigma < 0:
            raise HarnessError(f"tv: weight {weight:g} is above 0, per_sigma {per_sigma:g} from 0 on")

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image, or an operator that has singular values."""
        image, operator = _decomposed(batch, "tv")
        limit = self.weight + self.per_sigma * operator.sigma
        values = operator.values.to(image)
        seen = values * operator.analyse_observed(image)
        x = self.start.restore(batch).image
        lead, dual = x, torch.zeros_like(slopes(x))
        # a large step of the picture and a small one of the dual variable: edges are worth little beside pixels
        of_x, of_dual = self.STEP * 20, self.STEP / 20
        for _ in range(self.steps):
            dual = dual + of_dual * slopes(lead)
            dual = dual / (dual.square().sum((1, 2), keepdim=True).sqrt() / limit).clamp_min(1)
            moved = operator.analyse(x + of_x * divergence(dual))
            before, x = x, operator.synthesise((moved + of_x * seen) / (1 + of_x * values.square()))
            lead = 2 * x - before
        return Images(x.clamp(0, 1))

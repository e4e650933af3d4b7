"""Gaussian diffusion in float64: schedules, respacing, one step of DDPM and DDIM (Ho 2020, Nichol 2021, Song 2021)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError

__all__ = [
    "Diffusion",
    "Estimate",
    "Table",
    "cosine_betas",
    "evenly_spaced",
    "linear_betas",
    "respaced",
    "scaled_linear_betas",
]

Table = NDArray[np.float64]


def linear_betas(count: int = 1000, first: float = 1e-4, last: float = 0.02) -> Table:
    """Variances of Ho et al., their ends scaled so that another ``count`` than 1000 destroys as much."""
    return np.linspace(first * 1000 / count, last * 1000 / count, count, dtype=np.float64)


def cosine_betas(count: int = 1000, largest: float = 0.999) -> Table:
    """Variances of Nichol and Dhariwal, at most ``largest``."""

    def kept(share: float) -> float:
        return math.cos((share + 0.008) / 1.008 * math.pi / 2) ** 2

    return np.array([min(1 - kept((i + 1) / count) / kept(i / count), largest) for i in range(count)])


def scaled_linear_betas(count: int, first: float, last: float) -> Table:
    """Variances of latent diffusion: linear in their square roots."""
    return np.linspace(first**0.5, last**0.5, count, dtype=np.float64) ** 2


def respaced(count: int, sections: str | Sequence[int]) -> list[int]:
    """Which of ``count`` steps are kept, ascending.

    ``sections``: steps kept in each equal section ("10,15,20" or numbers), or "ddimN" for one integer stride that
    gives exactly N. Raises `HarnessError` where that is impossible.
    """
    if isinstance(sections, str) and sections.startswith("ddim"):
        wanted = int(sections.removeprefix("ddim"))
        for stride in range(1, count):
            if len(range(0, count, stride)) == wanted:
                return list(range(0, count, stride))
        raise HarnessError(f"no integer stride keeps {wanted} of {count} diffusion steps")
    wanted_each = [int(part) for part in sections.split(",")] if isinstance(sections, str) else list(sections)
    kept: list[int] = []
    begin = 0
    for index, wanted in enumerate(wanted_each):
        size = count // len(wanted_each) + (index < count % len(wanted_each))
        if not 1 <= wanted <= size:
            raise HarnessError(f"cannot keep {wanted} of a section of {size} diffusion steps")
        pitch = (size - 1) / (wanted - 1) if wanted > 1 else 1.0
        position = 0.0
        for _ in range(wanted):  # summed and rounded as officially: a product would round other steps
            kept.append(begin + round(position))
            position += pitch
        begin += size
    return kept


def evenly_spaced(count: int, steps: int) -> list[int]:
    """Which of ``count`` steps latent diffusion's sampler keeps, ascending: 1, 1 + stride, …; at least ``steps``.

    Where ``steps`` does not divide ``count`` they are more, as officially. Raises `HarnessError` where the last would
    lie beyond the schedule.
    """
    if not 1 <= steps <= count:
        raise HarnessError(f"cannot keep {steps} of {count} diffusion steps")
    kept = [index + 1 for index in range(0, count, count // steps)]
    if kept[-1] >= count:
        raise HarnessError(f"{steps} even steps of {count} would end beyond the schedule: take another number")
    return kept


class Estimate(NamedTuple):
    """What a network thinks one step back looks like, each ``[N, C, H, W]``."""

    mean: Tensor
    log_variance: Tensor
    start: Tensor


class Diffusion:
    """The tables of a schedule, and the formulas that read them.

    Steps ``t`` ``[N]`` index the kept steps; `original` gives the number that a network is told. Tables are float64
    and become float32 only when they meet a picture. ``ends_noisy``: the last sampling step leads to the schedule's
    first noise level, as in latent diffusion, instead of to none.
    """

    def __init__(self, betas: Table, kept: Sequence[int] | None = None, *, ends_noisy: bool = False) -> None:
        whole = np.cumprod(1 - betas)
        steps = list(range(len(betas))) if kept is None else sorted(set(kept))
        self.original = torch.tensor(steps)
        clean = whole[0] if ends_noisy else 1.0
        before = np.append(clean, whole[steps][:-1])
        # without respacing the given variances themselves: a quotient of products would not be bit-equal
        self.betas = betas if kept is None else 1 - whole[steps] / before
        self.alphas_cumprod: Table = clean * np.cumprod(1 - self.betas)
        self.alphas_cumprod_prev: Table = np.append(clean, self.alphas_cumprod[:-1])
        rest = 1 - self.alphas_cumprod
        self.posterior_variance: Table = self.betas * (1 - self.alphas_cumprod_prev) / rest
        # the first is 0, its logarithm infinite: officially the second stands in for it
        first = self.posterior_variance[1:2] if len(steps) > 1 else self.betas
        self.posterior_log_variance: Table = np.log(np.append(first, self.posterior_variance[1:]))
        self.posterior_start: Table = self.betas * np.sqrt(self.alphas_cumprod_prev) / rest
        self.posterior_noisy: Table = (1 - self.alphas_cumprod_prev) * np.sqrt(1 - self.betas) / rest

    def __len__(self) -> int:
        return len(self.betas)

    @staticmethod
    def _at(table: Table, t: Tensor) -> Tensor:
        return torch.from_numpy(table).to(t.device)[t].float()[:, None, None, None]

    def noisy(self, start: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """A draw of ``q(x_t | x_0)``, given its noise."""
        kept = self._at(np.sqrt(self.alphas_cumprod), t)
        return kept * start + self._at(np.sqrt(1 - self.alphas_cumprod), t) * noise

    def start_from_noise(self, noisy: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """The clean picture that ``noise`` implies; not clipped."""
        scaled = self._at(np.sqrt(1 / self.alphas_cumprod), t) * noisy
        return scaled - self._at(np.sqrt(1 / self.alphas_cumprod - 1), t) * noise

    def noise_from_start(self, noisy: Tensor, t: Tensor, start: Tensor) -> Tensor:
        """The noise that a clean picture implies."""
        scaled = self._at(np.sqrt(1 / self.alphas_cumprod), t) * noisy
        return (scaled - start) / self._at(np.sqrt(1 / self.alphas_cumprod - 1), t)

    def posterior_mean(self, start: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """Mean of ``q(x_{t-1} | x_t, x_0)``."""
        return self._at(self.posterior_start, t) * start + self._at(self.posterior_noisy, t) * noisy

    def posterior_log(self, t: Tensor) -> Tensor:
        """Log variance of ``q(x_{t-1} | x_t, x_0)``, ``[N, 1, 1, 1]``; at 0, where it is 0, that of the next step."""
        return self._at(self.posterior_log_variance, t)

    def estimate(self, prediction: Tensor, noisy: Tensor, t: Tensor, *, clip: bool = True) -> Estimate:
        """Read a prediction ``[N, 2C, H, W]``: noise, then where the log variance lies between its two bounds.

        ``clip`` holds the clean picture within [-1, 1].
        """
        noise, between = prediction.chunk(2, dim=1)
        start = self.start_from_noise(noisy, t, noise)
        if clip:
            start = start.clamp(-1, 1)
        share = (between + 1) / 2
        highest, lowest = self._at(np.log(self.betas), t), self.posterior_log(t)
        return Estimate(self.posterior_mean(start, noisy, t), share * highest + (1 - share) * lowest, start)

    def ancestral(self, estimate: Estimate, t: Tensor, noise: Tensor) -> Tensor:
        """One DDPM step: ``x_{t-1}``; at ``t = 0`` the noise is left out."""
        moving = (t > 0).float()[:, None, None, None]
        return estimate.mean + moving * torch.exp(0.5 * estimate.log_variance) * noise

    def implicit(self, start: Tensor, noisy: Tensor, t: Tensor, noise: Tensor, eta: float = 0.0) -> Tensor:
        """One DDIM step from a clean picture's estimate; ``eta`` 0 draws nothing."""
        now, before = self._at(self.alphas_cumprod, t), self._at(self.alphas_cumprod_prev, t)
        sigma = eta * torch.sqrt((1 - before) / (1 - now)) * torch.sqrt(1 - now / before)
        direction = torch.sqrt(1 - before - sigma**2) * self.noise_from_start(noisy, t, start)
        return start * torch.sqrt(before) + direction + (t > 0).float()[:, None, None, None] * sigma * noise

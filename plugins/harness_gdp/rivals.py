"""Three other ways to sample GDP's prior for a known degradation, with its weights and as many steps.

Written from the papers' formulas; no code of theirs is used. Pictures are in [-1, 1] while they are sampled, so that
what was observed, and its noise, are doubled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Operator, Setup
from harness.nn.diffusion import Estimate
from harness_gdp.patches import Mosaic
from harness_gdp.sampling import Sampler, draws
from harness_gdp.spectral import Spectral

__all__ = ["Ddrm", "DiffPir", "Dps"]

Draw = Callable[[], Tensor]


class _Rival(ABC):
    """What the three share: the prior, and how a batch becomes a sample."""

    name: str

    def __init__(self, setup: Setup, steps: int) -> None:
        self.sampler = Sampler(setup, {"steps": steps})
        self.diffusion = self.sampler.diffusion

    @torch.inference_mode(mode=False)
    def restore(self, batch: Batch) -> Images:
        """Pictures of `Batch.target_size`.

        Raises:
            HarnessError: no image, no operator, one that has no singular values where they are needed, or not one seed.
        """
        if batch.image is None or batch.operator is None:
            raise HarnessError(f"{self.name} needs an image, and the operator that tells what was done to it")
        if len(batch.seeds) != len(batch.image):
            raise HarnessError(f"{self.name} draws noise: a picture needs a seed (Batch.seeds)")
        observed = batch.image.clone()
        size = batch.target_size or (observed.shape[-2], observed.shape[-1])
        mosaic = self.sampler.mosaic(size)
        draw = draws(batch.seeds, (3, *mosaic.size), observed.device)
        with torch.no_grad():
            drawn = self._sampled(observed, batch.operator, size, mosaic, draw)
        return Images((drawn[..., : size[0], : size[1]] / 2 + 0.5).clamp(0, 1))

    @abstractmethod
    def _sampled(
        self, observed: Tensor, operator: Operator, size: tuple[int, int], mosaic: Mosaic, draw: Draw
    ) -> Tensor: ...

    def _estimate(self, noisy: Tensor, index: int, mosaic: Mosaic) -> tuple[Estimate, Tensor]:
        t = torch.full((len(noisy),), index, device=noisy.device)
        return mosaic.estimate(self.sampler.predict, self.diffusion, noisy, t), t

    def _kept(self, index: int) -> tuple[float, float]:
        """How much of the clean picture's power is left at a kept step, and at the one that follows."""
        tables = self.diffusion.alphas_cumprod, self.diffusion.alphas_cumprod_prev
        return float(tables[0][index]), float(tables[1][index])


class Dps(_Rival):
    """Diffusion posterior sampling (Chung et al., ICLR 2023, algorithm 1): ``x_{t-1} - ζ ∇_{x_t} ‖y - A(x̂_0)‖₂``.

    The gradient goes through the network. ``scale`` is ζ for 1000 steps; ours: it grows by 1000 / steps.
    """

    name = "dps"

    def __init__(self, setup: Setup, *, steps: int = 50, scale: float = 0.3) -> None:
        super().__init__(setup, steps)
        if not scale > 0:
            raise HarnessError(f"dps: a scale is above 0, not {scale:g}")
        self.scale = scale * 1000 / len(self.diffusion)

    def _sampled(
        self, observed: Tensor, operator: Operator, size: tuple[int, int], mosaic: Mosaic, draw: Draw
    ) -> Tensor:
        noisy = draw()
        for index in reversed(range(len(self.diffusion))):
            with torch.enable_grad():
                free = noisy.detach().requires_grad_()
                estimate, t = self._estimate(free, index, mosaic)
                seen = operator(estimate.start[..., : size[0], : size[1]] / 2 + 0.5)
                apart = torch.linalg.vector_norm(2 * (seen - observed), dim=(1, 2, 3)).sum()
                (gradient,) = torch.autograd.grad(apart, free)
            noisy = self.diffusion.ancestral(estimate, t, draw()).detach() - self.scale * gradient
        return noisy


class Ddrm(_Rival):
    """Denoising diffusion restoration models (Kawar et al., NeurIPS 2022, equations 7 and 8), in singular vectors.

    ``x̄ = x / √ᾱ`` has noise ``σ_t = √((1 - ᾱ) / ᾱ)``. Each coefficient is drawn by itself: not observed, observed with
    more noise than a step has, or with less.
    """

    name = "ddrm"

    def __init__(self, setup: Setup, *, steps: int = 50, eta: float = 0.85, eta_b: float = 1.0) -> None:
        super().__init__(setup, steps)
        if not 0 <= eta <= 1 or not 0 <= eta_b <= 1:
            raise HarnessError(f"ddrm: eta={eta:g} and eta_b={eta_b:g} lie between 0 and 1")
        self.eta, self.eta_b = eta, eta_b

    def _sampled(
        self, observed: Tensor, operator: Operator, size: tuple[int, int], mosaic: Mosaic, draw: Draw
    ) -> Tensor:
        space = Spectral(operator, observed, size, mosaic, self.name)
        told = space.values > 0
        values = torch.where(told, space.values, 1.0)
        seen, noise = space.observed / values, space.sigma / values
        last, _ = self._kept(len(self.diffusion) - 1)
        largest = ((1 - last) / last) ** 0.5
        start = torch.where(told, seen, 0.0)
        spread = torch.where(told, (largest**2 - noise**2).clamp_min(0).sqrt(), largest)
        scaled = start + spread * space.to(draw())
        for index in reversed(range(len(self.diffusion))):
            kept, after = self._kept(index)
            now, then = ((1 - kept) / kept) ** 0.5, ((1 - after) / after) ** 0.5
            estimate, _ = self._estimate(space.back(scaled) * kept**0.5, index, mosaic)
            clean = space.to(estimate.start)
            steady = (1 - self.eta**2) ** 0.5 * then
            unseen = clean + steady * (scaled - clean) / now
            vague = clean + steady * (seen - clean) / noise
            sharp = (1 - self.eta_b) * clean + self.eta_b * seen
            rest = (then**2 - (self.eta_b * noise) ** 2).clamp_min(0).sqrt()
            exact = told & (noise <= then)
            mean = torch.where(exact, sharp, torch.where(told, vague, unseen))
            scaled = mean + torch.where(exact, rest, self.eta * then) * space.to(draw())
        return space.back(scaled)


class DiffPir(_Rival):
    """Denoising diffusion for plug-and-play restoration (Zhu et al., CVPR workshops 2023, algorithm 1).

    ``argmin ‖y - A x‖² + ρ ‖x - x̂_0‖²`` with ``ρ = λ σ² / σ_t²``, exact in singular vectors; then back to the next
    noise level, of which ``ζ`` is fresh.
    """

    name = "diffpir"

    def __init__(self, setup: Setup, *, steps: int = 50, weight: float = 7.0, fresh: float = 0.3) -> None:
        super().__init__(setup, steps)
        if not weight > 0 or not 0 <= fresh <= 1:
            raise HarnessError(f"diffpir: weight={weight:g} is above 0, fresh={fresh:g} between 0 and 1")
        self.weight, self.fresh = weight, fresh

    def _sampled(
        self, observed: Tensor, operator: Operator, size: tuple[int, int], mosaic: Mosaic, draw: Draw
    ) -> Tensor:
        space = Spectral(operator, observed, size, mosaic, self.name)
        noisy = draw()
        for index in reversed(range(len(self.diffusion))):
            kept, after = self._kept(index)
            estimate, _ = self._estimate(noisy, index, mosaic)
            near = self.weight * space.sigma**2 * kept / (1 - kept)
            clean = space.to(estimate.start)
            agreed = (space.values * space.observed + near * clean) / (space.values.square() + near)
            start = space.back(agreed)
            implied = (noisy - kept**0.5 * start) / (1 - kept) ** 0.5
            mixed = (1 - self.fresh) ** 0.5 * implied + self.fresh**0.5 * draw()
            noisy = after**0.5 * start + (1 - after) ** 0.5 * mixed
        return noisy

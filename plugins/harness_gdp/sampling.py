"""The prior of GDP's methods, and how it is sampled: steps, patches, precision, chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness import weights
from harness.errors import HarnessError
from harness.interfaces import Setup
from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness_gdp.guidance import Guiding, guided_sample
from harness_gdp.network import MINI, Prior, PriorConfig
from harness_gdp.options import OFFICIAL_SIDE, Options
from harness_gdp.patches import Mosaic

__all__ = ["Sampler", "draws", "load_network", "random_network"]

SMALL_SIDE = 64
"""ours: what the small prior was trained on."""
LEAST = -1.0
"""What a network says of its variance where that is the lower bound, the posterior's."""
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def load_network(path: Path) -> Prior:
    """A prior with the weights of a file; one that states no configuration (the official ``.pt``) has the official.

    Raises `HarnessError` if the file cannot be read or its entries are not the network's.
    """

    def build(_: Mapping[str, Tensor], stated: Mapping[str, Any] | None) -> Prior:
        if stated is not None:
            return Prior(PriorConfig(**stated))
        with torch.device("meta"):  # 2 GB that the file's tensors replace
            return Prior()

    return weights.load_network(path, "GDP", build)


def random_network() -> Prior:
    """The small configuration with weights from a fixed seed: for tests and timing."""
    return weights.random_network(partial(Prior, MINI))


def draws(seeds: tuple[int, ...], shape: tuple[int, ...], device: torch.device) -> Callable[[], Tensor]:
    """Standard normal noise ``[N, *shape]`` at each call, each sample's from its own generator on the CPU."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return lambda: torch.stack([torch.randn(*shape, generator=g) for g in generators]).to(device)


class Sampler:
    """The prior, and how it is sampled.

    Args:
        setup: device and weights; without a weights file the network is random.
        given: parameters of a reference, `Options`.

    Raises:
        HarnessError: parameters that cannot be.
    """

    def __init__(self, setup: Setup, given: dict[str, Any]) -> None:
        self.options = Options.read(given)
        betas = linear_betas()
        self.diffusion = Diffusion(betas, respaced(len(betas), [self.options.steps]))
        self.kept = {int(step): k for k, step in enumerate(self.diffusion.original)}
        path = setup.weights.path if setup.weights else None
        network = load_network(path) if path else random_network()
        self.network = network.eval().requires_grad_(False).to(setup.device)
        if self.options.precision != "float32":
            self.network = self.network.to(memory_format=torch.channels_last)
        official = setup.weights is not None and setup.weights.kind == "official"
        self.side = self.options.window or (OFFICIAL_SIDE if official else SMALL_SIDE)

    def mosaic(self, size: tuple[int, int]) -> Mosaic:
        """The canvas for pictures of ``size`` (H, W), and its patches.

        Sides below a patch's are extended to what the network takes, right and below; patches' sides are such.
        """
        pitch = self.network.pitch
        side = -(-self.side // pitch) * pitch
        rows, columns = (max(length, min(side, -(-length // pitch) * pitch)) for length in size)
        return Mosaic((rows, columns), side, self.options.released)

    def sample(self, size: tuple[int, int], guide: Guiding, seeds: tuple[int, ...], count: int) -> Tensor:
        """``count`` pictures of ``size`` in [0, 1] on the network's device, one for each of the seeds.

        Nothing pulls at what the canvas has beyond ``size``; it is cut off. Raises `HarnessError` for another number of
        seeds.
        """
        if len(seeds) != count:
            raise HarnessError(f"gdp draws noise: {count} pictures need {count} seeds (Batch.seeds), not {len(seeds)}")
        mosaic = self.mosaic(size)
        draw = draws(seeds, (3, *mosaic.size), next(self.network.parameters()).device)
        drawn = guided_sample(
            self.predict, self.diffusion, draw, guide, *self.options.ways,
            variance=self.options.variance == "on", mosaic=mosaic,
        )  # fmt: skip
        return (drawn[..., : size[0], : size[1]] / 2 + 0.5).clamp(0, 1)

    def predict(self, noisy: Tensor, steps: Tensor) -> Tensor:
        """The prior's prediction ``[N, 6, H, W]`` in float32, which every method here samples by.

        ``steps`` are original ones, all alike. A network of patches (ours) sees at each step of preset `ours` another
        shift of the picture against them, so that no border between two patches stays where it is.
        """
        row, column = self._shift(int(steps[0]))
        found = self._shown(noisy.roll((-row, -column), (-2, -1)), steps).roll((row, column), (-2, -1))
        if self.options.noise == "learned":
            return found
        noise, between = found.chunk(2, 1)
        return torch.cat([noise, torch.full_like(between, LEAST)], 1)

    def _shift(self, step: int) -> tuple[int, int]:
        side = self.network.patch if self.options.preset == "ours" else 1
        return divmod(self.kept[step] % side**2, side)

    def _shown(self, noisy: Tensor, steps: Tensor) -> Tensor:
        """What the network says, in float32."""
        dtype = DTYPES.get(self.options.precision)
        if dtype is None:
            found: Tensor = self.network(noisy, steps)
            return found
        with torch.autocast(noisy.device.type, dtype):
            rounded: Tensor = self.network(noisy.contiguous(memory_format=torch.channels_last), steps)
        return rounded.float()

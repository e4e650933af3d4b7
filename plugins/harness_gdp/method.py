"""GDP as the harness calls it: pictures restored from a known degradation, holes filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness import weights
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness_gdp.guidance import Form, Guide, Point, guided_sample
from harness_gdp.network import MINI, Prior, PriorConfig
from harness_gdp.tasks import HOLE, TASKS, strength

__all__ = ["GdpInpainter", "GdpRestorer", "load_network", "random_network"]


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


def _draws(seeds: tuple[int, ...], shape: tuple[int, ...], device: torch.device) -> Callable[[], Tensor]:
    """Standard normal noise ``[N, *shape]`` at each call, each sample's from its own generator on the CPU."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return lambda: torch.stack([torch.randn(*shape, generator=g) for g in generators]).to(device)


class _Sampler:
    """The prior, and how it is sampled.

    The canvas is the picture, extended to the right and below to what the network takes; nothing is known of what was
    added, and it is cut off again.
    """

    def __init__(self, setup: Setup, steps: int, point: Point, form: Form, scale: float) -> None:
        path = setup.weights.path if setup.weights else None
        network = load_network(path) if path else random_network()
        self.network = network.eval().requires_grad_(False).to(setup.device)
        if scale < 0:
            raise HarnessError(f"scale={scale:g}: the pull's factor is positive, or 0 for the release's own")
        betas = linear_betas()
        self.diffusion = Diffusion(betas, respaced(len(betas), [steps]))
        self.point, self.form, self.scale = point, form, scale

    def strength(self, official: float, size: torch.Size) -> float:
        """The scale of the pull for pictures of ``size`` (..., H, W); ``official`` unless the user gave one."""
        return strength(self.scale or official, self.form, size[-2], size[-1], len(self.diffusion))

    def sample(self, like: Tensor, guide: Guide, seeds: tuple[int, ...]) -> Tensor:
        """Pictures in [0, 1] of ``like``'s size."""
        count, channels, height, width = like.shape
        if len(seeds) != count:
            raise HarnessError(f"gdp draws noise: {count} pictures need {count} seeds (Batch.seeds), not {len(seeds)}")
        rows, columns = (-(-size // self.network.pitch) * self.network.pitch for size in (height, width))
        draw = _draws(seeds, (channels, rows, columns), like.device)
        drawn = guided_sample(self.network, self.diffusion, draw, guide, self.point, self.form)
        return (drawn[..., :height, :width] / 2 + 0.5).clamp(0, 1)


class GdpRestorer:
    """Restores pictures from a degradation that is known (see the card).

    ``batch.image`` is the degraded picture at the size that is wanted: for `sr4` a small one, each pixel of it copied
    to 4×4; for `blur` the blurred one, whose outer four rows and columns are not looked at; for `colour` a grey one.

    Args:
        setup: device and weights; without a weights file the network is random.
        task: `sr4`, `blur` or `colour`.
        steps: how many of the 1000 steps are taken.
        point: where the pull is taken, `x0` or `xt`.
        form: whether it moves the `mean` or corrects the `score`.
        scale: of the pull, in the release's unit; 0 for the release's own of the task.

    Raises:
        HarnessError: a number of steps or a scale that cannot be.
    """

    def __init__(
        self, setup: Setup, *, task: str = "sr4", steps: int = 50, point: Point = "x0", form: Form = "mean",
        scale: float = 0.0,
    ) -> None:  # fmt: skip
        self.sampler = _Sampler(setup, steps, point, form, scale)
        self.task = TASKS[task]

    @torch.inference_mode(mode=False)
    def restore(self, batch: Batch) -> Images:
        """Pictures of the image's size.

        Raises:
            HarnessError: no image, not one seed for each, or an image smaller than the blur.
        """
        if batch.image is None:
            raise HarnessError("gdp needs an image")
        # a pull is a gradient, and tensors of inference mode are in none: the engine's are copied
        image = batch.image.clone()
        scale = self.sampler.strength(self.task.scale(self.sampler.form), image.shape)
        return Images(self.sampler.sample(image, self.task.guide(image, scale), batch.seeds))


class GdpInpainter:
    """Fills holes (see the card). Pixels outside the hole come back unchanged; what stands in it is never read.

    Args:
        setup: device and weights; without a weights file the network is random.
        steps, point, form, scale: as for `GdpRestorer`.

    Raises:
        HarnessError: a number of steps or a scale that cannot be.
    """

    def __init__(
        self, setup: Setup, *, steps: int = 50, point: Point = "x0", form: Form = "mean", scale: float = 0.0
    ) -> None:
        self.sampler = _Sampler(setup, steps, point, form, scale)

    @torch.inference_mode(mode=False)
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: no image, no mask, a mask of another size, or not one seed for each picture.
        """
        image, mask = (tensor.clone() for tensor in batch.image_and_mask("gdp-inpaint"))
        hole = mask > 0
        known = (~hole).to(image.dtype)
        scale = self.sampler.strength(HOLE[self.sampler.form], image.shape)
        seen = torch.where(hole, torch.zeros_like(image), image)
        guide = Guide(lambda drawn: drawn * known, seen, scale, size=(image.shape[-2], image.shape[-1]))
        return Images(torch.where(hole, self.sampler.sample(image, guide, batch.seeds), image))

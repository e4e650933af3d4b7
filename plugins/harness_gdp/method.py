"""GDP as the harness calls it: degradations that are known or unknown, several exposures, holes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from harness.degradations.operators import Separable
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness_gdp.guidance import Guide, Guiding
from harness_gdp.light import LightGuide, Rates, first_light, plotted
from harness_gdp.options import OFFICIAL_SIDE, OFFICIAL_STEPS
from harness_gdp.sampling import Sampler, load_network, random_network
from harness_gdp.spectral import Landing, Spectral, errors_of
from harness_gdp.tasks import COLOUR_WEIGHT, HOLE, LIGHT, OPERATOR, task_of

__all__ = ["GdpBlind", "GdpHdr", "GdpInpainter", "GdpRestorer", "load_network", "random_network"]

UNKNOWN = "light"
LIGHT_LOSSES = ("exposure", "colour", "tv")


def _copied(field: Tensor | None, name: str, method: str) -> Tensor:
    """A pull is a gradient, and tensors of inference mode are in none: the engine's are copied."""
    if field is None:
        raise HarnessError(f"{method} needs {name}")
    return field.clone()


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]


def _enlarged(image: Tensor, size: tuple[int, int]) -> Tensor:
    """At ``size``, which is no smaller: each pixel copied to a block; the right and lower edge may cut blocks.

    That undoes the size of block means alone; whatever else made a picture smaller, it is as good as any.
    """
    blocks = (-(-wanted // given) for wanted, given in zip(size, _size(image), strict=True))
    rows, columns = (torch.arange(wanted) // side for wanted, side in zip(size, blocks, strict=True))
    return image[..., rows[:, None], columns]


def _shared(losses: tuple[str, ...], method: str, *unfit: str) -> tuple[str, ...]:
    """Raise `HarnessError` for a loss that has nothing to work on."""
    for name in unfit:
        if name in losses:
            raise HarnessError(f"{method} has no use for the loss '{name}'")
    return losses


class GdpRestorer:
    """Restores from a degradation that the task tells (`Batch.operator`), whatever it is.

    Args:
        setup: device and weights; without a weights file the network is random.
        given: `harness_gdp.options.Options`.

    Raises:
        HarnessError: parameters that cannot be.
    """

    def __init__(self, setup: Setup, **given: Any) -> None:
        self.sampler = Sampler(setup, given)
        self.losses = _shared(self.sampler.options.chosen(()), "gdp", "tv")

    @torch.inference_mode(mode=False)
    def restore(self, batch: Batch) -> Images:
        """Pictures of `Batch.target_size`, by default the observation's.

        Raises:
            HarnessError: no image, no operator, or not one seed for each.
        """
        observed = _copied(batch.image, "an image", "gdp")
        if batch.operator is None:
            raise HarnessError("gdp needs to know what was done (Batch.operator); gdp-blind does not")
        size, options = batch.target_size or _size(observed), self.sampler.options
        official, diffusion = OPERATOR.of(options.ways[1]), self.sampler.diffusion
        lands = options.lands and isinstance(batch.operator, Separable)
        guide: Guiding = Guide(
            batch.operator, observed, 0.0 if lands else options.pull(official, diffusion, size),
            options.quality(self.losses, official * options.unit(diffusion, size)), size, options.distance,
            batch.operator.pseudo_inverse(observed) if "spatial" in self.losses else None,
        )  # fmt: skip
        if lands:
            space = Spectral(batch.operator, observed, size, self.sampler.mosaic(size), "gdp")
            guide = Landing(space, errors_of(diffusion), guide)
        return Images(self.sampler.sample(size, guide, batch.seeds, len(observed)))


class GdpBlind:
    """Restores where no operator is given: light that is found with the picture, or a degradation that a user names.

    ``batch.image`` stands at the wanted size: for `sr4` a small picture, each pixel of it copied to 4×4; for `blur`
    the blurred one, whose outer four rows and columns are not looked at; for `colour` a grey one. Where it is smaller
    than `Batch.target_size`, its pixels are copied here.

    Args:
        setup: as for `GdpRestorer`.
        task: `light`, or what was done: `sr4`, `blur`, `colour`, several joined by ``+``.
        given: as for `GdpRestorer`.
    """

    def __init__(self, setup: Setup, *, task: str = UNKNOWN, **given: Any) -> None:
        self.task = None if task == UNKNOWN else task_of(task)
        self.sampler = Sampler(setup, given)
        own = ("colour",) if self.task and self.task.grey else ()
        if self.task:
            self.losses = _shared(self.sampler.options.chosen(own), "a known degradation", "tv")

    @torch.inference_mode(mode=False)
    def restore(self, batch: Batch) -> Images:
        """Pictures of `Batch.target_size`, by default the image's.

        Raises:
            HarnessError: no image, not one seed for each, or an image smaller than the blur.
        """
        given = _copied(batch.image, "an image", "gdp-blind")
        image = _enlarged(given, batch.target_size or _size(given))
        if self.task is None:
            return _lit(self.sampler, image[:, None], batch.seeds, pulls=2)
        size, options, diffusion = _size(image), self.sampler.options, self.sampler.diffusion
        official = self.task.scales.of(options.ways[1])
        # the release's weight stands beside the mean's scale in either form
        colour = COLOUR_WEIGHT / official
        guide = Guide(
            self.task.degrade, self.task.observed(image), options.pull(official, diffusion, size),
            options.quality(self.losses, official * options.unit(diffusion, size), colour),
            size, options.distance, image,
        )  # fmt: skip
        return Images(self.sampler.sample(size, guide, batch.seeds, len(image)))


class GdpHdr:
    """One picture from several exposures of it (`Batch.exposures`), each of unknown light.

    Args:
        setup, given: as for `GdpRestorer`.
    """

    def __init__(self, setup: Setup, **given: Any) -> None:
        self.sampler = Sampler(setup, given)

    @torch.inference_mode(mode=False)
    def restore(self, batch: Batch) -> Images:
        """Pictures of the exposures' size; facts and maps tell how the light was found.

        Raises:
            HarnessError: no image, no exposures, or not one seed for each.
        """
        _copied(batch.image, "an image", "gdp-hdr")
        return _lit(self.sampler, _copied(batch.exposures, "exposures", "gdp-hdr"), batch.seeds, pulls=1)


class GdpInpainter:
    """Fills holes (see the card). Pixels outside the hole come back unchanged; what stands in it is never read.

    Args:
        setup, given: as for `GdpRestorer`.
    """

    def __init__(self, setup: Setup, **given: Any) -> None:
        self.sampler = Sampler(setup, given)
        self.losses = _shared(self.sampler.options.chosen(()), "gdp-inpaint", "tv", "spatial")

    @torch.inference_mode(mode=False)
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: no image, no mask, a mask of another size, or not one seed for each picture.
        """
        image, mask = (tensor.clone() for tensor in batch.image_and_mask("gdp-inpaint"))
        hole = mask > 0
        known = (~hole).to(image.dtype)
        size, options, diffusion = _size(image), self.sampler.options, self.sampler.diffusion
        official = HOLE.of(options.ways[1])
        guide = Guide(
            lambda drawn: drawn * known, torch.where(hole, torch.zeros_like(image), image),
            options.pull(official, diffusion, size),
            options.quality(self.losses, official * options.unit(diffusion, size)), size, options.distance,
        )  # fmt: skip
        return Images(torch.where(hole, self.sampler.sample(size, guide, batch.seeds, len(image)), image))


def _light_guide(sampler: Sampler, exposures: Tensor, seeds: tuple[int, ...], pulls: int) -> LightGuide:
    """``pulls``: how many times the release's script for this adds each pull."""
    options, diffusion, size = sampler.options, sampler.diffusion, _size(exposures)
    official = LIGHT.of(options.ways[1])
    losses = options.chosen(() if options.released else LIGHT_LOSSES)
    count = exposures.shape[1]
    # M's gradient is a mean over pixels as the pull is, so that its rate follows the area and the steps too
    field_rate = size[0] * size[1] / OFFICIAL_SIDE**2 * OFFICIAL_STEPS / len(diffusion)
    start = first_light(seeds, 1 if options.released else count, size)
    factor, field = (tensor.to(exposures.device) for tensor in start)
    visits = None
    if options.released:
        visits = sampler.mosaic(size).visits()[: size[0], : size[1]].to(exposures.device)
    return LightGuide(
        exposures, factor, field, options.pull(official, diffusion, size, count),
        Rates(1.0, field_rate, options.smooth(losses), pulls if options.released else 1, not options.released),
        visits, options.quality(losses, official * options.unit(diffusion, size)), options.distance,
    )  # fmt: skip


def _lit(sampler: Sampler, exposures: Tensor, seeds: tuple[int, ...], pulls: int) -> Images:
    if len(seeds) == len(exposures):
        guide = _light_guide(sampler, exposures, seeds, pulls)
        drawn = sampler.sample(_size(exposures), guide, seeds, len(exposures))
        return Images(drawn, *_told(guide))
    raise HarnessError(f"gdp draws noise: {len(exposures)} pictures need as many seeds, not {len(seeds)}")


def _told(guide: LightGuide) -> tuple[dict[str, Tensor], dict[str, list[str | int | float]]]:
    """Maps and facts: how f went, and where M ended."""
    path = torch.stack(guide.path, 1).cpu()  # [N, steps, K]
    field = guide.field.clamp(min=0).amax(1, keepdim=True).cpu()
    size = _size(field)
    highest = field.flatten(1).amax(1)
    maps = {
        "f_path": torch.stack([plotted(each, size) for each in path]),
        "light": field / highest.clamp(min=1e-12)[:, None, None, None],
    }

    def words(values: Tensor) -> list[str | int | float]:
        return [" ".join(f"{value:.4f}" for value in row) for row in values.tolist()]

    mean = guide.field.flatten(2).mean(2).cpu()
    facts = {
        "f_first": words(path[:, 0]),
        "f_half": words(path[:, path.shape[1] // 2]),
        "f_last": words(path[:, -1]),
        "m_last": words(mean),
    }
    return maps, facts

"""ICF-GU as an inpainter of the harness: any size, any aspect, any hole."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from harness import weights
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness_icfgu.feedback import THRESHOLD, Iteration, iterate
from harness_icfgu.network import IcfguConfig, TwoStage
from harness_icfgu.upsampling import enlarge, guided, reduce

__all__ = ["IcfguInpainter", "load_network", "random_network"]


def load_network(path: Path) -> TwoStage:
    """A network with the weights of a file; the file's metadata states the configuration.

    Raises `HarnessError` if the file cannot be read or its entries are not the network's.
    """
    return weights.load_network(path, "ICF-GU", lambda _, stated: TwoStage(IcfguConfig(**(stated or {}))))


def random_network() -> TwoStage:
    """The full-size configuration with weights from a fixed seed: for tests and timing."""
    return weights.random_network(TwoStage)


class IcfguInpainter:
    """Fills holes in rounds, each of which keeps what the network trusts (see the card).

    Maps: ``confidence1``, ``confidence2``, … ``[N, 1, H, W]``, one a possible round, 1 where a pixel was known before
    it. Facts: ``rounds`` that had something left to fill, ``trusted`` (share of the hole that was kept for its
    confidence, not because the last round keeps everything), ``scale`` (by how much the picture was reduced for the
    network).

    Args:
        setup: device and weights; without a weights file the network is random.
        rounds: passes at most, at least 1. The last one fills all that is left.
        threshold: confidence above which a pixel is kept, in [0, 1].
        upsample: how a fill comes back to a larger picture's size: ``guided`` or ``bicubic``.
        working: longest side that the network should see, at least 16; it sees between 2/3 and 3/2 of it where the
            picture is larger, the picture itself where it is not.

    Raises:
        HarnessError: a parameter outside its range, or weights that do not fit.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        rounds: int = 4,
        threshold: float = THRESHOLD,
        upsample: str = "guided",
        working: int = 256,
    ) -> None:
        if rounds < 1:
            raise HarnessError(f"icfgu: rounds={rounds}, but it takes at least 1 to fill anything")
        if not 0 <= threshold <= 1:
            raise HarnessError(f"icfgu: threshold={threshold} is no confidence: choose one in [0, 1]")
        if working < 16:
            raise HarnessError(f"icfgu: working={working} is too small for the network: at least 16")
        path = setup.weights.path if setup.weights else None
        network = load_network(path) if path else random_network()
        self.network = network.eval().requires_grad_(False).to(setup.device)
        self.rounds, self.threshold, self.working = rounds, threshold, working
        self.guided = upsample == "guided"

    @torch.no_grad()
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: the batch has no image or no mask, or a mask of another size.
        """
        image, mask = batch.image_and_mask("icfgu")
        hole = mask > 0
        height, width = image.shape[-2:]
        scale = self.scale(height, width)
        blank, mask = self._extend((2 * image - 1).masked_fill(hole, 0), hole.to(image.dtype), scale)
        small, small_mask = reduce(blank, mask, scale)
        done = iterate(self.network, small, small_mask, rounds=self.rounds, threshold=self.threshold)
        filled = self._enlarged(blank, mask, done.image, small_mask, scale)[..., :height, :width]
        return Images(
            # the network's own composite went through [-1, 1]; this one returns known pixels bit by bit
            torch.where(hole, (filled.clamp(-1, 1) + 1) / 2, image),
            maps=_maps(done, self.rounds, scale, height, width),
            facts=_facts(done, self.threshold) | {"scale": [scale] * len(image)},
        )

    def scale(self, height: int, width: int) -> int:
        """By what whole factor a picture is reduced for the network."""
        return max(1, round(max(height, width) / self.working))

    def _extend(self, blank: Tensor, mask: Tensor, scale: int) -> tuple[Tensor, Tensor]:
        """Repeat the last row and column, hole included, up to a size that the network takes."""
        config = self.network.config
        extra = []
        for length in (blank.shape[-1], blank.shape[-2]):
            least = max(length, config.smallest * scale)
            extra += [0, -(-least // (config.multiple * scale)) * config.multiple * scale - length]
        return F.pad(blank, extra, mode="replicate"), F.pad(mask, extra, mode="replicate")

    def _enlarged(self, blank: Tensor, mask: Tensor, small: Tensor, small_mask: Tensor, scale: int) -> Tensor:
        if scale == 1:
            return small
        return guided(blank, mask, small, small_mask, scale) if self.guided else enlarge(small, scale)


def _maps(done: Iteration, rounds: int, scale: int, height: int, width: int) -> dict[str, Tensor]:
    maps = {}
    for number, passed in enumerate(done.rounds, 1):
        confidence = torch.where(passed.hole > 0, passed.confidence, 1.0)
        maps[f"confidence{number}"] = F.interpolate(confidence, scale_factor=scale)[..., :height, :width]
    # a sample that needs fewer rounds than another of its batch must not be told by it
    everything = torch.ones_like(maps["confidence1"])
    return maps | {f"confidence{number}": everything for number in range(len(done.rounds) + 1, rounds + 1)}


def _facts(done: Iteration, threshold: float) -> dict[str, list[int | float]]:
    busy = torch.stack([passed.hole.flatten(1).any(1) for passed in done.rounds])
    kept = sum(((passed.hole > 0) & (passed.confidence > threshold)).flatten(1).sum(1) for passed in done.rounds)
    whole = done.rounds[0].hole.flatten(1).sum(1).clamp(min=1)
    return {"rounds": busy.sum(0).tolist(), "trusted": (kept / whole).tolist()}

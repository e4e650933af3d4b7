"""Inst-Inpaint as the harness calls it: an object named in words is taken out of a picture, without a mask."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness.nn.word_list import Encode, list_encoder
from harness_instinpaint.checkpoint import load_network, random_network
from harness_instinpaint.network import CONFIGURATIONS, InstInpaint, Meaning
from harness_instinpaint.sampling import Told, sampled, sampler
from harness_instinpaint.words import piece_encoder

__all__ = ["Editor", "Keep", "MaskedEditor", "SourcelessEditor", "encoder_of"]

VOCABULARY = "vocab.txt"
TIMED = "random-"
"""What stands before a configuration's name in that of its random weights."""
Keep = Literal["nothing", "unchanged"]
AGREES, REACH = 12 / 255, 4
"""ours, of ``keep=unchanged``: largest mean difference of a pixel that the edit left alone, and how far around a
changed one is not kept."""


def encoder_of(network: InstInpaint, setup: Setup) -> Encode:
    """How instructions become the network's numbers: its own words, or the user's file beside the weights."""
    config = network.config
    if config.words:
        return list_encoder(config.words, config.text.longest)
    if setup.weights is None or setup.weights.path is None:  # random weights of an official configuration: timing
        return lambda text: [len(text) % config.text.words] * config.text.longest
    return piece_encoder(setup.weights.path.parent / VOCABULARY, config.text.longest)


class Editor:
    """Edits a picture by an instruction (see the card).

    A picture is shown with its shorter side as the network was trained, its longer one in proportion and rounded to
    what the network takes; the edit is enlarged again. The map `where`, of networks that tell it, is the probability
    that a place was to change.

    Args:
        setup: device and weights; without a weights file the network is random.
        steps: of DDIM.
        keep: `nothing`: the answer is what was decoded, as released. `unchanged` (ours): pixels on which the decoded
            edit and the decoded source agree are the picture's own.

    Raises:
        HarnessError: a number of steps that cannot be, or a file that cannot be used.
        MissingRequirement: official weights without their vocabulary.
    """

    name = "instinpaint"

    def __init__(self, setup: Setup, *, steps: int = 50, keep: Keep = "nothing") -> None:
        chosen = setup.weights
        if chosen and chosen.path:
            loaded = load_network(chosen.path)
        else:
            made = chosen.name.removeprefix(TIMED) if chosen else ""
            loaded = random_network(CONFIGURATIONS.get(made, CONFIGURATIONS["mini"])())
        self.network = loaded.network.eval().requires_grad_(False).to(setup.device)
        self.first = loaded.first.eval().requires_grad_(False).to(setup.device)
        self.encode = encoder_of(self.network, setup)
        self.steps, self.keep = steps, keep
        self.diffusion = sampler(steps)

    @torch.inference_mode()
    def inpaint(self, batch: Batch) -> Images:
        """Pictures of the image's size.

        Raises:
            HarnessError: no image, not one instruction and one seed for each picture, or words beyond the longest.
        """
        image = self._image(batch)
        shown = self._resized(image)
        source = self.first.encode(2 * shown - 1)
        told = self._told(batch, source)
        noise = batch.noise(source.shape[1:]).to(source)
        edit = sampled(self.network, self.diffusion, noise, told)
        made = self._decoded(edit.latent)
        size = image.shape[-2:]
        if self.keep == "unchanged":
            answer = _kept(image, _enlarged(made, size), _enlarged(self._decoded(source), size))
        else:
            answer = _enlarged(made, size)
        maps = {} if edit.where is None else {"where": _enlarged(edit.where, size)}
        return Images(answer, maps, {"steps": [len(self.diffusion)] * len(image)})

    def _told(self, batch: Batch, source: Tensor) -> Told:
        """Source, meaning and mask as this method gives them."""
        return Told(source, self._meaning(batch, source))

    def _meaning(self, batch: Batch, source: Tensor) -> Meaning:
        assert batch.prompt is not None  # `_image` refused
        return self.network.read(torch.tensor([self.encode(text) for text in batch.prompt], device=source.device))

    def _image(self, batch: Batch) -> Tensor:
        if batch.image is None or batch.prompt is None:
            raise HarnessError(f"{self.name} needs an image and an instruction (--prompt)")
        if len(batch.seeds) != len(batch.image):
            raise HarnessError(f"{self.name} draws noise: each picture needs a seed (Batch.seeds)")
        return batch.image

    def _resized(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        scale, pitch = self.network.config.side / min(height, width), self.network.config.pitch
        size = tuple(max(1, round(side * scale / pitch)) * pitch for side in (height, width))
        return _enlarged(image, size)

    def _decoded(self, latent: Tensor) -> Tensor:
        """Pictures in [0, 1]."""
        return (self.first.decode(latent) / 2 + 0.5).clamp(0, 1)


class MaskedEditor(Editor):
    """ours: the instruction and a coarse mask of what it means. Pixels outside the mask may change, too: a shadow's."""

    name = "instinpaint-mask"

    def _told(self, batch: Batch, source: Tensor) -> Told:
        _, mask = batch.image_and_mask(self.name)
        if not self.network.config.told_where:
            raise HarnessError("these weights are told no mask: instinpaint-mask needs weights of ours")
        where = functional.interpolate((mask > 0).to(source), size=source.shape[-2:], mode="area")
        return Told(source, self._meaning(batch, source), where)


class SourcelessEditor(Editor):
    """ours: the same network without the source: a picture that the instruction alone calls for."""

    name = "instinpaint-nosource"

    def _told(self, batch: Batch, source: Tensor) -> Told:
        return Told(torch.zeros_like(source), self._meaning(batch, source))


def _enlarged(image: Tensor, size: tuple[int, ...] | torch.Size) -> Tensor:
    """Resized bilinearly, with antialiasing where it shrinks; the very tensor where nothing is to do."""
    if tuple(image.shape[-2:]) == tuple(size):
        return image
    return functional.interpolate(image, tuple(size), mode="bilinear", antialias=True).clamp(0, 1)


def _kept(image: Tensor, made: Tensor, again: Tensor) -> Tensor:
    """``made`` where it differs from ``again``, what the first stage makes of the source; else the picture's own."""
    apart = (made - again).abs().mean(1, keepdim=True)
    apart = functional.avg_pool2d(apart, 5, 1, 2, count_include_pad=False)
    changed = (apart > AGREES).to(image)
    near = functional.max_pool2d(changed, 2 * REACH + 1, 1, REACH)
    blend = functional.avg_pool2d(near, 2 * REACH + 1, 1, REACH, count_include_pad=False)
    return image.lerp(made, torch.maximum(blend, changed))

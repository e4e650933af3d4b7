"""SmartBrush as the harness calls it: an object that a text names is painted into a region."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness.masks.precision import COARSEST
from harness.nn.word_list import Encode, list_encoder
from harness_smartbrush.checkpoint import load_network, random_network
from harness_smartbrush.latents import KlLatents, Latents, SmallLatents
from harness_smartbrush.network import SmartBrush
from harness_smartbrush.sampling import Task, blended, painted, sampler
from harness_smartbrush.words import clip_encoder

__all__ = ["Blended", "Brush"]

Keep = Literal["predicted", "given"]


class _Painter:
    """Network, first stage and tokenizer, and what both methods do around the sampling.

    A picture is shown with its shorter side as the network was trained, its longer one in proportion and rounded to
    what the network takes; what was painted is enlarged again. Outside the mask every pixel is the picture's own.
    """

    name = "smartbrush"

    def __init__(self, setup: Setup, steps: int, guidance: float) -> None:
        path = setup.weights.path if setup.weights else None
        network = load_network(path) if path else random_network()
        self.network: SmartBrush = network.eval().requires_grad_(False).to(setup.device)
        config = network.config
        self.latents: Latents
        self.encode: Encode
        if config.own_first_stage:
            self.latents = KlLatents(network.first_stage_model)
        else:
            self.latents = SmallLatents(device=setup.device)
        if config.text is None:
            assert path is not None  # random weights are of the small configuration
            self.encode = clip_encoder(path.parent)
        else:
            self.encode = list_encoder(config.words, config.text.longest)
        if guidance < 0:
            raise HarnessError(f"guidance={guidance:g}: it is 0 (no text), 1 (the text) or more")
        self.diffusion, self.guidance = sampler(steps), guidance

    def task(self, batch: Batch, precision: int) -> Task:
        """What is painted where. Raises `HarnessError` for what the batch lacks."""
        image, mask = batch.image_and_mask(self.name)
        if batch.prompt is None:
            raise HarnessError(f"{self.name} needs a text that names the object (--prompt)")
        if len(batch.seeds) != len(image):
            raise HarnessError(f"{self.name} draws noise: each picture needs a seed (Batch.seeds)")
        shown = self._resized(image)
        region = functional.interpolate((mask > 0).to(shown), size=shown.shape[-2:], mode="area")
        given = batch.precision or (precision,) * len(image)
        return Task(
            self.latents.encode(2 * shown - 1),
            (region > 0).to(shown),
            torch.tensor(given, device=shown.device),
            self._read(batch.prompt, shown),
            self._read(("",) * len(image), shown),
            self.guidance,
        )

    def _read(self, texts: tuple[str, ...], like: Tensor) -> Tensor:
        return self.network.read(torch.tensor([self.encode(text) for text in texts], device=like.device))

    def _resized(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        scale, pitch = self.network.config.side / min(height, width), self.network.config.pitch
        return _resized(image, [max(1, round(side * scale / pitch)) * pitch for side in (height, width)])

    def pasted(self, batch: Batch, latent: Tensor, share: Tensor | None) -> tuple[Tensor, Tensor]:
        """The picture, what was painted in its mask where ``share`` says so, and that share in its own size."""
        image, mask = batch.image_and_mask(self.name)
        made = (self.latents.decode(latent) / 2 + 0.5).clamp(0, 1)
        inside = (mask > 0).to(image)
        if share is not None:
            inside = inside * _resized(share, list(image.shape[-2:]))
        return image.lerp(_resized(made, list(image.shape[-2:])), inside.expand_as(image)), inside


class Brush(_Painter):
    """Paints an object (see the card). The map `mask` is what the network predicts.

    Args:
        setup: device and weights; without a weights file the network is random.
        steps: of DDIM.
        guidance: classifier-free; 1 reads the text as it is.
        precision: of masks where the task does not tell, 0 exact … 5 a box.
        keep: `predicted`: the background outside the predicted mask is the picture's own, inside the given mask, too.
            `given`: all of the given mask is painted, as if there were no prediction.
        refine: share of the steps after which the predicted mask stands in for the given one.

    Raises:
        HarnessError: a number that cannot be, a file that cannot be used, or `keep=predicted` of a base that was
            never fine-tuned.
        MissingRequirement: sd-v1 weights without what reads their texts.
    """

    def __init__(
        self, setup: Setup, *, steps: int = 25, guidance: float = 2.0, precision: int = 3, keep: Keep = "predicted",
        refine: float = 0.5,
    ) -> None:  # fmt: skip
        super().__init__(setup, steps, guidance)
        if not 0 <= precision <= COARSEST:
            raise HarnessError(f"precision={precision}: it runs from 0 (exact) to {COARSEST} (a box)")
        if not 0 < refine <= 1:
            raise HarnessError(f"refine={refine:g}: it is a share of the steps, above 0")
        if keep == "predicted" and not self.network.config.tells_mask:
            raise HarnessError("these weights are a base that predicts no mask: say smartbrush[keep=given]")
        self.precision, self.keep, self.refine = precision, keep, refine

    @torch.inference_mode()
    def inpaint(self, batch: Batch) -> Images:
        """Pictures of the image's size.

        Raises:
            HarnessError: no image, mask or text, not one seed for each picture, or sizes that do not agree.
        """
        task = self.task(batch, self.precision)
        noise = batch.noise(task.background.shape[1:])
        predicted = self.keep == "predicted"
        found = painted(self.network, self.diffusion, noise, task, self.refine if predicted else 1.0)
        answer, _ = self.pasted(batch, found.latent, found.object if predicted else None)
        maps = {}
        if found.object is not None:
            maps["mask"] = _resized(found.object, list(answer.shape[-2:]))
        return Images(answer, maps, {"steps": [len(self.diffusion)] * len(answer)})


class Blended(_Painter):
    """The rival: blended sampling of the text-to-image branch of the same weights. It is told no precision."""

    name = "smartbrush-blended"

    def __init__(self, setup: Setup, *, steps: int = 25, guidance: float = 2.0) -> None:
        super().__init__(setup, steps, guidance)

    @torch.inference_mode()
    def inpaint(self, batch: Batch) -> Images:
        """Pictures of the image's size. Raises as `Brush.inpaint` does."""
        task = self.task(batch, COARSEST)
        noise = batch.noise(task.background.shape[1:])
        answer, _ = self.pasted(batch, blended(self.network, self.diffusion, noise, task), None)
        return Images(answer, {}, {"steps": [len(self.diffusion)] * len(answer)})


def _resized(image: Tensor, size: list[int]) -> Tensor:
    """Resized bilinearly, with antialiasing where it shrinks; the very tensor where nothing is to do."""
    if list(image.shape[-2:]) == size:
        return image
    return functional.interpolate(image, size, mode="bilinear", antialias=True).clamp(0, 1)

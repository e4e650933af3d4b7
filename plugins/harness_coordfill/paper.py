"""The paper's own training of CoordFill (section 4.1 of arXiv 2303.08524 and the published settings).

Where it differs from the published scripts: the hole is blanked before the image is resized (no leak), each network
has its own Adam (the scripts give both the same), and holes come from our generator, not from NVIDIA's files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from harness.errors import MissingRequirement
from harness.masks.irregular import Irregular6
from harness.nn.patch_discriminator import PatchDiscriminator
from harness.training.backbones import backbone_file
from harness.training.data import open_packed
from harness.training.inpainting import Batches, Source, Validator
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.training.small_inpainter import CRITIC, HELD_OUT, adversarial
from harness_coordfill.network import CoordFill, CoordFillConfig

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["ALEXNET", "Paper", "alexnet_file", "lpips_alex", "paper", "small_irregular"]

LEARNING_RATE, BATCH = 1e-4, 16
SIDES = tuple(256 + 32 * step for step in range(9))
ADVERSARIAL, PERCEPTUAL, MATCHING = 1.0, 10.0, 100.0
LARGEST_HOLE = 0.25
WHOLE = (1e-3, 1e-3)
"""A zoom so small that a crop is the largest square of the image: the scripts resize whole images."""
ALEXNET = "alexnet-owt-7be5be79.pth"


def alexnet_file() -> Path:
    """LPIPS' backbone where torchvision looks for it. Raises `MissingRequirement` when it is not there."""
    return backbone_file(ALEXNET, "AlexNet behind LPIPS", 233)


def lpips_alex() -> nn.Module:
    """LPIPS 0.1 with AlexNet (package `lpips`, which brings the linear heads), frozen; takes images in [-1, 1]."""
    alexnet_file()
    try:
        import lpips
    except ModuleNotFoundError as error:
        raise MissingRequirement("recipe 'paper' needs lpips: pip install 'iq-harness[train]'") from error
    network: nn.Module = lpips.LPIPS(net="alex", verbose=False)
    return network.eval().requires_grad_(False)


def small_irregular(rng: np.random.Generator, height: int, width: int) -> Hole:
    """An irregular hole of at most a quarter of the image, as the authors dilated and eroded theirs."""
    while True:
        hole = Irregular6().shape(rng, height, width, int(rng.integers(3)))
        if hole.mean() <= LARGEST_HOLE:
            return hole


class Paper:
    """nsgan x1, LPIPS x10, feature matching x100, all on the composite; Adam 1e-4, batch 16, 256 to 512 px."""

    method, name = "coordfill", "paper"
    autocast = False  # torch's Fourier transforms take no bfloat16
    average = 0.0

    def __init__(self, data: Path, seed: int) -> None:
        self.perceptual = lpips_alex()
        self.packed = open_packed(data, "photos")
        sizes = tuple((side, BATCH, 1.0) for side in SIDES)
        source = Source(self.packed.part(0, -HELD_OUT), 1.0, WHOLE)
        self.batch = Batches((source,), sizes, small_irregular, seed)
        self.validator = Validator({"photos": self.packed.part(-HELD_OUT, None)}, side=256)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: CoordFill(), CRITIC: PatchDiscriminator()}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        trained = [p for p in networks[MODEL].parameters() if p.requires_grad]
        return {MODEL: Adam(trained, LEARNING_RATE), CRITIC: Adam(networks[CRITIC].parameters(), LEARNING_RATE)}

    def rate(self, progress: Progress) -> float:
        """Constant: the multi-step schedule of the published settings is never used by their code."""
        del progress
        return 1.0

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        truth, mask = batch["image"], batch["mask"]
        composite = parts.networks[MODEL](truth * (1 - mask), mask).composite
        losses = adversarial(parts, composite, truth)
        losses["lpips"] = self.perceptual.to(truth.device)(composite, truth).mean()
        total = ADVERSARIAL * losses["adv"] + PERCEPTUAL * losses["lpips"] + MATCHING * losses["match"]
        parts.descend(total, MODEL)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return self.validator(lambda image, mask: model(image, mask).composite, device)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(CoordFillConfig()),
            "settings": {"learning_rate": LEARNING_RATE, "batch": BATCH, "sides": SIDES, "largest_hole": LARGEST_HOLE},
            "data": [self.packed.describe()],
        }


def paper(data: Path, seed: int) -> Paper:
    """The paper's recipe; needs LPIPS' AlexNet and ``data/photos.npy`` or ``.zip``."""
    return Paper(data, seed)

"""One step of SCAT's discriminator, and what it then asks of the generator; both recipes train with it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from harness.training.recipe import Parts
from harness.training.small_inpainter import CRITIC
from harness_scat.losses import Kind, confuse, corrupted, semantic_contrast, tell_apart, textural_contrast

__all__ = ["CORRUPTED_VERSIONS", "PROJECTION", "Asked", "ask", "teach"]

PROJECTION = "projection"
CORRUPTED_VERSIONS = 8


class Asked(NamedTuple):
    """The generator's adversarial and contrastive losses, unweighted."""

    whole: Tensor
    pixels: Tensor
    textural: Tensor
    semantic: Tensor


def teach(parts: Parts, composite: Tensor, truth: Tensor, mask: Tensor, kind: Kind = "hinge") -> Tensor:
    """One step of the discriminator; returns what it descended."""
    critic = parts.networks[CRITIC]
    told = tell_apart(kind, critic(composite.detach()), critic(truth), mask)
    total = told.whole + told.pixels
    parts.descend(total, CRITIC)
    return total


def ask(
    parts: Parts,
    composite: Tensor,
    truth: Tensor,
    mask: Tensor,
    kind: Kind = "hinge",
    corrupted_versions: int = CORRUPTED_VERSIONS,
) -> Asked:
    """The generator's losses. Gradients reach ``composite`` and the projection, not the discriminator."""
    critic, project = parts.networks[CRITIC], parts.networks[PROJECTION]
    critic.requires_grad_(False)
    fake = critic(composite)
    with torch.no_grad():
        real = critic(truth, segment=False)
        versions = corrupted(truth, mask, corrupted_versions)
        spoilt = [critic(each, segment=False) for each in versions.unbind(1)]
    critic.requires_grad_(True)
    confused = confuse(kind, fake, mask)
    negatives = project(torch.stack([judged.pooled for judged in spoilt], 1))
    semantic = semantic_contrast(project(fake.pooled), project(real.pooled), negatives)
    textural = textural_contrast(fake.maps, real.maps, spoilt[0].maps)
    return Asked(confused.whole, confused.pixels, textural, semantic)

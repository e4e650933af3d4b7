"""ImageNet networks behind papers' perceptual losses: torchvision's files, which a user brings."""

from __future__ import annotations

from pathlib import Path

import torch

from harness.errors import MissingRequirement

__all__ = ["backbone_file"]


def backbone_file(name: str, what: str, megabytes: int) -> Path:
    """A file of torchvision where torchvision looks for it. Raises `MissingRequirement` with the command that gets it.

    ``what`` names the network and its part in the recipe.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.is_file():
        raise MissingRequirement(
            f"recipe 'paper' needs the ImageNet {what}: put {name} ({megabytes} MB, BSD-3-Clause) into "
            f"{path.parent}: curl -LO --create-dirs --output-dir {path.parent} https://download.pytorch.org/models/{name}"
        )
    return path

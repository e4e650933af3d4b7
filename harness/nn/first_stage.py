"""The small autoencoder of rendered scenes that ships with harness: latents for the small diffusion editors.

Trained by `harness train instinpaint --recipe first-stage`; what was seen, and how well it came back, stands in the
file's own metadata.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from harness.errors import HarnessError
from harness.nn.autoencoder import AutoencoderConfig, VectorAutoencoder
from harness.weights.loading import load_state

__all__ = ["SHIPPED", "SHIPPED_SHA256", "SMALL", "first_stage_sha256", "load_first_stage"]

SMALL = AutoencoderConfig(channels=32, multipliers=(1, 1, 2), blocks=1, attention=(), codes=4096, patch=2, groups=8)
"""ours: squares of 2×2 pixels are one position of the first level, which quarters the cost of a step."""
SHIPPED = Path(__file__).parent / "weights" / "first-stage.safetensors"
SHIPPED_SHA256 = "2fd826fd40490c2f911df41685d53290eb95d8e6f76b5c96882e5cbcf4e6e1b6"


def first_stage_sha256(path: Path = SHIPPED) -> str:
    """Which file it is: whatever was trained on its latents is of no use with another.

    Raises `HarnessError` where it cannot be read, or where the shipped one is not what was shipped.
    """
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read: {error.strerror}") from error
    if path == SHIPPED and found != SHIPPED_SHA256:
        raise HarnessError(f"{path}: sha256 {found[:12]}… is not that of the shipped file; reinstall iq-harness")
    return found


def load_first_stage(path: Path = SHIPPED) -> VectorAutoencoder:
    """The autoencoder, in evaluation mode, its weights fixed. Raises `HarnessError` as `first_stage_sha256` does."""
    first_stage_sha256(path)
    network = VectorAutoencoder(SMALL)
    try:
        network.load_state_dict(load_state(path))
    except RuntimeError as error:
        raise HarnessError(f"{path}: is no small first stage: {str(error).splitlines()[0]}") from error
    return network.eval().requires_grad_(False)

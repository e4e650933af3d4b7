"""Reading checkpoints: the release's, which holds everything twice and more, and those of our own trainings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from harness import weights
from harness.errors import HarnessError
from harness.nn.autoencoder import VectorAutoencoder
from harness.nn.first_stage import SHIPPED, first_stage_sha256, load_first_stage
from harness.nn.latent_checkpoint import averaged, without_schedule
from harness.weights.loading import METADATA, load_state, read_metadata
from harness_instinpaint.network import GQA, InstInpaint, InstInpaintConfig, betas, mini

__all__ = ["DUPLICATE", "FIRST", "FIRST_STAGE", "Loaded", "from_release", "load_network", "random_network"]

FIRST, DUPLICATE = "first_stage_model.", "cond_stage_model."
FIRST_STAGE = "first_stage"
"""What our files call the sha256 of the first stage that they were trained with."""
AWAKE = 0.1


class Loaded(NamedTuple):
    """A network and its first stage, which may be a part of it."""

    network: InstInpaint
    first: VectorAutoencoder


def load_network(path: Path, first: Path = SHIPPED) -> Loaded:
    """The networks with the weights of a file: of ours (safetensors that state their configuration), or the release's.

    Ours hold no first stage, and say which one they were trained with: ``first`` must be that file. Raises
    `HarnessError` if a file cannot be read, if its entries are not the network's, or for another first stage.
    """
    state = load_state(path, "state_dict")
    facts = json.loads(read_metadata(path).get(METADATA, "{}"))
    stated = facts.get("network")
    try:
        config = GQA if stated is None else InstInpaintConfig.stated(stated)
        with torch.device("meta"):  # the file's tensors replace all
            network = InstInpaint(config)
        network.load_state_dict(from_release(state) if stated is None else state, strict=True, assign=True)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise HarnessError(f"{path} does not hold Inst-Inpaint weights: {reason}") from error
    if network.first_stage_model is not None:
        return Loaded(network, network.first_stage_model)
    if facts.get(FIRST_STAGE) != first_stage_sha256(first):
        raise HarnessError(f"{path} was trained on the latents of another first stage than {first}")
    return Loaded(network, load_first_stage(first))


def from_release(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's entries of the release's state dict: the U-Net averaged, as the release samples it.

    Raises `KeyError` or `ValueError` where the averaged copy lacks an entry or has one left over, where the second copy
    of the first stage is another, or where the schedule is not the release's.
    """
    rest = without_schedule(state, betas())
    for key in [key for key in rest if key.startswith(DUPLICATE)]:
        if not torch.equal(rest.pop(key), state[FIRST + key.removeprefix(DUPLICATE)]):
            raise ValueError(f"{key} is not the first stage's")
    return averaged(rest)


def random_network(config: InstInpaintConfig | None = None) -> Loaded:
    """Weights from a fixed seed, of the small configuration unless told: for tests and timing.

    No layer of them is zero, as some are where a training starts: such a network edits something.
    """
    chosen = config or mini()
    network = weights.random_network(lambda: _awake(InstInpaint(chosen)))
    return Loaded(network, network.first_stage_model or weights.random_network(lambda: VectorAutoencoder(chosen.stage)))


def _awake(network: InstInpaint) -> InstInpaint:
    for value in network.model.parameters():
        if value.ndim > 1 and not value.any():
            nn.init.normal_(value, std=AWAKE)
    return network

"""Reading checkpoints: of our trainings, and Stable Diffusion v1's, as it is or fine-tuned as SmartBrush."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from harness import weights
from harness.errors import HarnessError
from harness.nn.first_stage import first_stage_sha256
from harness.nn.latent_checkpoint import averaged, without_schedule
from harness.nn.word_list import PAD, UNKNOWN
from harness.weights.loading import METADATA, load_state, read_metadata
from harness_smartbrush.network import LATENT, SD_V1, BrushConfig, SmartBrush, betas, mini

__all__ = ["FIRST", "UNET", "grown", "load_network", "mapped", "random_network"]

UNET, CLIP = "model.diffusion_model.", "cond_stage_model.transformer."
FIRST, LAST = f"{UNET}input_blocks.0.0.weight", f"{UNET}out.2."
POSITIONS = f"{CLIP}text_model.embeddings.position_ids"
"""No weights: transformers counts them."""


def load_network(path: Path) -> SmartBrush:
    """The network with the weights of a file: of ours (safetensors that state their configuration), or SD v1's.

    Raises `HarnessError` if the file cannot be read, its entries are not the network's, or its latents are those of
    another first stage than harness ships. `MissingRequirement` without what reads SD v1's texts.
    """
    state = load_state(path, "state_dict")
    facts: dict[str, Any] = json.loads(read_metadata(path).get(METADATA, "{}"))
    try:
        if "network" in facts:
            config = BrushConfig.stated(facts["network"])
        else:
            state, config = mapped(state)
        with torch.device("meta"):  # the file's tensors replace all
            network = SmartBrush(config)
        # positions that transformers counts are no entry of the state: `meta` would leave them empty
        for module in network.modules():
            if hasattr(module, "position_ids"):
                module.position_ids = torch.arange(77)[None]
        network.load_state_dict(state, strict=True, assign=True)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise HarnessError(f"{path} does not hold SmartBrush weights: {reason}") from error
    if not config.own_first_stage and facts.get("first_stage") != first_stage_sha256():
        raise HarnessError(f"{path} was trained on the latents of another first stage than harness ships: train again")
    return network


def mapped(state: dict[str, Tensor], base: BrushConfig = SD_V1) -> tuple[dict[str, Tensor], BrushConfig]:
    """A Stable Diffusion checkpoint's entries under our names, and the configuration that they have.

    Tables of the schedule are left out; where an averaged copy of the U-Net is there it is taken; CLIP's names lose
    `text_model.`, which transformers 5 dropped. A plain base has four inputs: those for mask and precision are added
    as zeros, so that it says what it said, and it predicts no mask. One that was fine-tuned has them all.

    Raises `KeyError` or `ValueError` for another number of inputs or outputs, another schedule, or an averaged copy of
    other entries.
    """
    plain = averaged(without_schedule(state, betas()))
    rest = {key.replace(f"{CLIP}text_model.", CLIP): value for key, value in plain.items() if key != POSITIONS}
    inputs, outputs = rest[FIRST].shape[1], len(rest[f"{LAST}bias"])
    wanted = base.unet
    if (inputs, outputs) == (wanted.inputs, wanted.outputs):
        return rest, base
    if (inputs, outputs) != (LATENT, LATENT):
        raise ValueError(
            f"its U-Net has {inputs} inputs and {outputs} outputs: a base has {LATENT} and {LATENT}, "
            f"one fine-tuned as SmartBrush {wanted.inputs} and {wanted.outputs}"
        )
    rest[FIRST] = grown(rest[FIRST], wanted.inputs)
    return rest, replace(base, tells_mask=False)


def grown(weight: Tensor, inputs: int) -> Tensor:
    """A convolution's weight ``[O, I, k, k]`` for ``inputs`` channels: those that come to it are not heard."""
    return functional.pad(weight, (0, 0, 0, 0, 0, inputs - weight.shape[1]))


def random_network() -> SmartBrush:
    """Weights from a fixed seed, of the small configuration: for tests and timing."""
    return weights.random_network(lambda: SmartBrush(mini((PAD, UNKNOWN, "a", "small", "red", "cube"))))

"""Reading checkpoints: the release's, which holds everything twice and more, and those of our own trainings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from harness import weights
from harness.errors import HarnessError
from harness.nn.autoencoder import VectorAutoencoder
from harness.nn.diffusion import Diffusion, Table
from harness.nn.first_stage import SHIPPED, first_stage_sha256, load_first_stage
from harness.weights.loading import METADATA, load_state, read_metadata
from harness_instinpaint.network import GQA, InstInpaint, InstInpaintConfig, betas, mini

__all__ = [
    "AVERAGED",
    "DUPLICATE",
    "FIRST_STAGE",
    "MODEL",
    "TABLES",
    "Loaded",
    "from_release",
    "load_network",
    "random_network",
    "schedule_tables",
]

MODEL, AVERAGED, DUPLICATE = "model.", "model_ema.", "cond_stage_model."
FIRST_STAGE = "first_stage"
"""What our files call the sha256 of the first stage that they were trained with."""
TABLES = (
    "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
    "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2",
)  # fmt: skip
AWAKE = 0.1
ROUNDING = 1e-4  # of float32 tables whose quotients lie near 0 at their ends


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

    The averaged copy's names are the others' with their dots taken out. Raises `ValueError` where a copy is absent or
    left over, where the second copy of the first stage is another, or where the schedule is not the release's.
    """
    rest = dict(state)
    _same_schedule({name: rest.pop(name) for name in TABLES if name in rest})
    second = {key: rest.pop(key) for key in list(rest) if key.startswith(DUPLICATE)}
    for key, value in second.items():
        if not torch.equal(value, state["first_stage_model." + key.removeprefix(DUPLICATE)]):
            raise ValueError(f"{key} is not the first stage's")
    averaged = {key: rest.pop(key) for key in list(rest) if key.startswith(AVERAGED)}
    for fact in ("decay", "num_updates"):
        averaged.pop(AVERAGED + fact, None)
    if averaged:
        for key in [key for key in rest if key.startswith(MODEL)]:
            rest[key] = averaged.pop(AVERAGED + key.removeprefix(MODEL).replace(".", ""))
    if averaged:
        raise ValueError(f"{min(averaged)} averages nothing")
    return rest


def _same_schedule(found: dict[str, Tensor]) -> None:
    """Hold a checkpoint's tables to ours. One without any is taken at its word."""
    for name, value in found.items():
        ours = schedule_tables()[name]
        if value.shape != ours.shape or not np.allclose(value.double().numpy(), ours, rtol=ROUNDING, atol=1e-6):
            raise ValueError(f"its {name} are another schedule's")


def schedule_tables() -> dict[str, Table]:
    """The schedule by the release's names, float64 [1000] each."""
    made = Diffusion(betas())
    kept = made.alphas_cumprod
    return dict(
        zip(
            TABLES,
            (
                made.betas, kept, made.alphas_cumprod_prev, np.sqrt(kept), np.sqrt(1 - kept), np.log(1 - kept),
                np.sqrt(1 / kept), np.sqrt(1 / kept - 1), made.posterior_variance,
                np.log(np.maximum(made.posterior_variance, 1e-20)), made.posterior_start, made.posterior_noisy,
            ),
            strict=True,
        )
    )  # fmt: skip


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

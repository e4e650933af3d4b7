"""Inst-Inpaint against stored outputs of the release (`harness parity instinpaint`): each part, and a whole edit.

Configuration, seeds, steps and sizes come from the fixtures. Weights follow from their names; they are put together as
a checkpoint of the release is, with its two copies, and read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.nn.autoencoder import AutoencoderConfig, VectorAutoencoder
from harness.nn.diffusion import Diffusion
from harness.nn.diffusion_unet import UNetConfig
from harness.nn.latent_checkpoint import AVERAGED, MODEL, TABLES, averaged_name, schedule_tables
from harness.nn.text_transformer import TextConfig
from harness.testing.parity import (
    ParityError,
    ParityRow,
    Tolerance,
    compare,
    filled_state,
    read_archive,
    read_set,
    same_keys,
)
from harness_instinpaint.checkpoint import DUPLICATE, FIRST, from_release
from harness_instinpaint.network import GQA, InstInpaint, InstInpaintConfig, betas
from harness_instinpaint.sampling import Told, sampled, sampler

__all__ = ["FIXTURE_SET", "check", "released"]

FIXTURE_SET = "instinpaint.json"
OFFICIAL_KEYS, LISTED = "instinpaint_official_keys.json", "keys_without_ema_and_cond_duplicates"
PART, LOOP, TABLE, EXACT = Tolerance(2e-5, 2e-5), Tolerance(3e-4, 3e-4), Tolerance(1e-6, 1e-6), Tolerance(0, 0)
DECODED = Tolerance(1e-4, 1e-4)
STEPS = 50
_READ = {
    "prequant", "quant", "indices", "decoded", "context", "eps", "ddim_latent", "ddim_decoded", "tokens", "betas",
    "alphas_cumprod", "ddim_timesteps", "ddim_alphas", "ddim_alphas_prev", "ddim50_timesteps", "ddim50_alphas_prev",
}  # fmt: skip
Arrays = Mapping[str, NDArray[Any]]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare names and shapes of the official configuration, and every array of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree, or an array is read by nobody.
    """
    facts = read_set(fixtures / FIXTURE_SET, "config", "params", "image", "x_T", "x_noisy", "t", "S")
    arrays = read_archive((fixtures / FIXTURE_SET).with_suffix(".npz"))
    if unread := sorted(set(arrays) - _READ):
        raise ParityError(f"{FIXTURE_SET}: nobody reads '{unread[0]}'")
    listed = dict(read_set(fixtures / OFFICIAL_KEYS, LISTED)[LISTED])
    with torch.device("meta"):
        same_keys(InstInpaint(GQA).state_dict(), {key: shape for key, shape in listed.items() if key not in TABLES})
    network = _network(facts)
    return [*_tables(facts, arrays), *_outputs(network, facts, arrays)]


def _configuration(options: Mapping[str, Any]) -> InstInpaintConfig:
    """Of the release's configuration file."""
    unet, stage, text = (
        options[f"{part}_config"]["params"] for part in ("unet", "first_stage", "cond_stage_instruction_embedder")
    )
    coder = stage["ddconfig"]
    sides = [coder["resolution"] // 2**level for level in range(len(coder["ch_mult"]))]
    return InstInpaintConfig(
        UNetConfig(
            channels=unet["model_channels"], multipliers=tuple(unet["channel_mult"]), blocks=unet["num_res_blocks"],
            attention=tuple(unet["attention_resolutions"]), heads=unet["num_heads"], inputs=unet["in_channels"],
            outputs=unet["out_channels"], context=unet["context_dim"], scale_shift=False,
            resample="block" if unet["resblock_updown"] else "conv",
        ),
        AutoencoderConfig(
            coder["ch"], tuple(coder["ch_mult"]), coder["num_res_blocks"],
            tuple(level for level, side in enumerate(sides) if side in coder["attn_resolutions"]),
            stage["embed_dim"], stage["n_embed"],
        ),
        TextConfig(text["n_embed"], text["n_layer"], words=text["vocab_size"], longest=text["max_seq_len"]),
    )  # fmt: skip


def released(network: InstInpaint) -> dict[str, Tensor]:
    """A checkpoint as the release writes one, with weights by the rule: both copies and the tables beside them."""
    shapes = {key: value.shape for key, value in network.state_dict().items()}
    state = {key: torch.from_numpy(value) for key, value in filled_state(shapes, "fill_torch").items()}
    copies = {averaged_name(k): v for k, v in state.items() if k.startswith(MODEL)}
    second = {DUPLICATE + k.removeprefix(FIRST): v for k, v in state.items() if k.startswith(FIRST)}
    told = {name: torch.from_numpy(value).float() for name, value in schedule_tables(betas()).items()}
    facts = {AVERAGED + "decay": torch.tensor(0.9999), AVERAGED + "num_updates": torch.tensor(1)}
    return {**state, **copies, **second, **told, **facts}


def _network(facts: Mapping[str, Any]) -> InstInpaint:
    network = InstInpaint(_configuration(facts["config"]["params"])).eval()
    same_keys(network.state_dict(), dict(facts["params"]))
    network.load_state_dict(from_release(released(network)), strict=True)
    return network


def _drawn(words: str, shape: tuple[int, ...]) -> Tensor:
    """The first draw of the generator that a fixture's words name."""
    match = re.search(r"RandomState\((\d+)\)", words)
    if match is None:
        raise ParityError(f"'{words}' names no generator")
    drawn = np.random.RandomState(int(match[1])).standard_normal(shape).astype(np.float32)
    return torch.from_numpy(np.tanh(drawn) if words.startswith("tanh") else drawn)


def _tables(facts: Mapping[str, Any], arrays: Arrays) -> Iterator[ParityRow]:
    whole = Diffusion(betas())
    yield compare(("schedule", "-", "betas"), whole.betas, arrays["betas"], TABLE)
    yield compare(("schedule", "-", "alphas_cumprod"), whole.alphas_cumprod, arrays["alphas_cumprod"], TABLE)
    for prefix, steps in (("ddim", facts["S"]), ("ddim50", STEPS)):
        kept = sampler(steps)
        found = {
            "timesteps": kept.original.numpy(), "alphas": kept.alphas_cumprod, "alphas_prev": kept.alphas_cumprod_prev,
        }  # fmt: skip
        for name, values in found.items():
            if f"{prefix}_{name}" in arrays:
                yield compare(("schedule", "-", f"{prefix}_{name}"), values, arrays[f"{prefix}_{name}"], TABLE)


@torch.inference_mode()
def _outputs(network: InstInpaint, facts: Mapping[str, Any], arrays: Arrays) -> Iterator[ParityRow]:
    first = network.first_stage_model
    assert isinstance(first, VectorAutoencoder)
    height, width = arrays["decoded"].shape[-2:]
    coded = first.code(_drawn(facts["image"], (1, 3, height, width)))
    told = Told(coded.quantised, network.read(torch.from_numpy(arrays["tokens"])))
    shape = tuple(coded.quantised.shape)
    noisy, t = _drawn(facts["x_noisy"], shape), torch.tensor([facts["t"]])
    edit = sampled(network, sampler(facts["S"]), _drawn(facts["x_T"], shape), told)
    for name, ours, allowed in (
        ("prequant", coded.free, PART),
        ("quant", coded.quantised, PART),
        ("indices", coded.numbers.flatten(), EXACT),
        ("decoded", first.decode(coded.quantised), PART),
        ("context", told.meaning.context, PART),
        ("eps", network(noisy, told.source, t, told.meaning).told, PART),
        ("ddim_latent", edit.latent, LOOP),
        ("ddim_decoded", first.decode(edit.latent), DECODED),
    ):
        yield compare(("edit", "-", name), ours.numpy(), arrays[name], allowed)

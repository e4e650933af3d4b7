"""SmartBrush's base against stored outputs of Stable Diffusion's classes (`harness parity smartbrush`).

Configuration, seeds and sizes come from the fixtures; weights follow from their names. Of SmartBrush itself no code and
no weights are public, so nothing beyond the base can be compared: the badge is *base only*. That a base which was grown
by the inputs for mask and precision says what it said is compared, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.masks.precision import COARSEST
from harness.nn.autoencoder import AutoencoderConfig, KlAutoencoder
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig
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
from harness_smartbrush.checkpoint import FIRST, UNET, grown
from harness_smartbrush.network import betas

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "sd_base.json"
STAGE = "first_stage_model."
PART, TABLE = Tolerance(2e-5, 2e-5), Tolerance(1e-12, 1e-12)
ARRAYS = {"eps", "mean", "logvar", "decoded", "betas"}
_DRAWN = re.compile(r"RandomState\((\d+)\)\.standard_normal\((\([\d, ]+\))\)")
Arrays = Mapping[str, NDArray[Any]]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare names, shapes and every array of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree, or an array is read by nobody.
    """
    facts = read_set(fixtures / FIXTURE_SET, "unet", "autoencoder_ddconfig", "params", "x", "context", "t", "image")
    arrays = read_archive((fixtures / FIXTURE_SET).with_suffix(".npz"))
    if wrong := sorted(set(arrays) ^ ARRAYS):
        raise ParityError(f"{FIXTURE_SET}: '{wrong[0]}' is absent, or read by nobody")
    state = {key: torch.from_numpy(v) for key, v in filled_state(dict(facts["params"]), "fill_torch").items()}
    return list(_rows(facts, arrays, state))


def _drawn(words: str) -> Tensor:
    """The first draw of the generator that a fixture's words name."""
    match = _DRAWN.search(words)
    if match is None:
        raise ParityError(f"'{words}' names no generator and shape")
    drawn = np.random.RandomState(int(match[1])).standard_normal(ast.literal_eval(match[2])).astype(np.float32)
    return torch.from_numpy(np.tanh(drawn) if words.startswith("tanh") else drawn)


def _configurations(facts: Mapping[str, Any]) -> tuple[UNetConfig, AutoencoderConfig]:
    unet, coder = facts["unet"], facts["autoencoder_ddconfig"]
    if coder["attn_resolutions"]:
        raise ParityError("Stable Diffusion's first stage attends in its middle alone")
    return (
        UNetConfig(
            channels=unet["model_channels"], multipliers=tuple(unet["channel_mult"]), blocks=unet["num_res_blocks"],
            attention=tuple(unet["attention_resolutions"]), heads=unet["num_heads"], inputs=unet["in_channels"],
            outputs=unet["out_channels"], context=unet["context_dim"], resample="conv", scale_shift=False,
        ),
        AutoencoderConfig(
            coder["ch"], tuple(coder["ch_mult"]), coder["num_res_blocks"], (), coder["z_channels"],
        ),
    )  # fmt: skip


@torch.inference_mode()
def _rows(facts: Mapping[str, Any], arrays: Arrays, state: dict[str, Tensor]) -> Iterator[ParityRow]:
    config, coder = _configurations(facts)
    unet, stage = DiffusionUNet(config).eval(), KlAutoencoder(coder).eval()
    here = {UNET + key: value for key, value in unet.state_dict().items()}
    same_keys({**here, **{STAGE + key: value for key, value in stage.state_dict().items()}}, dict(facts["params"]))
    unet.load_state_dict(_under(UNET, state))
    stage.load_state_dict(_under(STAGE, state))
    more = 1 + COARSEST + 1
    larger = DiffusionUNet(replace(config, inputs=config.inputs + more)).eval()
    larger.load_state_dict(_under(UNET, state | {FIRST: grown(state[FIRST], config.inputs + more)}))
    noisy, context, t = _drawn(facts["x"]), _drawn(facts["context"]), torch.tensor([facts["t"]])
    told = torch.ones(1, more, *noisy.shape[2:])
    mean, log_variance = stage.encode(_drawn(facts["image"]))
    for case, name, ours in (
        ("base", "eps", unet(noisy, t, context)),
        ("grown", "eps", larger(torch.cat([noisy, told], dim=1), t, context)),
        ("base", "mean", mean),
        ("base", "logvar", log_variance),
        ("base", "decoded", stage.decode(mean)),
    ):
        yield compare((case, "-", name), ours.numpy(), arrays[name], PART)
    yield compare(("schedule", "-", "betas"), betas(), arrays["betas"], TABLE)


def _under(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}

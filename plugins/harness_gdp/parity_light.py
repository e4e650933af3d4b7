"""The release's low-light and HDR steps and its quality losses against stored numbers; part of `harness parity gdp`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.nn.diffusion import Diffusion, linear_betas
from harness.testing.parity import ParityError, ParityRow, Tolerance, compare
from harness_gdp.degradations import colour_cast
from harness_gdp.distances import exposure_error, roughness, spatial_error
from harness_gdp.guidance import guided_step
from harness_gdp.light import LightGuide, Rates
from harness_gdp.options import OFFICIAL_SIDE
from harness_gdp.patches import Mosaic

__all__ = ["READ", "light_rows", "loss_rows"]

READ = "(?:lowlight|hdr)/(?:sample_slice|pred_xstart_slice|factor|mask_slice)"
LIGHT_PULLS = 2
FIELD = Tolerance(1e-9, 1e-9)
"""M is below 0.0001 and moves by millionths."""
Arrays = Mapping[str, NDArray[Any]]


def _number(pattern: str, words: str) -> str:
    match = re.search(pattern, words)
    if match is None:
        raise ParityError(f"'{words}' says nothing like '{pattern}'")
    return match[1]


def _generator(words: str, more: int = 0) -> np.random.RandomState:
    return np.random.RandomState(int(_number(r"RandomState\((\d+)", words)) + more)


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _toy(noisy: Tensor, t: Tensor) -> Tensor:
    """The set's model, of a pixel alone."""
    noise = 0.5 * noisy + 0.1 * torch.sin(3 * noisy) + 1e-4 * t[:, None, None, None]
    return torch.cat([noise, 0.2 * torch.cos(noisy)], 1)


def _exposures(facts: Mapping[str, Any], shape: tuple[int, ...]) -> Tensor:
    """What was observed ``[1, K, 3, H, W]`` in [0, 1]."""
    if "lr" in facts:
        bright = [float(_number(r"clip\(([\d.]+)\+", facts["lr"]))]
        words = facts["lr"]
    else:
        words = facts["lr_i"]
        bright = [float(part) for part in _number(r"b=\(([^)]*)\)", words).split(",")]
    spread = float(_number(r"\+([\d.]+)\*RandomState", words))
    seen = [_generator(words, k).standard_normal(shape) * spread + level for k, level in enumerate(bright)]
    return torch.stack([_tensor(np.clip(each, 0, 1)) for each in seen], 1)


def light_rows(content: Mapping[str, Any], arrays: Arrays, tolerance: Tolerance) -> Iterator[ParityRow]:
    """One step of each on the set's canvas, as preset `release` takes it. Raises `ParityError` for unknown words."""
    common = content["lowlight"]
    size = tuple(common["canvas"])
    rows, columns = (int(part) for part in re.findall(r"::(\d+)", common["slice"]))
    for case, pulls in (("lowlight", LIGHT_PULLS), ("hdr", 1)):
        facts = content[case]
        noisy, noise = (_tensor(_generator(facts[name]).standard_normal((1, 3, *size))) for name in ("x_t", "noise"))
        field = _tensor(_generator(facts["mask0"]).rand(*size) / 10000)[None, None]
        diffusion, mosaic = Diffusion(linear_betas()), Mosaic(size, OFFICIAL_SIDE, released=True)
        area = size[0] * size[1] / OFFICIAL_SIDE**2
        guide = LightGuide(
            _exposures(facts, (1, 3, *size)), torch.full((1, 1), facts["factor0"]), field, common["scale"] * area,
            Rates(1.0, area, pulls=pulls, one_sided=False), mosaic.visits(),
        )  # fmt: skip
        t = torch.full((1,), common["t"])
        estimate = mosaic.estimate(_toy, diffusion, noisy, t)
        found = {
            "sample_slice": guided_step(diffusion, estimate, noisy, t, noise, guide)[..., ::rows, ::columns],
            "pred_xstart_slice": estimate.start[..., ::rows, ::columns],
            "factor": guide.factor[0],
            "mask_slice": guide.field[0, 0, ::rows, ::columns],
        }
        for name, ours in found.items():
            if f"{case}/{name}" in arrays:
                bar = FIELD if name == "mask_slice" else tolerance
                yield compare((case, "-", name), ours.numpy(), arrays[f"{case}/{name}"], bar)


def loss_rows(facts: Mapping[str, Any], tolerance: Tolerance) -> Iterator[ParityRow]:
    """Zero-DCE's losses as the release computes them, on the set's fixed picture."""
    shape = [int(part) for part in _number(r"standard_normal\(\(([^)]*)\)", facts["x"]).split(",")]
    image = _tensor(_generator(facts["x"]).standard_normal(shape))
    told = {name.partition("(")[0].split()[0]: (name, value) for name, value in facts.items() if name != "x"}
    target = float(_number(r"target ([\d.]+)", told["L_exp"][0]))
    found = {
        "L_color": colour_cast(image),
        "L_exp": exposure_error(image, target).mean(),
        "L_TV": roughness(image[:1, :1]).mean(),
        "L_spa": spatial_error(image[1:].sigmoid(), image[:1].sigmoid()).mean(),
    }
    if unread := sorted(set(told) - set(found)):
        raise ParityError(f"nobody reads the loss '{unread[0]}'")
    for name, ours in found.items():
        yield compare(("losses", "-", name), ours.numpy(), np.asarray(told[name][1], np.float32), tolerance)

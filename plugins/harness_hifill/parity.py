"""HiFill against stored outputs of the official graph (`harness parity hifill`).

The official network ran under TensorFlow from weights filled by their variables' names; sizes, masks, rescaled weights
and files all come from the fixtures. Arrays are height x width x channel there.
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

from harness.testing import recipe
from harness.testing.parity import (
    STATISTICS,
    ParityError,
    ParityRow,
    StoredArray,
    Tolerance,
    compare,
    compare_statistics,
    draw_case,
    filled_state,
    read_arrays,
    read_set,
    tempered,
)
from harness_hifill.names import entry_values, variable_names, variable_shape
from harness_hifill.network import HiFill
from harness_hifill.pipeline import aggregate, blend, enlarged, prepare
from harness_hifill.sampling import resize

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "hifill.json"
EXACT = Tolerance(3.5e-5, 3.5e-5)
GREY = Tolerance(1.0, 1.0)
"""The final 8-bit picture: one level."""
ROUNDING = 1e-3
"""Levels added before cutting to 8 bit: known pixels, whole numbers, come back from [-1, 1] a little below."""
VARIANTS = ("plain", "tempered")
Arrays = dict[str, NDArray[Any]]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array and every statistic of the set in the folder ``fixtures``.

    Raises `ParityError` where variables, shapes or names do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "cases", "variables")
    network = HiFill().eval().requires_grad_(False)
    names = _same_variables(network, content["variables"])
    rows: list[ParityRow] = []
    states: dict[str, Arrays] = {}
    for name, case in content["cases"].items():
        spec = case["spec"]
        arrays = read_arrays(fixtures / spec["file"])
        stages = {spec["variant"]: case} if "variant" in spec else {v: case[v] for v in VARIANTS if v in case}
        for variant, statistics in stages.items():
            rule = spec["fill"]
            if rule not in states:
                states[rule] = filled_state(content["variables"], rule)
            state = states[rule]
            _load(network, names, tempered(state, spec["tempered_scale"]) if variant == "tempered" else state)
            found = _pipeline(network, spec) if "times" in spec else _network(network, spec)
            chosen = [a for a in arrays if a.variant in (variant, None)]
            rows += _rows((name, variant), found, statistics, chosen)
    return rows


def _same_variables(network: HiFill, shapes: Mapping[str, list[int]]) -> dict[str, str]:
    state = network.state_dict()
    names = variable_names(list(state))
    here = {variable: variable_shape(state[entry].shape) for variable, entry in names.items()}
    wrong = [name for name in here.keys() | shapes.keys() if here.get(name) != shapes.get(name)]
    if wrong:
        first = min(wrong)
        shown = f"{first} is {here.get(first, 'absent')} here, {shapes.get(first, 'absent')} in the fixture"
        raise ParityError(f"{len(wrong)} variables do not agree; the first: {shown}")
    return names


def _load(network: HiFill, names: Mapping[str, str], values: Arrays) -> None:
    state = {entry: torch.from_numpy(value) for entry, value in entry_values(values, names).items()}
    network.load_state_dict(state, strict=True)


def _whole(tensor: Tensor) -> NDArray[Any]:
    """``[1, C, H, W]`` -> height x width x channel."""
    return tensor[0].permute(1, 2, 0).numpy()


def _network(network: HiFill, spec: Mapping[str, Any]) -> Arrays:
    image, mask = (torch.from_numpy(array)[None] for array in draw_case(spec))
    coarse, refined, attention = network(image, mask)
    rows, cols = (side // 16 for side in image.shape[-2:])
    return {
        "x1": _whole(coarse),
        "x2": _whole(refined),
        "match": attention[0].view(rows, cols, -1).numpy(),
        "patched": _whole(torch.where(mask > 0, refined, image)),
    }


def _raw(seed: int, height: int, width: int) -> Tensor:
    """The pipeline fixtures' picture, ``[3, H, W]``, whole numbers from 0 to 255: waves and a quarter of noise."""
    noise = np.floor(recipe.uniform_image(seed, height, width) * 256).astype(np.float32)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([127 + 90 * np.sin(x / 37.0 + c) * np.cos(y / 53.0 - c) for c in range(3)])
    return torch.from_numpy(np.floor(0.75 * waves + 0.25 * noise).clip(0, 255).astype(np.float32))


def _pipeline(network: HiFill, spec: Mapping[str, Any]) -> Arrays:
    if spec["input"] != "hifill_raw":
        raise ParityError(f"unknown input '{spec['input']}' of a pipeline fixture; known: hifill_raw")
    raw = _raw(spec["seed"], *spec["size"]) / 127.5 - 1
    _, drawn = draw_case({**spec, "input": "2*image-1"})
    times, size = spec["times"], network.config.size
    large = prepare(raw, torch.from_numpy(drawn), size, times, "places2", faithful=True)
    _, refined, attention = network(large.small[None], large.small_hole[None])
    every = torch.arange(attention.shape[1])
    rows = torch.arange(large.side)
    base = resize(refined[0], large.side, large.side)
    canvas = enlarged(large, refined[0], attention[0], every)
    only = torch.zeros_like(canvas)
    aggregate(large, attention[0], every, only)
    found = {
        "small_img": large.small,
        "low_raw": large.low(rows),
        "x2": refined[0],
        "low_base": base,
        "residual": only,
        "large": (canvas + 1) * 127.5,
        "out": ((blend(large, canvas) + 1) * 127.5 + ROUNDING).clamp(0, 255).floor(),
    }
    arrays = {name: _whole(tensor[None]) for name, tensor in found.items()}
    return arrays | {"out_uint8": arrays["out"]}


def _tolerance(tensor: str) -> Tolerance:
    if tensor.startswith("out"):
        return GREY
    return Tolerance(*(127.5 * bound for bound in EXACT)) if tensor == "large" else EXACT


def _stored(array: StoredArray) -> tuple[str, int]:
    """Tensor and step of an array; ``_qN`` is every N-th query, each way."""
    named = re.fullmatch(r"(.+)_q(\d+)", array.tensor)
    return (named[1], int(named[2])) if named else (array.tensor, array.step)


def _rows(
    label: tuple[str, str], found: Arrays, statistics: Mapping[str, Any], arrays: list[StoredArray]
) -> Iterator[ParityRow]:
    for array in arrays:
        tensor, step = _stored(array)
        if tensor not in found:
            raise ParityError(f"{label[0]}: nobody reads the array '{array.name}'")
        ours = found[tensor][::step, ::step]
        theirs = array.values.reshape(*array.values.shape[:2], -1)  # keys are one axis here
        yield compare((*label, tensor), ours, theirs, _tolerance(tensor))
    for tensor, expected in statistics.items():
        if isinstance(expected, dict) and set(STATISTICS) <= set(expected):
            if tensor not in found:
                raise ParityError(f"{label[0]}: nobody reads the statistics of '{tensor}'")
            bound = _tolerance(tensor).max_abs
            yield compare_statistics((*label, f"{tensor} statistics"), found[tensor], expected, bound)

"""CoordFill against stored outputs of the official network (`harness parity coordfill`).

Seed, size, mask, fill rule, rescaled weights and files all come from the fixtures. The faithful order of
operations is compared, since that is the official one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.testing.parity import (
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
from harness_coordfill.network import CoordFill

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "coordfill.json"
EXACT = Tolerance(2e-4, 5e-5)
SATURATED = Tolerance(2.0, 1e-3)
"""Colours of the `plain` variant: its MLP weights are so large that float32 rounding alone moves isolated
saturated pixels (float32 against float64 of one network: largest 0.28, 99.9 % under 1e-4), so only the 99.9 %
bound says something. Features and parameters of that variant are held to `EXACT`."""
COLOURS = ("raw", "full", "hole")
VARIANTS = ("plain", "tempered")
Tensors = dict[str, NDArray[Any]]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array and every statistic of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "cases", "state_dict")
    network = CoordFill().eval()
    _same_keys(network, content["state_dict"])
    rows: list[ParityRow] = []
    states: dict[str, Tensors] = {}
    for name, case in content["cases"].items():
        rule = case["spec"]["fill"]
        if rule not in states:
            states[rule] = filled_state(content["state_dict"], rule)
        rows += _check_case(network, states[rule], name, case, fixtures)
    return rows


def _same_keys(network: CoordFill, shapes: Mapping[str, list[int]]) -> None:
    here = {key: list(value.shape) for key, value in network.state_dict().items()}
    wrong = [key for key in here.keys() | shapes.keys() if here.get(key) != shapes.get(key)]
    if wrong:
        key = min(wrong)
        shown = f"{key} is {here.get(key, 'absent')} here, {shapes.get(key, 'absent')} in the fixture"
        raise ParityError(f"{len(wrong)} state dict entries do not agree; the first: {shown}")


def _check_case(
    network: CoordFill, state: Tensors, name: str, case: Mapping[str, Any], fixtures: Path
) -> Iterator[ParityRow]:
    spec, arrays = case["spec"], read_arrays(fixtures / case["spec"]["file"])
    unknown = set(case) - {"spec", *VARIANTS}
    if unknown:
        raise ParityError(f"{name}: unknown variants {', '.join(sorted(unknown))}")
    for variant in [variant for variant in VARIANTS if variant in case]:
        weights = tempered(state, spec["tempered_scale"]) if variant == "tempered" else state
        network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=True)
        tensors = _tensors(network, spec)
        yield from _statistics_rows(name, variant, tensors, case[variant])
        # an array without a variant (the features) holds for both
        yield from _array_rows(name, variant, tensors, [a for a in arrays if a.variant in (variant, None)])


@torch.no_grad()
def _tensors(network: CoordFill, spec: Mapping[str, Any]) -> Tensors:
    """Everything the fixtures store, as whole ``[C, H, W]`` arrays."""
    image, mask = (torch.from_numpy(array)[None] for array in draw_case(spec))
    layout = network.layout(*image.shape[-2:])
    features = network.encode(network.start(image, mask, faithful=True), mask, layout)
    parameters = network.tile_parameters(features, layout)
    raw = network.all_pixels(image, mask, faithful=True)
    found = {
        "feat": features[0],
        "para": parameters.T.reshape(-1, layout.rows, layout.cols),
        "raw": raw[0],
        "full": torch.where(mask > 0, raw, image)[0],
        "hole": network.fill(image, mask, faithful=True).composite[0],
    }
    return {name: tensor.numpy() for name, tensor in found.items()}


def _tolerance(variant: str, tensor: str) -> Tolerance:
    return SATURATED if variant == "plain" and tensor in COLOURS else EXACT


def _array_rows(case: str, variant: str, tensors: Tensors, arrays: list[StoredArray]) -> Iterator[ParityRow]:
    for array in arrays:
        if array.tensor not in tensors:
            raise ParityError(f"{case}: nobody reads the array '{array.name}'")
        ours, tolerance = array.cut(tensors[array.tensor]), _tolerance(variant, array.tensor)
        yield compare((case, variant, array.tensor), ours, array.values, tolerance)


def _statistics_rows(case: str, variant: str, tensors: Tensors, stored: Mapping[str, Any]) -> Iterator[ParityRow]:
    for tensor, expected in stored.items():
        if tensor == "max_abs_full_minus_hole":
            gap = np.abs(tensors["full"] - tensors["hole"]).max()[None]
            tolerance = _tolerance(variant, "hole")
            yield compare((case, variant, "full - hole"), gap, np.array([expected]), tolerance)
        elif tensor in tensors:
            label = (case, variant, f"{tensor} statistics")
            yield compare_statistics(label, tensors[tensor], expected, EXACT.max_abs)
        else:
            raise ParityError(f"{case}: nobody reads the statistics of '{tensor}'")

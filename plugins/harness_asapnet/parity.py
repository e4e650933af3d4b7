"""ASAP-Net against stored outputs of the official network (`harness parity asapnet`).

Label classes, crop size, padding, size, seed, input, fill rule, rescaled weights and files all come from the fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.nn.tile_mlp import from_tiles
from harness.testing import recipe
from harness.testing.parity import (
    ParityError,
    ParityRow,
    StoredArray,
    Tolerance,
    draw_case,
    filled_state,
    read_arrays,
    read_set,
    same_keys,
    tempered,
    variant_rows,
)
from harness_asapnet.config import AsapNetConfig, tile_for
from harness_asapnet.network import AsapNet, bare_network

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "asapnet.json"
EXACT = Tolerance(2e-4, 5e-5)
SATURATED = Tolerance(0.1, 1e-3)
"""Colours of the `plain` variant: its MLP weights are so large that most pixels saturate and float32 rounding alone
moves isolated ones. MLP weights of that variant are held to `EXACT`."""
VARIANTS = ("plain", "tempered")
LABELS, MASKED = "label_map one-hot", "cat(img*(1-mask), mask), img = 2*image-1"
LAST = "<last 1x1 conv weight>"
FACTS = ("last_key", "downsampling", "channels", "num_params", "total")
Tensors = dict[str, NDArray[Any]]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array and every statistic of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes, names or sizes do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "cases", "state_dict", "common_opt")
    rows: list[ParityRow] = []
    drawn: dict[tuple[str, str, tuple[int, ...]], NDArray[Any]] = {}
    for name, case in content["cases"].items():
        network = bare_network(_configuration(content["common_opt"], case), AsapNet).eval()
        shapes = content["state_dict"].get(name, {})
        same_keys(network.state_dict(), shapes)
        arrays = read_arrays(fixtures / case["spec"]["file"])
        state = {key: _filled(drawn, case["spec"]["fill"], key, tuple(shape)) for key, shape in shapes.items()}
        rows += _check_case(network, state, name, case, arrays)
    return rows


def _filled(
    drawn: dict[tuple[str, str, tuple[int, ...]], NDArray[Any]], rule: str, key: str, shape: tuple[int, ...]
) -> NDArray[Any]:
    """One entry by the fill rule. Cases share most of their 82 million values: each is drawn once."""
    if (rule, key, shape) not in drawn:
        drawn[rule, key, shape] = filled_state({key: shape}, rule)[key]
    return drawn[rule, key, shape]


def _configuration(common: Mapping[str, Any], case: Mapping[str, Any]) -> AsapNetConfig:
    options = {**common, **{key: value for key, value in case.items() if key not in ("spec", *VARIANTS)}}
    return AsapNetConfig(
        inputs=options["label_nc"] + options["contain_dontcare_label"],
        tile=tile_for(options["crop_size"], options["aspect_ratio"]),
        learned_factor=options["learned_ds_factor"],
        reflection_pad=options["reflection_pad"],
        instance_edge=options["lr_instance"],
        lr_width=options["lr_width"],
        lr_max_width=options["lr_max_width"],
        lr_depth=options["lr_depth"],
        hr_width=options["hr_width"],
        hr_depth=options["hr_depth"],
    )


def _inputs(spec: Mapping[str, Any], classes: int) -> Tensor:
    """What the network is given, ``[1, inputs, H, W]``."""
    if spec["input"] == LABELS:
        height, width = spec["size"]
        labels = recipe.label_map(spec["seed"], height, width, spec["classes"], spec["cell"])
        return torch.from_numpy(np.eye(classes, dtype=np.float32)[labels]).permute(2, 0, 1)[None]
    if spec["input"] == MASKED:
        image, mask = draw_case({**spec, "input": "2*image-1"})
        return torch.from_numpy(np.concatenate([image * (1 - mask), mask]))[None]
    raise ParityError(f"unknown input '{spec['input']}' in a fixture; known: {LABELS}; {MASKED}")


def _scales(network: AsapNet, scales: Mapping[str, float]) -> dict[str, float]:
    """The rescaled weights under their own names."""
    return {_last_key(network) if key == LAST else key: value for key, value in scales.items()}


def _last_key(network: AsapNet) -> str:
    return f"lowres_stream.model.{len(network.lowres_stream.model) - 1}.weight"


def _check_case(
    network: AsapNet, state: Tensors, name: str, case: Mapping[str, Any], arrays: list[StoredArray]
) -> Iterator[ParityRow]:
    spec = case["spec"]
    inputs = _inputs(spec, network.config.inputs)
    stream: Tensor | None = None
    for variant in [variant for variant in VARIANTS if variant in case]:
        scales = _scales(network, spec["tempered_scale"]) if variant == "tempered" else {}
        weights = tempered(state, scales)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=True, assign=True)
        if stream is None or set(scales) - {_last_key(network)}:
            stream = _stream(network, inputs)  # else it stands from the other variant: only the last layer differs
        tensors = _tensors(network, inputs, stream)
        _same_facts(network, name, case[variant])
        stored = {tensor: value for tensor, value in case[variant].items() if tensor not in FACTS}
        stepped = [_stepped(array, tensors) for array in arrays]
        yield from variant_rows(name, variant, tensors, stored, stepped, partial(_tolerance, variant), EXACT)


@torch.no_grad()
def _stream(network: AsapNet, inputs: Tensor) -> Tensor:
    """What the last 1x1 convolution is given."""
    return network.lowres_stream.features(network.reduced(inputs))


@torch.no_grad()
def _tensors(network: AsapNet, inputs: Tensor, stream: Tensor) -> Tensors:
    """Everything the fixtures store, as whole ``[C, H, W]`` arrays."""
    grid = network.grid(*inputs.shape[-2:])
    packed = network.lowres_stream.packed(stream)
    colours = network.mlp.in_chunks(packed, network.pixel_inputs(inputs, grid))
    found = {
        "low": network.reduced(inputs)[0],
        "params": packed.T.reshape(-1, grid.rows, grid.cols),
        "pe_first_tile": network.encoding.T.reshape(-1, grid.tile, grid.tile),
        "out": from_tiles(colours, grid)[0],
    }
    return {name: tensor.numpy() for name, tensor in found.items()}


def _same_facts(network: AsapNet, case: str, stored: Mapping[str, Any]) -> None:
    """Sizes that a fixture states: each must be ours."""
    ours = {
        "last_key": _last_key(network),
        "downsampling": network.config.tile,
        "channels": list(network.config.mlp_channels),
        "num_params": network.mlp.length,
        "total": sum(parameter.numel() for parameter in network.parameters()),
    }
    for fact in [fact for fact in FACTS if fact in stored]:
        if stored[fact] != ours[fact]:
            raise ParityError(f"{case}: {fact} is {ours[fact]} here, {stored[fact]} in the fixture")


def _tolerance(variant: str, tensor: str) -> Tolerance:
    return SATURATED if variant == "plain" and tensor == "out" else EXACT


def _stepped(array: StoredArray, tensors: Tensors) -> StoredArray:
    """With the encoding's step, which stands in its shape and not in its name."""
    if array.tensor != "pe_first_tile":
        return array
    return array._replace(step=max(1, tensors[array.tensor].shape[-1] // array.values.shape[-1]))

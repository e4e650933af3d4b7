"""SCAT against stored outputs of the official networks and losses (`harness parity scat`).

Seeds, sizes, masks, fill rule and files all come from the fixtures. The loss batch is described there in words, which
are parsed, so that another set of the same form can be checked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

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
    same_keys,
)
from harness_scat.discriminator import UnetDiscriminator, projection
from harness_scat.fast import FastGenerator
from harness_scat.losses import Kind, confuse, corrupted, semantic_contrast, tell_apart, textural_contrast
from harness_scat.network import Generator

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "scat.json"
EXACT = Tolerance(2e-4, 5e-5)
POWER_ITERATIONS = 20
KINDS: tuple[Kind, ...] = ("hinge", "nsgan", "lsgan")
WEIGHTS = {"rec_L1": 10, "contra_textural": 10}
"""Weights of the totals that are not 1."""
_BATCH = re.compile(r"(\d+) images RandomState\((\d+)\.\.(\d+)\) at (\d+); masks \[(.*?)\].*MLP keys (\{.*\})")
_FLIPS = {"": (), "vertically": (-2,), "horizontally": (-1,)}
Arrays = dict[str, NDArray[Any]]


class _Networks(NamedTuple):
    generator: Generator
    discriminator: UnetDiscriminator


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array, every statistic and every loss of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "cases", "state_dict_G", "state_dict_D")
    with torch.device("meta"):  # every value comes from the fixtures
        networks = _Networks(Generator().eval(), UnetDiscriminator().eval())
    same_keys(networks.generator.state_dict(), content["state_dict_G"])
    same_keys(networks.discriminator.state_dict(), content["state_dict_D"])
    rows: list[ParityRow] = []
    for name, case in content["cases"].items():
        arrays, drawn = read_arrays(fixtures / case["spec"]["file"]), draw_case(case["spec"])
        _load(networks.generator, filled_state(content["state_dict_G"], case["spec"]["fill"]))
        _load(networks.discriminator, _spectral(filled_state(content["state_dict_D"], case["spec"]["fill"])))
        rows += _check_case(networks, name, case, arrays, drawn)
    if "losses" in content:
        rows += _check_losses(networks, content["losses"], next(iter(content["cases"].values()))["spec"])
    return rows


def _load(network: nn.Module, state: Arrays) -> None:
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()}, strict=True, assign=True)


def _spectral(state: Arrays) -> Arrays:
    """The state with the vectors that power iterations in float64 make of those that were filled in."""
    settled = dict(state)
    for key in [key for key in state if key.endswith("weight_u")]:
        stem = key.removesuffix("_u")
        matrix = state[f"{stem}_orig"].reshape(len(state[key]), -1).astype(np.float64)
        u = state[key].astype(np.float64)
        for _ in range(POWER_ITERATIONS):
            v = matrix.T @ u
            v /= np.linalg.norm(v)
            u = matrix @ v
            u /= np.linalg.norm(u)
        settled |= {f"{stem}_u": u.astype(np.float32), f"{stem}_v": v.astype(np.float32)}
    return settled


def _check_case(
    networks: _Networks,
    name: str,
    case: Mapping[str, Any],
    arrays: list[StoredArray],
    drawn: tuple[NDArray[Any], NDArray[Any]],
) -> Iterator[ParityRow]:
    image, mask = (torch.from_numpy(array)[None] for array in drawn)
    tensors = _tensors(networks, image, mask)
    for tensor in [tensor for tensor in case if tensor != "spec"]:
        ours = _found(tensors, name, tensor)
        yield compare_statistics((name, "plain", f"{tensor} statistics"), ours, case[tensor], EXACT.max_abs)
    for array in arrays:
        ours = _found(tensors, name, array.tensor)
        yield compare((name, "plain", array.tensor), ours if ours.ndim == 1 else array.cut(ours), array.values, EXACT)
        if array.tensor == "comp":
            ours = FastGenerator(networks.generator).fill(image, mask)[0].numpy()  # what the method computes on a CPU
            yield compare((name, "fast", array.tensor), array.cut(ours), array.values, EXACT)


def _found(tensors: Arrays, case: str, tensor: str) -> NDArray[Any]:
    if tensor not in tensors:
        raise ParityError(f"{case}: nobody reads '{tensor}'")
    return tensors[tensor]


@torch.no_grad()
def _tensors(networks: _Networks, image: Tensor, mask: Tensor) -> Arrays:
    """Everything the fixtures store of a case, as whole arrays; the discriminator's where it takes the size."""
    stages = networks.generator.stages(image, mask)
    composite = torch.where(mask > 0, stages.prediction, image)
    found = {"enc": stages.encoded, "aot0": stages.blocks[0], "mid": stages.blocks[-1]}
    found |= {"pred": stages.prediction, "comp": composite}
    if image.shape[-2:] == (256, 256):
        fake, real = networks.discriminator(composite), networks.discriminator(image)
        found |= {"d_feat3": fake.maps[2], "d_h": fake.pooled, "d_global": fake.whole, "d_pixel": fake.segmented()}
        found |= {"d_global_real": real.whole, "d_pixel_real": real.segmented()}
    return {name: tensor[0].numpy() for name, tensor in found.items()}


def _check_losses(networks: _Networks, stored: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[ParityRow]:
    ours = _losses(networks, stored["batch"], spec)
    for group, values in stored["values"].items():
        named = values if isinstance(values, dict) else {"": values}
        for term, value in named.items():
            label = f"{group} {term}".strip()
            found = np.array([_found(ours, "losses", label)])
            yield compare(("losses", "plain", label), found, np.array([value]), EXACT)


@torch.no_grad()
def _losses(networks: _Networks, batch: str, spec: Mapping[str, Any]) -> Arrays:
    """Every term by ``KIND TERM``; the terms that no kind changes stand under ``hinge``, as in the fixture."""
    truth, mask, shapes = _loss_batch(batch, spec)
    mlp = projection().eval()
    same_keys(mlp.state_dict(), shapes)
    _load(mlp, filled_state(shapes, spec["fill"]))
    prediction = torch.cat([networks.generator(truth[i : i + 1], mask[i : i + 1]) for i in range(len(truth))])
    composite = torch.where(mask > 0, prediction, truth)
    fake, real = networks.discriminator(composite), networks.discriminator(truth)
    versions = corrupted(truth, mask, len(truth))
    own = networks.discriminator(versions[:, 0], segment=False)
    others = versions[:, 1:].unbind(1)
    spoilt = [own.pooled, *(networks.discriminator(each, segment=False).pooled for each in others)]
    terms = {
        "hinge rec_L1": (prediction - truth).abs().mean(),
        "hinge contra_textural": textural_contrast(fake.maps, real.maps, own.maps),
        "hinge contra_semantic": semantic_contrast(mlp(fake.pooled), mlp(real.pooled), mlp(torch.stack(spoilt, 1))),
    }
    for kind in KINDS:
        told, confused = tell_apart(kind, fake, real, mask), confuse(kind, fake, mask)
        terms |= {f"{kind} D_global": told.whole, f"{kind} D_scat": told.pixels}
        terms |= {f"{kind} G_global": confused.whole, f"{kind} G_scat": confused.pixels}
    return {name: value.numpy() for name, value in (terms | _totals(terms)).items()}


def _totals(terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The two sums that the published code descends."""
    hinge = {name.removeprefix("hinge "): value for name, value in terms.items() if name.startswith("hinge ")}
    told = [value for name, value in hinge.items() if name.startswith("D_")]
    made = [WEIGHTS.get(name, 1) * value for name, value in hinge.items() if not name.startswith("D_")]
    return {"D_total_hinge": torch.stack(told).sum(), "G_total_hinge": torch.stack(made).sum()}


def _loss_batch(text: str, spec: Mapping[str, Any]) -> tuple[Tensor, Tensor, dict[str, list[int]]]:
    """Images, masks and the MLP's shapes, from the fixture's description."""
    match = _BATCH.match(text)
    if match is None:
        raise ParityError(f"the loss batch is not described as expected: {text[:80]}")
    count, first, last, side = (int(match.group(index)) for index in range(1, 5))
    names = match.group(5).split(", ")
    if not count == last - first + 1 == len(names):
        raise ParityError(f"{count} images, seeds {first} to {last} and {len(names)} masks do not agree")
    images, masks = [], []
    for seed, name in zip(range(first, last + 1), names, strict=True):
        shape, _, flip = name.partition(" flipped ")
        image, mask = draw_case({**spec, "seed": seed, "size": [side, side], "mask": shape})
        images.append(torch.from_numpy(image))
        masks.append(torch.from_numpy(mask).flip(_FLIPS[flip]))
    return torch.stack(images), torch.stack(masks), ast.literal_eval(match.group(6))

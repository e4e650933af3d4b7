"""PAR's successor network against stored outputs of the official one (`harness parity par`).

Every entry of the set but ``meta`` and ``net`` is a case; seed, size and files come from its ``spec``. The network is
PAL4VST's: PAL4Inpaint's own is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.testing.parity import (
    ParityError,
    ParityRow,
    Tolerance,
    compare,
    compare_statistics,
    read_archive,
    read_set,
    same_keys,
)
from harness.testing.recipe import fill_torch
from harness_par.network import ArtifactNetwork, Stages, config_of, normalised

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "par.json"
EXACT = Tolerance(5e-5, 5e-5)
SHARES = Tolerance(2e-4, 2e-4)
"""Of shares of pixels past a margin: as many as lie within `EXACT` of it."""
EQUAL = Tolerance(0.0, 0.0)
TOTALS = 1e-9
"""Relative, of the sums over all filled weights."""
INPUT = "uniform(0,1,(1,H,W,3)) RGB *255, (x-mean)*(1/std), NCHW"
CHANNEL_STEP = 16
COARSEST = 3
Array = NDArray[Any]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array, statistic and share of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "net")
    network = _network(content["net"])
    rows: list[ParityRow] = []
    for name in [name for name in content if name not in ("meta", "net")]:
        rows += _check_case(network, name, content[name], fixtures)
    if not rows:
        raise ParityError(f"{fixtures / FIXTURE_SET} has no case")
    return rows


def _network(net: Mapping[str, Any]) -> ArtifactNetwork:
    shapes = {key: shape for key, shape, _ in net["keys"]}
    config = config_of({key: torch.empty(shape, device="meta") for key, shape in shapes.items()})
    network = ArtifactNetwork(config).eval()
    same_keys(network.state_dict(), shapes)
    state = {
        key: torch.from_numpy(fill_torch(key, shapes[key])) if value.is_floating_point() else value
        for key, value in network.state_dict().items()
    }
    _check_fill(state, net["fill_check"])
    network.load_state_dict(state, strict=True)
    return network


def _check_fill(state: Mapping[str, torch.Tensor], stored: Mapping[str, Any]) -> None:
    values = [tensor.double() for tensor in state.values() if tensor.is_floating_point()]
    found = {
        "__total_sum": sum(float(value.sum()) for value in values),
        "__total_sumsq": sum(float(value.square().sum()) for value in values),
    }
    for key, total in found.items():
        if key in stored and abs(total - stored[key]) > TOTALS * abs(stored[key]):
            raise ParityError(f"weights are filled otherwise than in the fixture: {key} is {total}, not {stored[key]}")


@torch.no_grad()
def _check_case(network: ArtifactNetwork, name: str, case: Mapping[str, Any], fixtures: Path) -> Iterator[ParityRow]:
    stages = network.stages(_input(case["spec"]))
    for index, (ours, stored) in enumerate(zip(stages.maps, case["feats"], strict=True)):
        yield compare_statistics((name, "plain", f"feat{index} statistics"), ours.numpy(), stored, EXACT.max_abs)
    for tensor, ours in (("logits_low", stages.low), ("logits_full", stages.full)):
        yield compare_statistics((name, "plain", f"{tensor} statistics"), ours.numpy(), case[tensor], EXACT.max_abs)
    for array, values in _arrays(fixtures / case["spec"]["file"], name):
        bound = EQUAL if array.startswith("mask") else EXACT
        yield compare((name, "plain", array), _selected(stages, array), values, bound)
    yield from _check_shares(name, case, stages)


def _input(spec: Mapping[str, Any]) -> torch.Tensor:
    if spec["input"] != INPUT:
        raise ParityError(f"unknown input '{spec['input']}' in a fixture; known: {INPUT}")
    height, width = spec["size"]
    drawn = np.random.RandomState(spec["seed"]).uniform(0, 1, (1, height, width, 3))
    return normalised(torch.from_numpy(drawn.transpose(0, 3, 1, 2).copy())).float()


def _arrays(path: Path, case: str) -> list[tuple[str, Array]]:
    mine = f"{case}/"
    found = [(name.removeprefix(mine), values) for name, values in read_archive(path).items() if name.startswith(mine)]
    if not found:
        raise ParityError(f"{path} has no array of {case}")
    return found


def _selected(stages: Stages, array: str) -> Array:
    """What a fixture's array holds of ours. Raises `ParityError` for a name that nobody reads."""
    if array == "mask_packbits":
        return np.packbits(stages.full[0].argmax(0).numpy().astype(bool))
    if array == "logits_low":
        return np.asarray(stages.low.numpy())
    if found := re.fullmatch(r"logits_full_stride(\d+)", array):
        step = int(found[1])
        return np.asarray(stages.full[..., ::step, ::step].numpy())
    if found := re.fullmatch(r"feat([0-3])", array):
        index = int(found[1])
        step = 2 * 2 ** (COARSEST - index)
        return np.asarray(stages.maps[index][:, ::CHANNEL_STEP, ::step, ::step].numpy())
    raise ParityError(f"nobody reads the fixture's array '{array}'")


def _check_shares(name: str, case: Mapping[str, Any], stages: Stages) -> Iterator[ParityRow]:
    """Shares of artifact pixels, as the metrics count them: plain, and past margins at which some pixels are clean."""
    margin = (stages.full[0, 1] - stages.full[0, 0]).numpy()
    edges = [int(number) for number in re.findall(r"\d+", case["hole"])]
    hole = margin[edges[0] : edges[1], edges[2] : edges[3]]
    stored = [("par_image", 0.0, margin, case["par_whole_image"]), ("par", 0.0, hole, case["par_in_hole"])]
    for past in case["par_at_margin"]:
        stored.append((f"par_image > {past['threshold']}", past["threshold"], margin, past["par_whole"]))
        stored.append((f"par > {past['threshold']}", past["threshold"], hole, past["par_in_hole"]))
    for tensor, threshold, values, expected in stored:
        share = np.array([(values > threshold).mean()])
        yield compare((name, "plain", tensor), share, np.array([expected]), SHARES)

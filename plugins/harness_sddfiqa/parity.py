"""SDD-FIQA against stored outputs of the official networks and of the official labelling (`harness parity sddfiqa`).

Seed, faces and their number come from the fixture; weights are filled by names, and the fill itself is checked. The
networks run in float64: the stored values were computed in float32, and two float32 runs differ twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
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
from harness_sddfiqa.labels import Labelling, distances, pseudo_labels
from harness_sddfiqa.network import SIDE, build_network, config_of

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "sdd_fiqa.json"
RELATIVE = 8e-5
"""Of a tensor's largest value: twice what float32 loses over 24 blocks."""
LABELS = Tolerance(1e-9, 1e-9)
FILL = 1e-9
"""Relative, of the sums over all filled weights."""
NETWORKS = ("r50_qua", "r50_rec", "mfn_qua", "mfn_rec")
INPUT = "uniform(0,1,(N,112,112,3)) RGB, (x-0.5)/0.5, NCHW"
STEP, COARSE = 16, 4
Array = NDArray[Any]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array, every statistic and the fill of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "spec")
    if content["spec"]["input"] != INPUT:
        raise ParityError(f"unknown input '{content['spec']['input']}' in a fixture")
    arrays = read_archive(fixtures / content["spec"]["file"])
    unknown = set(content) - {"meta", "spec", "pseudo", *NETWORKS}
    unread = [name for name in arrays if name.partition("/")[0] not in content]
    if unknown or unread:
        raise ParityError(f"nobody reads '{min([*unknown, *unread])}'")
    rows: list[ParityRow] = []
    fill = cache(fill_torch)  # the two heads of a network share all other entries
    for name in [name for name in NETWORKS if name in content]:
        shapes = {key: tuple(shape) for key, shape, _ in content[name]["keys"]}
        state = {key: fill(key, shape) for key, shape in shapes.items()}
        rows += _check_network(name, content[name], state, _of(arrays, name), content["spec"]["seed"])
        rows += _check_fill(name, state, content[name]["fill_check"])
    if "pseudo" in content:
        rows += _check_labels(content["pseudo"], _of(arrays, "pseudo"))
    return rows


def _of(arrays: Mapping[str, Array], name: str) -> dict[str, Array]:
    return {key.partition("/")[2]: value for key, value in arrays.items() if key.partition("/")[0] == name}


def _check_network(
    name: str, stored: Mapping[str, Any], state: Mapping[str, Array], arrays: Mapping[str, Array], seed: int
) -> Iterator[ParityRow]:
    network = build_network(config_of(state)).eval()
    same_keys(network.state_dict(), {key: shape for key, shape, _ in stored["keys"]})
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()}, strict=True)
    faces = np.random.RandomState(seed).uniform(0, 1, (len(arrays["output"]), SIDE, SIDE, 3)).astype(np.float32)
    with torch.no_grad():
        taps = network.double().taps(
            torch.from_numpy((faces - np.float32(0.5)) / np.float32(0.5)).double().movedim(3, 1)
        )
    ours = {tap: tensor.numpy() for tap, tensor in taps.items()}
    told = {**stored["taps"], "output": stored["output"]}
    missing = [tap for tap in (*told, *arrays) if tap not in ours]
    if missing:
        raise ParityError(f"{name}: nobody reads '{missing[0]}'")
    for tap, expected in told.items():
        bar = RELATIVE * max(abs(expected["min"]), abs(expected["max"]))
        yield compare_statistics((name, "plain", f"{tap} statistics"), ours[tap], expected, bar)
    for tap, values in arrays.items():
        bar = RELATIVE * float(np.abs(values).max())
        yield compare((name, "plain", tap), _cut(ours[tap]), values, Tolerance(bar, bar))


def _cut(whole: Array) -> Array:
    """Every 16th of channels, rows and columns (every 4th where a side is smaller); vectors whole."""
    if whole.ndim == 2:
        return whole
    step = STEP if whole.shape[-1] >= STEP else COARSE
    return whole[:, ::STEP, ::step, ::step]


def _check_fill(name: str, state: Mapping[str, Array], stored: Mapping[str, Any]) -> Iterator[ParityRow]:
    whole = {key: value.astype(np.float64) for key, value in state.items() if value.dtype.kind == "f"}
    for key, expected in stored.items():
        if key.startswith("__total_"):
            power = 2 if key == "__total_sumsq" else 1
            found = np.array([sum((value**power).sum() for value in whole.values())])
            values = np.array([expected])
        else:
            flat = whole[key].ravel()
            found = np.array([*flat[: len(expected["first3"])], flat.sum(), (flat**2).sum()])
            values = np.array([*expected["first3"], expected["sum"], expected["sumsq"]])
        bar = FILL * max(1.0, float(np.abs(values).max()))
        yield compare((name, "fill", key), found, values, Tolerance(bar, bar))


def _check_labels(stored: Mapping[str, Any], arrays: Mapping[str, Array]) -> Iterator[ParityRow]:
    identities = np.repeat(np.arange(stored["ids"]), stored["per_id"])
    how = Labelling(m=stored["m"], repeats=stored["K"])
    faces = arrays["embeddings"]
    ours = {"wasserstein": distances(faces, identities, how), "labels": pseudo_labels(faces, identities, how)}
    for name in [name for name in arrays if name != "embeddings"]:
        if name not in ours:
            raise ParityError(f"pseudo: nobody reads '{name}'")
        yield compare(("pseudo", "plain", name), ours[name], arrays[name], LABELS)
    yield compare_statistics(("pseudo", "plain", "labels statistics"), ours["labels"], stored["labels"], LABELS.max_abs)

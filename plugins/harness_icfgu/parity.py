"""The blocks that ICF-GU shares with crfill, against stored outputs of crfill (`harness parity icfgu`).

ICF-GU itself was never released: these rows prove the gated two-stage network, the attention in two halves and the
copying of blocks, and say nothing about the confidence decoder or the guided upsampling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from harness.testing.parity import (
    ParityError,
    ParityRow,
    Tolerance,
    draw_case,
    filled_state,
    read_arrays,
    read_set,
    same_keys,
    tempered,
    variant_rows,
)
from harness_icfgu.attention import copy_blocks
from harness_icfgu.lineage import CrFill, match_and_copy

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "icfgu.json"
EXACT = Tolerance(2e-4, 5e-5)
VARIANTS = ("plain", "tempered")
Tensors = dict[str, NDArray[Any]]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare every array and every statistic of the set in the folder ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree.
    """
    content = read_set(fixtures / FIXTURE_SET, "cases", "state_dict")
    network = CrFill().eval()
    same_keys(network.state_dict(), content["state_dict"])
    rows: list[ParityRow] = []
    for name, case in content["cases"].items():
        unknown = set(case) - {"spec", *VARIANTS}
        if unknown:
            raise ParityError(f"{name}: unknown variants {', '.join(sorted(unknown))}")
        state = filled_state(content["state_dict"], case["spec"]["fill"])
        rows += _check_case(network, state, name, case, fixtures)
    return rows


def _check_case(
    network: CrFill, state: Tensors, name: str, case: Mapping[str, Any], fixtures: Path
) -> Iterator[ParityRow]:
    spec, arrays = case["spec"], read_arrays(fixtures / case["spec"]["file"])
    for variant in [variant for variant in VARIANTS if variant in case]:
        weights = tempered(state, spec["tempered_scale"]) if variant == "tempered" else state
        network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=True)
        tensors = _network_tensors(network, spec) | _block_tensors(spec, case[variant])
        yield from variant_rows(name, variant, tensors, case[variant], arrays, lambda _: EXACT, EXACT)


@torch.no_grad()
def _network_tensors(network: CrFill, spec: Mapping[str, Any]) -> Tensors:
    image, mask = (torch.from_numpy(array)[None] for array in draw_case(spec))
    out = network(image * (1 - mask), mask)
    named = {"stage1": out.stage1, "stage2": out.stage2, "pm": out.matched, "similar": out.similar}
    named |= {"refined": out.refined, "aux_hole": out.hole, "aux_raw": out.raw}
    return {name: tensor[0].numpy() for name, tensor in named.items()}


def _block_tensors(spec: Mapping[str, Any], stored: Mapping[str, Any]) -> Tensors:
    """Blocks copied for random features: their shapes stand in the stored statistics, their rule in the set's text."""
    rng = np.random.RandomState(spec["seed"] + 1)
    features, image = (stored[name]["shape"] for name in ("attup_recon", "attup_grid"))
    drawn = torch.from_numpy(rng.standard_normal((1, *features)).astype(np.float32))
    large = torch.from_numpy(rng.uniform(0, 1, (1, *image)).astype(np.float32))
    mask = torch.from_numpy(draw_case(spec)[1])[None]
    similar, pasted = match_and_copy(drawn, F.interpolate(mask, drawn.shape[-2:]))
    return {"attup_recon": pasted[0].numpy(), "attup_grid": copy_blocks(similar, large)[0].numpy()}

"""Contenders that take turns: CPU seconds of each, multiply-accumulates, and their share of torch's matrix product."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from _machine import print_rows
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

__all__ = ["Calls", "Table", "largest_differences", "measure", "print_table", "quarter_hole"]

Calls = dict[str, Callable[[], Tensor]]
Table = dict[str, dict[str, float]]
PEAK_SIDE = 2048


class Spent(NamedTuple):
    """Seconds of one call."""

    cpu: float
    wall: float


def quarter_hole(side: int) -> tuple[Tensor, Tensor]:
    """A noise picture in [-1, 1] and a centred hole of a quarter of its area."""
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    mask = torch.zeros(1, 1, side, side)
    mask[..., side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    return image, mask


def timed(call: Callable[[], Tensor]) -> Spent:
    """Run once."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


def matmul_peak(repeats: int = 5) -> float:
    """GMAC a CPU second of the best of a few large float32 matrix products with the current threads."""
    matrix = torch.randn(PEAK_SIDE, PEAK_SIDE)
    torch.mm(matrix, matrix)
    return PEAK_SIDE**3 / 1e9 / min(timed(lambda: torch.mm(matrix, matrix)).cpu for _ in range(repeats))


def gmac(call: Callable[[], Tensor]) -> float:
    """Billions of multiply-accumulates of one call, as torch counts them."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 2e9


def measure(calls: Calls, repeats: int) -> Table:
    """Min and median seconds of each contender over interleaved repeats, and its rate against the peak."""
    peak, work = matmul_peak(), {name: gmac(call) for name, call in calls.items()}
    spent: dict[str, list[Spent]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            spent[name].append(timed(call))
    peak = max(peak, matmul_peak())
    return {name: _row(times, work[name], peak) for name, times in spent.items()}


def _row(times: list[Spent], work: float, peak: float) -> dict[str, float]:
    cpu, wall = ([getattr(one, kind) for one in times] for kind in ("cpu", "wall"))
    return {
        "cpu_min_s": min(cpu),
        "cpu_median_s": statistics.median(cpu),
        "wall_min_s": min(wall),
        "wall_median_s": statistics.median(wall),
        "gmac": work,
        "gmac_per_cpu_s": work / min(cpu),
        "share_of_matmul_peak": work / min(cpu) / peak,
    }


def largest_differences(calls: Calls, one: str, others: Sequence[str], tolerance: float) -> dict[str, float]:
    """Of the outputs of ``others`` from that of ``one``. Raises `SystemExit` where one is above ``tolerance``."""
    wanted = calls[one]()
    found = {name: float((calls[name]() - wanted).abs().max()) for name in others}
    if max(found.values()) > tolerance:
        raise SystemExit(f"the outputs differ from those of '{one}': {found}")
    return found


def print_table(title: str, table: Table) -> None:
    """One block of lines."""
    rows = [
        [name, *(f"{row[key]:.3f}" for key in ("cpu_min_s", "cpu_median_s", "wall_min_s")), f"{row['gmac']:.1f}",
         f"{row['share_of_matmul_peak']:.0%}"]
        for name, row in table.items()
    ]  # fmt: skip
    print_rows(title, ["", "CPU min s", "median", "wall min", "GMAC", "of peak"], rows)

"""How fast CoordFill fills a quarter-area hole, against evaluating every pixel and against the official code.

    OMP_WAIT_POLICY=passive python benchmarks/coordfill_speed.py [--official CHECKOUT]

Contenders take turns (A B C A B C ...), so that a busy moment hits all of them. Times are CPU seconds of
this process, which leave out what others do (waiting threads too, with the passive policy); the wall seconds
of a busy machine say little. Multiply-accumulates are counted by torch, without Fourier transforms; the peak
is torch's own float32 matrix product, so a convolution library with a better kernel may pass it. Results go
to `benchmarks/results/coordfill_speed.json`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import torch
from _machine import machine
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from harness_coordfill.network import CoordFill

RESULT = Path(__file__).parent / "results" / "coordfill_speed.json"
BARS = {1024: 2.5, 2048: 5.0}  # one thread: all pixels over hole tiles
PEAK_SIDE = 2048
HOLE_TILES, ALL_PIXELS, ALL_CHUNKED = "hole tiles", "all pixels", "all pixels, in chunks"
ENCODER, OFFICIAL, OFFICIAL_HOLE = "encoder alone", "official forward", "official mask_predict"


class Spent(NamedTuple):
    """Seconds of one call."""

    cpu: float
    wall: float


def timed(call: Callable[[], Tensor]) -> Spent:
    """Run once."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


def matmul_peak(repeats: int = 5) -> float:
    """GMAC/s (by CPU time) of the best of a few large float32 matrix products with the current threads."""
    matrix = torch.randn(PEAK_SIDE, PEAK_SIDE)
    torch.mm(matrix, matrix)
    return PEAK_SIDE**3 / 1e9 / min(timed(lambda: torch.mm(matrix, matrix)).cpu for _ in range(repeats))


def gmac(call: Callable[[], Tensor]) -> float:
    """Billions of multiply-accumulates of one call."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 2e9


def quarter_hole(side: int) -> tuple[Tensor, Tensor]:
    """A noise picture in [-1, 1] and a centred hole of a quarter of its area."""
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    mask = torch.zeros(1, 1, side, side)
    mask[..., side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    return image, mask


def _stub(name: str, **names: Any) -> None:
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module


def official_network(checkout: Path) -> Any:
    """The official class from a user's checkout.

    Stubbed, since its forward needs none of them: kornia, yacs, and the package's own ``__init__``, which
    would import the training code.
    """
    _stub("kornia.geometry.transform", rotate=None)
    _stub("kornia.geometry")
    _stub("kornia")
    _stub("yacs.config", CfgNode=SimpleNamespace)
    _stub("yacs")
    _stub("models", __path__=[str(checkout / "models")], register=lambda name: lambda target: target)
    official = import_module("models.coordfill").CoordFill
    sizes = SimpleNamespace(n_channels=3, n_classes=3, no_upsampling=False)
    return official(sizes, "coordfill", mask_prediction=True, attffc=True, scale_injection=True).eval()


def contenders(ours: CoordFill, official: Any, side: int) -> dict[str, Callable[[], Tensor]]:
    """What is timed at one size, by name."""
    image, mask = quarter_hole(side)
    layout, everything = ours.layout(side, side), torch.ones_like(mask)
    calls: dict[str, Callable[[], Tensor]] = {
        ENCODER: lambda: ours.encode(image, mask, layout),
        HOLE_TILES: lambda: ours.fill(image, mask, faithful=True).composite,
        ALL_PIXELS: lambda: torch.where(mask > 0, ours.all_pixels(image, mask, faithful=True), image),
        ALL_CHUNKED: lambda: ours.fill(image, everything, faithful=True).composite,
    }
    if official is not None:
        pair = (image, 1 - mask)
        calls |= {OFFICIAL: lambda: official(pair), OFFICIAL_HOLE: lambda: official.mask_predict(pair)}
    return calls


def measure(calls: dict[str, Callable[[], Tensor]], repeats: int) -> dict[str, dict[str, float]]:
    """Min and median seconds of each contender over interleaved repeats, and its rate against the peak."""
    peak, work = matmul_peak(), {name: gmac(call) for name, call in calls.items()}
    spent: dict[str, list[Spent]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            spent[name].append(timed(call))
    peak = max(peak, matmul_peak())
    table = {}
    for name, times in spent.items():
        cpu, wall = ([getattr(s, kind) for s in times] for kind in ("cpu", "wall"))
        table[name] = {
            "cpu_min_s": min(cpu),
            "cpu_median_s": statistics.median(cpu),
            "wall_min_s": min(wall),
            "wall_median_s": statistics.median(wall),
            "gmac": work[name],
            "gmac_per_cpu_s": work[name] / min(cpu),
            "share_of_matmul_peak": work[name] / min(cpu) / peak,
        }
    table["matmul peak"] = {"gmac_per_cpu_s": peak}
    return table


def largest_differences(calls: dict[str, Callable[[], Tensor]]) -> dict[str, float]:
    """How far the other orders of operations are from the hole-tile one, in [-1, 1] units."""
    ours = calls[HOLE_TILES]()
    others = [name for name in (ALL_PIXELS, OFFICIAL, OFFICIAL_HOLE) if name in calls]
    return {name: float((calls[name]() - ours).abs().max()) for name in others}


def bars(table: dict[str, dict[str, float]], side: int) -> dict[str, Any]:
    """The required and the measured ratio at one size on one thread."""
    ratio = table[ALL_PIXELS]["cpu_min_s"] / table[HOLE_TILES]["cpu_min_s"]
    return {"side": side, "required": BARS[side], "measured": ratio, "met": ratio >= BARS[side]}


def print_table(side: int, threads: int, table: dict[str, dict[str, float]]) -> None:
    """One block of lines."""
    print(f"\n{side} x {side}, {threads} thread(s), peak {table['matmul peak']['gmac_per_cpu_s']:.1f} GMAC/s")
    for name, row in table.items():
        if "gmac" in row:
            print(
                f"  {name:24} CPU min {row['cpu_min_s']:7.3f} s  median {row['cpu_median_s']:7.3f} s  "
                f"wall min {row['wall_min_s']:7.3f} s  {row['gmac']:6.1f} GMAC  "
                f"{row['share_of_matmul_peak']:5.0%} of peak"
            )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--official", type=Path, help="a checkout of NiFangBaAGe/CoordFill to time as well")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULT)
    return parser.parse_args()


@torch.no_grad()
def main() -> None:
    """Measure, print, write."""
    given = arguments()
    torch.manual_seed(0)
    ours = CoordFill().eval()
    official = official_network(given.official) if given.official else None
    if official is not None:
        official.load_state_dict(ours.state_dict())
    where = machine() | {"instructions": torch.backends.cpu.get_cpu_capability()}
    result: dict[str, Any] = {"machine": where, "repeats": given.repeats, "runs": [], "bars": []}
    for threads in given.threads:
        torch.set_num_threads(threads)
        for side in given.sizes:
            calls = contenders(ours, official, side)
            differences = largest_differences(calls)
            table = measure(calls, given.repeats)
            print_table(side, threads, table)
            result["runs"].append({"side": side, "threads": threads, "table": table, "differences": differences})
            if threads == 1 and side in BARS:
                result["bars"].append(bars(table, side))
    print("\n" + "\n".join(f"bar {b['side']}: {b['measured']:.2f}x of {b['required']}x" for b in result["bars"]))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()

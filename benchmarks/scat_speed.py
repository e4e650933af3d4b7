"""How fast SCAT fills a quarter-area hole, against the official order of operations, fixed here.

    OMP_WAIT_POLICY=passive python benchmarks/scat_speed.py [--weights FILE]

The official order convolves every branch, gate and fusion directly, each on its own padded copy, and decodes the whole
picture. Ours convolves by Winograd's F(4x4, 3x3) in the blocks, the first branch and the gate together, and decodes
around the hole. `crop` is the parameter `approx=crop`: everything around the hole only, another result; how much the
PSNR of a photograph's hole changes by it is printed (with the weights of FILE; with random ones it says nothing about
quality). Contenders take turns; times are CPU seconds of this process; multiply-accumulates are counted by torch; the
peak is torch's own float32 matrix product. Results go to `benchmarks/results/scat_speed.json`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from _machine import print_rows, write_result
from skimage import data
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from harness.interfaces import Batch, LoadedWeights, Setup
from harness_scat.method import CONTEXT, ScatInpainter
from harness_scat.network import AotBlock, Generator

BARS = {256: 1.5}  # one thread: official order over ours
PEAK_SIDE = 2048
TOLERANCE = 2e-4
OURS, OFFICIAL_ORDER, CROP = "ours", "official order", "ours, approx=crop"
Calls = dict[str, Callable[[], Tensor]]


def plain_block(block: AotBlock, x: Tensor) -> Tensor:
    """One block as published: every branch pads, the gate is normalised step by step."""
    gathered = block.fuse(torch.cat([branch(x) for branch in block.branches()], 1))
    gate = block.gate(x)
    mean, deviation = gate.mean((2, 3), keepdim=True), gate.std((2, 3), keepdim=True) + 1e-9
    share = torch.sigmoid(5 * (2 * (gate - mean) / deviation - 1))
    return cast("Tensor", x * (1 - share) + gathered * share)


def official_order(network: Generator, image: Tensor, mask: Tensor) -> Tensor:
    """The published inference on [-1, 1]: what is optimised is measured against it."""
    x = network.encoder(torch.cat([image * (1 - mask) + mask, mask], 1))
    for block in cast("list[AotBlock]", list(network.middle)):
        x = plain_block(block, x)
    return (1 - mask) * image + mask * torch.tanh(network.decoder(x))


def quarter_hole(side: int) -> tuple[Tensor, Tensor]:
    """A noise picture in [-1, 1] and a centred hole of a quarter of its area."""
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    mask = torch.zeros(1, 1, side, side)
    mask[..., side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    return image, mask


def filled(method: ScatInpainter, batch: Batch) -> Tensor:
    """What the method makes of the batch, in [-1, 1]."""
    return 2 * method.inpaint(batch).image - 1


def contenders(methods: dict[str, ScatInpainter], side: int) -> Calls:
    """What is timed at one size; ours with its turns to [0, 1] and back."""
    image, mask = quarter_hole(side)
    batch = Batch(("a",), image=(image + 1) / 2, mask=mask)
    calls: Calls = {name: partial(filled, method, batch) for name, method in methods.items()}
    return calls | {OFFICIAL_ORDER: lambda: official_order(methods[OURS].network, image, mask)}


def spent(call: Callable[[], Tensor]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def matmul_peak(repeats: int = 3) -> float:
    """GMAC a CPU second of the best of a few large float32 matrix products."""
    matrix = torch.randn(PEAK_SIDE, PEAK_SIDE)
    torch.mm(matrix, matrix)
    return PEAK_SIDE**3 / 1e9 / min(spent(lambda: torch.mm(matrix, matrix)) for _ in range(repeats))


def gmac(call: Callable[[], Tensor]) -> float:
    """Billions of multiply-accumulates of one call."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 2e9


def measure(calls: Calls, repeats: int) -> dict[str, dict[str, float]]:
    """CPU seconds of each contender over interleaved repeats, and its rate against the peak."""
    peak, work = matmul_peak(), {name: gmac(call) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(spent(call))
    peak = max(peak, matmul_peak())
    return {
        name: {
            "cpu_min_s": min(found),
            "cpu_median_s": statistics.median(found),
            "gmac": work[name],
            "share_of_matmul_peak": work[name] / min(found) / peak,
        }
        for name, found in times.items()
    }


def run(methods: dict[str, ScatInpainter], side: int, threads: int, repeats: int) -> dict[str, Any]:
    """Measure one size; raises `SystemExit` where ours is not the official order."""
    torch.set_num_threads(threads)
    calls = contenders(methods, side)
    difference = float((calls[OURS]() - calls[OFFICIAL_ORDER]()).abs().max())
    if difference > TOLERANCE:
        raise SystemExit(f"{side}: the outputs differ by {difference}")
    table = measure(calls, repeats)
    ratio = table[OFFICIAL_ORDER]["cpu_min_s"] / table[OURS]["cpu_min_s"]
    bar = BARS.get(side) if threads == 1 else None
    rows = [
        [
            name,
            f"{r['cpu_min_s']:.3f}",
            f"{r['cpu_median_s']:.3f}",
            f"{r['gmac']:.1f}",
            f"{r['share_of_matmul_peak']:.0%}",
        ]
        for name, r in table.items()
    ]
    print_rows(f"{side} x {side}, {threads} thread(s)", ["", "CPU min s", "median", "GMAC", "of peak"], rows)
    print(f"  ratio {ratio:.2f} (bar {bar or 'none'}), largest difference {difference:.1e}")
    return {"side": side, "threads": threads, "table": table, "difference": difference, "ratio": ratio, "bar": bar}


def crop_change(methods: dict[str, ScatInpainter], side: int, hole: int) -> dict[str, float]:
    """PSNR in a centred hole of a photograph, whole and cropped, and how near the two fills are to each other."""
    photo = torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255
    image = F.interpolate(photo, (side, side), mode="area")
    mask = torch.zeros(1, 1, side, side)
    first = (side - hole) // 2
    mask[..., first : first + hole, first : first + hole] = 1
    whole, crop = (methods[name].inpaint(Batch(("a",), image=image, mask=mask)).image for name in (OURS, CROP))

    def psnr(one: Tensor, other: Tensor) -> float:
        return float(-10 * torch.log10((one - other).square()[mask.expand_as(one) > 0].mean().clamp(min=1e-10)))

    found = {
        "side": side,
        "hole": hole,
        "context": CONTEXT,
        "whole_db": psnr(whole, image),
        "crop_db": psnr(crop, image),
    }
    return found | {"change_db": found["crop_db"] - found["whole_db"], "between_db": psnr(whole, crop)}


@torch.no_grad()
def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", type=Path, help="a checkpoint for the change in PSNR")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    methods = {name: ScatInpainter(Setup(), approx=how) for name, how in ((OURS, "none"), (CROP, "crop"))}
    runs = [run(methods, side, threads, given.repeats) for threads in given.threads for side in given.sizes]
    if given.weights:
        setup = Setup(weights=LoadedWeights("given", "official", given.weights, ""))
        methods = {name: ScatInpainter(setup, approx=how) for name, how in ((OURS, "none"), (CROP, "crop"))}
    changes = [crop_change(methods, side, hole) for side, hole in ((256, 128), (512, 96))]
    named = given.weights.name if given.weights else "random weights, which say nothing about quality"
    for c in changes:
        print(
            f"approx=crop at {c['side']}, hole {c['hole']} ({named}): PSNR in the hole {c['whole_db']:.2f} -> "
            f"{c['crop_db']:.2f} dB, {c['change_db']:+.2f}; the two fills {c['between_db']:.1f} dB apart"
        )
    write_result("scat_speed", {"repeats": given.repeats, "runs": runs, "crop": {"weights": named, "changes": changes}})


if __name__ == "__main__":
    main()

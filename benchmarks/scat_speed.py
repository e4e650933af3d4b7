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
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from _machine import write_result
from _turns import Calls, largest_differences, measure, print_table, quarter_hole
from skimage import data
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import Batch, LoadedWeights, Setup
from harness_scat.method import CONTEXT, ScatInpainter
from harness_scat.network import AotBlock, Generator

BARS = {256: 1.5}  # one thread: official order over ours
TOLERANCE = 2e-4
OURS, OFFICIAL_ORDER, CROP = "ours", "official order", "ours, approx=crop"


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


def filled(method: ScatInpainter, batch: Batch) -> Tensor:
    """What the method makes of the batch, in [-1, 1]."""
    return 2 * method.inpaint(batch).image - 1


def contenders(methods: dict[str, ScatInpainter], side: int) -> Calls:
    """What is timed at one size; ours with its turns to [0, 1] and back."""
    image, mask = quarter_hole(side)
    batch = Batch(("a",), image=(image + 1) / 2, mask=mask)
    calls: Calls = {name: partial(filled, method, batch) for name, method in methods.items()}
    return calls | {OFFICIAL_ORDER: lambda: official_order(methods[OURS].network, image, mask)}


def run(methods: dict[str, ScatInpainter], side: int, threads: int, repeats: int) -> dict[str, Any]:
    """Measure one size; raises `SystemExit` where ours is not the official order."""
    torch.set_num_threads(threads)
    calls = contenders(methods, side)
    difference = largest_differences(calls, OURS, [OFFICIAL_ORDER], TOLERANCE)[OFFICIAL_ORDER]
    table = measure(calls, repeats)
    ratio = table[OFFICIAL_ORDER]["cpu_min_s"] / table[OURS]["cpu_min_s"]
    bar = BARS.get(side) if threads == 1 else None
    print_table(f"{side} x {side}, {threads} thread(s)", table)
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

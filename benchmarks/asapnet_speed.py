"""How fast ASAP-Net fills a quarter-area hole, against the official order of operations and the official code.

    OMP_WAIT_POLICY=passive python benchmarks/asapnet_speed.py [--official CHECKOUT]

The official order evaluates every tile at once: a copy of all tiles, product and bias of each layer apart, a new tent
kernel every call (the places are kept, as the official code keeps them). Ours evaluates head and MLPs on the hole's
tiles, a few at a time. The configuration of side S is the official one for training crops of S. Contenders take
turns; times are CPU seconds of this process; multiply-accumulates are counted by torch; the peak is torch's own
float32 matrix product. Results go to `benchmarks/results/asapnet_speed.json`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from _machine import write_result
from _turns import Calls, largest_differences, measure, print_table, quarter_hole
from torch import Tensor
from torch.nn import functional as F

from harness_asapnet.config import INPAINT, tile_for
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.network import octave_encoding, tent_kernel, tent_reduce

BARS = {512: 1.7, 1024: 2.5}  # one thread: official order over hole tiles
TOLERANCE = 2e-4
STREAM, HOLE_TILES, PLAIN, OFFICIAL = "low-resolution stream alone", "hole tiles", "official order", "official code"


class OfficialOrder:
    """The published forward, written down: what is optimised is measured against it."""

    def __init__(self, network: AsapInpaint) -> None:
        self.network, self.places = network, Tensor()

    def __call__(self, image: Tensor, mask: Tensor) -> Tensor:
        """Every pixel, then the composite."""
        inputs, tile = torch.cat([image * (1 - mask), mask], 1), self.network.config.tile
        small = tent_reduce(inputs, tent_kernel(tile // 16)) if tile > 16 else inputs
        packed = self.network.lowres_stream.model(small)
        raw = self._pixels(torch.cat([inputs, self._places(*inputs.shape[-2:])], 1), packed)
        return torch.where(mask > 0, raw, image)

    def _places(self, height: int, width: int) -> Tensor:
        if self.places.shape[-2:] != (height, width):
            tile = self.network.config.tile
            one = octave_encoding(tile).T.reshape(1, -1, tile, tile)
            self.places = one.repeat(1, 1, height // tile, width // tile)
        return self.places

    def _pixels(self, seen: Tensor, packed: Tensor) -> Tensor:
        tile, (count, channels, height, width) = self.network.config.tile, seen.shape
        rows, cols = packed.shape[-2:]
        tiles = seen.unfold(2, tile, tile).unfold(3, tile, tile).permute(0, 2, 3, 4, 5, 1).contiguous()
        value = tiles.view(count, rows, cols, tile * tile, channels)
        start = 0
        for index, (before, after) in enumerate(self.network.mlp.shapes):
            bias, start = packed[:, start : start + after], start + after
            weight, start = packed[:, start : start + (before - 1) * after], start + (before - 1) * after
            matrix = weight.permute(0, 2, 3, 1).reshape(count, rows, cols, before - 1, after)
            value = torch.matmul(value, matrix) + bias.permute(0, 2, 3, 1).reshape(count, rows, cols, 1, after)
            last = index == len(self.network.mlp.shapes) - 1
            value = torch.tanh(value) if last else F.leaky_relu(value, 0.01, inplace=True)
        pixels = value.view(count, rows, cols, tile, tile, 3).permute(0, 5, 1, 3, 2, 4)
        return pixels.reshape(count, 3, height, width)


def _stub(name: str, **names: Any) -> None:
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module


def official_code(checkout: Path, network: AsapInpaint, side: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The official class from a user's checkout, with our weights.

    Stubbed: `sync_batchnorm`, which the repository lacks, and the packages' own ``__init__``.
    """
    _stub("models", __path__=[str(checkout / "models")])
    _stub("models.networks", __path__=[str(checkout / "models" / "networks")])
    _stub("models.networks.sync_batchnorm", SynchronizedBatchNorm2d=torch.nn.BatchNorm2d)
    sys.path.insert(0, str(checkout))
    options = SimpleNamespace(
        label_nc=4, crop_size=side, aspect_ratio=1, contain_dontcare_label=False, no_instance_edge=True,
        no_instance_dist=True, lr_instance=False, learned_ds_factor=16, gpu_ids=[], output_nc=3, hr_width=64,
        hr_depth=5, hr_coor="cosine", no_one_hot=True, norm_G="instanceaffine", lr_width=64, lr_max_width=1024,
        lr_depth=7, reflection_pad=True,
    )  # fmt: skip
    official = import_module("models.networks.generator").ASAPNetsGenerator(options).eval()
    official.load_state_dict(network.state_dict())

    def call(image: Tensor, mask: Tensor) -> Tensor:
        raw, _ = official(torch.cat([image * (1 - mask), mask], 1))
        return torch.where(mask > 0, raw, image)

    return call


def contenders(side: int, checkout: Path | None) -> Calls:
    """What is timed at one size, by name."""
    torch.manual_seed(0)
    network = AsapInpaint(replace(INPAINT, tile=tile_for(side))).eval()
    image, mask = quarter_hole(side)
    plain = OfficialOrder(network)
    small = network.reduced(network.prepared(image, mask))
    calls: Calls = {
        STREAM: lambda: network.lowres_stream.features(small),
        HOLE_TILES: lambda: torch.where(mask > 0, network.fill(image, mask), image),
        PLAIN: lambda: plain(image, mask),
    }
    if checkout:
        official = official_code(checkout, network, side)
        calls[OFFICIAL] = lambda: official(image, mask)
    return calls


def run(side: int, threads: int, given: argparse.Namespace) -> dict[str, Any]:
    """Measure one size; raises `SystemExit` where contenders do not agree."""
    torch.set_num_threads(threads)
    calls = contenders(side, given.official)
    others = [name for name in (PLAIN, OFFICIAL) if name in calls]
    differences = largest_differences(calls, HOLE_TILES, others, TOLERANCE)
    table = measure(calls, given.repeats)
    ratio = table[PLAIN]["cpu_min_s"] / table[HOLE_TILES]["cpu_min_s"]
    print_table(f"{side} x {side}, {threads} thread(s)", table)
    print(f"  ratio {ratio:.2f} (bar {BARS.get(side, 'none')}), largest differences {differences}")
    return {
        "side": side, "threads": threads, "table": table, "differences": differences,
        "ratio": ratio, "bar": BARS.get(side),
    }  # fmt: skip


@torch.no_grad()
def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--official", type=Path, help="a checkout of tamarott/ASAPNet to time as well")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    runs = [run(side, threads, given) for threads in given.threads for side in given.sizes]
    write_result("asapnet_speed", {"repeats": given.repeats, "runs": runs})


if __name__ == "__main__":
    main()

"""How fast HiFill fills a quarter-area hole, against the official order of operations, fixed here.

    OMP_WAIT_POLICY=passive python benchmarks/hifill_speed.py

The official order convolves with 1,024 kernels made of patches: for the scores, for pasting and for both transfers. It
fuses scores by convolutions with an identity kernel, computes features and gates apart, decodes the whole picture,
builds the whole square copy and aggregates residuals for every cell. Ours multiplies matrices, only for the keys that
may be seen and the cells that the hole needs, and decodes these. `network` is the 512 network alone, `pipeline` the
published inference (`faithful`) around it, at SIDE. Contenders take turns; times are CPU seconds of this process;
multiply-accumulates are counted by torch; the peak is torch's own float32 matrix product. Results go to
`benchmarks/results/hifill_speed.json`.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import torch
from _machine import write_result
from _turns import Calls, largest_differences, measure, print_table, quarter_hole
from torch import Tensor
from torch.nn import functional as F

from harness_hifill.attention import CELL, SCALE, SMALLEST_NORM, valid_keys
from harness_hifill.network import Gated, HiFill
from harness_hifill.pipeline import blend, enlarged, hole_cells, prepare
from harness_hifill.sampling import double, pad_same, resize

BAR = 2.0  # one thread, at 512: official order over ours
NETWORK_SIDE = 512
TOLERANCE = 2e-4
OURS, OFFICIAL_ORDER = "ours", "official order"


def plain_gated(unit: Gated, x: Tensor) -> Tensor:
    """Padding, feature and gate one after the other."""
    padded = pad_same(x, unit.kernel, unit.stride, unit.rate)
    seen = padded if unit.gate.kernel_size == unit.feat.kernel_size else x
    return torch.sigmoid(unit.gate(seen)) * F.elu(unit.feat(padded))


def patches(image: Tensor, kernel: int, stride: int, before: int, after: int) -> Tensor:
    """Kernels ``[count, C, kernel, kernel]`` cut from ``[1, C, H, W]``, zero-padded."""
    padded = F.pad(image, (before, after, before, after))
    return F.unfold(padded, kernel, stride=stride)[0].T.reshape(-1, image.shape[1], kernel, kernel)


def fused(scores: Tensor, side: int) -> Tensor:
    """Scores ``[1, keys, side, side]`` through a 3x3 identity kernel, row-major and then column-major."""
    kernel, cells = torch.eye(3).view(1, 1, 3, 3), side * side
    table = scores.permute(0, 2, 3, 1).reshape(1, 1, cells, cells)
    for _ in range(2):
        table = F.conv2d(table, kernel, padding=1).view(1, side, side, side, side)
        table = table.permute(0, 2, 1, 4, 3).reshape(1, 1, cells, cells)
    return table.view(1, side, side, cells).permute(0, 3, 1, 2)


class OfficialOrder:
    """The published forward and inference, written down: what is optimised is measured against it."""

    def __init__(self, network: HiFill) -> None:
        self.network = HiFill(network.config).eval()
        self.network.load_state_dict(network.state_dict())
        for unit in self.network.children():
            if isinstance(unit, Gated):
                unit.forward = partial(plain_gated, unit)  # type: ignore[method-assign]

    def __call__(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Refined picture and attention ``[1, keys, rows, cols]``."""
        start = self.network.start(image, mask)
        composed = self.network.coarse(start, mask) * mask + start * (1 - mask)
        half, quarter, eighth = self.network.encode(composed, mask)
        attention = self.attend(eighth, mask)
        pasted = F.conv_transpose2d(attention, patches(eighth, 3, 2, 0, 1), stride=2)[..., :-1, :-1]
        x = self._through(torch.cat([eighth, self._through(pasted, "re_att_64_att1")], 1), "re_att_64_att3")
        for scale, skip in ((128, quarter), (256, half)):
            x = self._through(double(x), f"re_de_up__{scale}", f"re_de_conv_{scale}")
            moved = self._through(transferred(attention, skip), f"re_de_att_{scale}_1", f"re_de_att_{scale}_2")
            x = torch.cat([moved, x], 1)
        return self._through(double(x), "re_de_toRGB__256").clamp(-1, 1), attention

    def _through(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = self.network.get_submodule(name)(x)
        return x

    @staticmethod
    def attend(features: Tensor, mask: Tensor) -> Tensor:
        """Convolution with normalised patches, fusion, softmax over the keys."""
        thin = features[..., ::2, ::2]
        side = thin.shape[-1]
        keys = patches(thin, 3, 1, 1, 1)
        norm = keys.square().sum((1, 2, 3), keepdim=True).sqrt().clamp(min=SMALLEST_NORM)
        scores = fused(F.conv2d(thin, keys / norm, padding=1), side)
        valid = valid_keys(mask).view(1, -1, 1, 1)
        return torch.softmax(scores * valid * SCALE, 1) * valid

    def inference(self, raw: Tensor, hole: Tensor) -> Tensor:
        """The published `test.py` on ``[3, H, W]``, H = W a multiple of 512: nothing is left out."""
        side = raw.shape[-1]
        times = side // NETWORK_SIDE
        small = F.avg_pool2d(raw[None], times)
        small_hole = hole[None, :, ::times, ::times]
        refined, attention = self(small, small_hole)
        known = 1 - small_hole.repeat_interleave(times, 2).repeat_interleave(times, 3)
        residual = (raw[None] - resize(small, side, side)) * known
        cell = CELL * times
        pasted = F.conv_transpose2d(attention, patches(residual, cell, cell, 0, 0), stride=cell)
        canvas = (resize(refined, side, side) + pasted).clamp(-1, 1)[0]
        large = prepare(raw, hole, NETWORK_SIDE, times, "places2", faithful=True)
        return blend(large, canvas)


def transferred(attention: Tensor, skip: Tensor) -> Tensor:
    """Patches of two cells a side at a stride of one, overlaps summed."""
    cell = skip.shape[-1] // attention.shape[-1]
    edge = cell // 2
    pasted = F.conv_transpose2d(attention, patches(skip, 2 * cell, cell, edge, edge), stride=cell)
    return pasted[..., edge:-edge, edge:-edge]


def network_calls(network: HiFill, plain: OfficialOrder) -> Calls:
    """The network alone; compared in the hole, which is all that the composite takes of it."""
    image, mask = quarter_hole(NETWORK_SIDE)
    return {
        OURS: lambda: torch.where(mask > 0, network.fill(image, mask).refined, image),
        OFFICIAL_ORDER: lambda: torch.where(mask > 0, plain(image, mask)[0], image),
    }


def pipeline_calls(network: HiFill, plain: OfficialOrder, side: int) -> Calls:
    """The published inference on a picture of ``side``, blend included."""
    image, mask = (tensor[0] for tensor in quarter_hole(side))

    def ours() -> Tensor:
        large = prepare(image, mask, NETWORK_SIDE, side // NETWORK_SIDE, "places2", faithful=True)
        stages = network.fill(large.small[None], large.small_hole[None])
        return blend(large, enlarged(large, stages.refined[0], stages.attention[0], hole_cells(large)))

    return {OURS: ours, OFFICIAL_ORDER: lambda: plain.inference(image, mask)}


def run(title: str, calls: Calls, threads: int, repeats: int, bar: float | None) -> dict[str, Any]:
    """Measure one pair; raises `SystemExit` where they do not agree."""
    torch.set_num_threads(threads)
    difference = largest_differences(calls, OURS, [OFFICIAL_ORDER], TOLERANCE)[OFFICIAL_ORDER]
    table = measure(calls, repeats)
    ratio = table[OFFICIAL_ORDER]["cpu_min_s"] / table[OURS]["cpu_min_s"]
    print_table(f"{title}, {threads} thread(s)", table)
    print(f"  ratio {ratio:.2f} (bar {bar or 'none'}), largest difference {difference:.1e}")
    return {"title": title, "threads": threads, "table": table, "difference": difference, "ratio": ratio, "bar": bar}


@torch.no_grad()
def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024], help="of the pipeline")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    torch.manual_seed(0)
    network = HiFill().eval()
    for unit in network.children():
        if isinstance(unit, Gated):  # the default weights nearly silence a gated network
            torch.nn.init.normal_(unit.feat.weight, std=2 * unit.feat.weight[0].numel() ** -0.5)
    plain = OfficialOrder(network)
    runs = []
    for threads in given.threads:
        one = threads == 1
        pairs = [("network 512", network_calls(network, plain), BAR if one else None)]
        for side in given.sizes:
            bar = BAR if one and side == NETWORK_SIDE else None
            pairs.append((f"pipeline {side}", pipeline_calls(network, plain, side), bar))
        runs += [run(title, calls, threads, given.repeats, bar) for title, calls, bar in pairs]
    write_result("hifill_speed", {"repeats": given.repeats, "runs": runs})


if __name__ == "__main__":
    main()

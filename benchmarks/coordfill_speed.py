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
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from _machine import machine
from _turns import Calls, Table, largest_differences, measure, print_table, quarter_hole

from harness_coordfill.network import CoordFill

RESULT = Path(__file__).parent / "results" / "coordfill_speed.json"
BARS = {1024: 2.5, 2048: 5.0}  # one thread: all pixels over hole tiles
TOLERANCE = 2e-4
HOLE_TILES, ALL_PIXELS, ALL_CHUNKED = "hole tiles", "all pixels", "all pixels, in chunks"
ENCODER, OFFICIAL, OFFICIAL_HOLE = "encoder alone", "official forward", "official mask_predict"


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


def contenders(ours: CoordFill, official: Any, side: int) -> Calls:
    """What is timed at one size, by name."""
    image, mask = quarter_hole(side)
    layout, everything = ours.layout(side, side), torch.ones_like(mask)
    calls: Calls = {
        ENCODER: lambda: ours.encode(image, mask, layout),
        HOLE_TILES: lambda: ours.fill(image, mask, faithful=True).composite,
        ALL_PIXELS: lambda: torch.where(mask > 0, ours.all_pixels(image, mask, faithful=True), image),
        ALL_CHUNKED: lambda: ours.fill(image, everything, faithful=True).composite,
    }
    if official is not None:
        pair = (image, 1 - mask)
        calls |= {OFFICIAL: lambda: official(pair), OFFICIAL_HOLE: lambda: official.mask_predict(pair)}
    return calls


def bars(table: Table, side: int) -> dict[str, Any]:
    """The required and the measured ratio at one size on one thread."""
    ratio = table[ALL_PIXELS]["cpu_min_s"] / table[HOLE_TILES]["cpu_min_s"]
    return {"side": side, "required": BARS[side], "measured": ratio, "met": ratio >= BARS[side]}


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
            others = [name for name in (ALL_PIXELS, OFFICIAL, OFFICIAL_HOLE) if name in calls]
            differences = largest_differences(calls, HOLE_TILES, others, TOLERANCE)
            table = measure(calls, given.repeats)
            print_table(f"{side} x {side}, {threads} thread(s)", table)
            result["runs"].append({"side": side, "threads": threads, "table": table, "differences": differences})
            if threads == 1 and side in BARS:
                result["bars"].append(bars(table, side))
    print("\n" + "\n".join(f"bar {b['side']}: {b['measured']:.2f}x of {b['required']}x" for b in result["bars"]))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()

"""What the harness adds to a bare loop over the same decode, forward, metric and encode.

    OMP_NUM_THREADS=1 python benchmarks/overhead.py [--repeats 5]

Both sides call the same functions equally often: the data set's `load`, the mask set's `draw`, the method, the metric
classes, and OpenCV's PNG encoder with a file written for every output, mask and (once a photograph) truth. The harness
side is `execute`, as `harness run` calls it. Sides take turns (A B A B …). What a run does once (manifest, summary,
sealing) is taken out by measuring runs of the same photographs with one mask and with several: the cost of a sample
is the difference over the further samples. CPU seconds are user and system, of all threads.

Bars: at most 1 ms of CPU a sample more than the bare loop; where a forward pass takes 50 ms or more, at least 98 % of
its throughput.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from _machine import cpu_seconds, print_rows, write_result
from numpy.typing import NDArray

from harness.interfaces import Batch, MetricBatch
from harness.metrics.regions import region_mask
from harness.plugins import load_target, registry
from harness.references import parse_metric
from harness.runner import Plan
from harness.runner.api import plan_run
from harness.runner.call import to_tensor
from harness.runner.execute import execute
from harness.runner.measure import composite_of, round_to_8bit
from harness.runner.plan import build_dataset, build_mask_set
from harness.runner.units import Unit

METRICS = ("psnr@hole", "ssim@hole", "l1@hole", "psnr")
MASKS = "irregular-6"
CASES = {"mean": (6, 6), "coordfill@random": (2, 6)}  # method: photographs, masks of each
BAR_MS, BAR_RATIO, SLOW_MS = 1.0, 0.98, 50.0


class Spent(NamedTuple):
    """Seconds of one call."""

    cpu: float
    wall: float

    def __sub__(self, other: Spent) -> Spent:  # type: ignore[override]
        return Spent(self.cpu - other.cpu, self.wall - other.wall)

    def per(self, samples: int) -> Spent:
        """A sample's share."""
        return Spent(self.cpu / samples, self.wall / samples)


def timed(call: Callable[[], object]) -> Spent:
    """Run once."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    call()
    return Spent(cpu_seconds() - cpu, time.perf_counter() - wall)


def plan(method: str, photographs: int, masks: int) -> Plan:
    """The demo suite's photographs with some masks each."""
    made = plan_run("demo", [method], limit=photographs, device="cpu", keep="all")
    task = dataclasses.replace(made.tasks[0], maskset=MASKS, masks=masks, metrics=METRICS)
    return dataclasses.replace(made, tasks=(task,))


def harness_side(planned: Plan) -> None:
    """The whole run into an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        execute(planned, Path(folder) / "run")


def _save(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.write_bytes(cv2.imencode(".png", pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1].tobytes())


def bare_side(planned: Plan) -> None:
    """What a script without a harness would do, and nothing else."""
    task, known = planned.tasks[0], registry()
    photos, masks = build_dataset(task.dataset, known), build_mask_set(task.maskset, known)
    method = planned.entries[0].build("cpu")
    columns = [(*parse_metric(column), column) for column in METRICS]
    judges = [(load_target(known.metric(n))(device="cpu", region=r), n, r, c) for n, r, c in columns]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for image in photos.ids()[: task.limit]:
            for k in range(task.masks):
                sample = photos.load(image)
                hole = masks.draw(sample, k)
                truth, mask = to_tensor([Unit(image, image, sample.image, hole, None, "", "", "")], "cpu")
                assert mask is not None
                with torch.inference_mode():
                    batch = Batch((image,), truth * (1 - mask), mask, target_size=(256, 256), seeds=(0,))
                    output, levels = round_to_8bit(method.inpaint(batch).image)
                    rows.append(score(judges, image, output, truth, mask))
                _save(Path(folder) / f"{image}-{k}.png", cv2.merge(list(levels[0].numpy())))
                _save(Path(folder) / f"{image}-{k}-mask.png", hole.astype(np.uint8) * 255)
                if k == 0:
                    _save(Path(folder) / f"{image}-truth.png", sample.image)
    assert len(rows) == task.limit * task.masks


def score(
    judges: Sequence[tuple[Any, str, str, str]],
    image: str,
    output: torch.Tensor,
    truth: torch.Tensor,
    mask: torch.Tensor,
) -> dict[str, float]:
    """Every metric of one output."""
    composite = composite_of(output, truth, mask)
    regions: Mapping[str, Any] = {"": None, "hole": region_mask(mask, "hole")}
    return {
        column: float(judge(MetricBatch((image,), composite, truth, mask, regions[region]))[name])
        for judge, name, region, column in judges
    }


def measure(method: str, photographs: int, masks: int, repeats: int) -> dict[str, Any]:
    """Cost a sample of both sides over interleaved repeats."""
    small, large = plan(method, photographs, 1), plan(method, photographs, masks)
    further = photographs * (masks - 1)
    sides = {"harness": harness_side, "bare": bare_side}
    for side in sides.values():
        side(small)  # what happens once a process: imports, caches
    cost: dict[str, list[Spent]] = {name: [] for name in sides}
    once = []
    for _ in range(repeats):
        for name, side in sides.items():
            little, much = timed(lambda side=side: side(small)), timed(lambda side=side: side(large))
            cost[name].append((much - little).per(further))
            if name == "harness":
                once.append(little.cpu - photographs * cost[name][-1].cpu)
    return summary(method, cost, once, further)


def _both(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values)}


def summary(method: str, cost: Mapping[str, Sequence[Spent]], once: Sequence[float], samples: int) -> dict[str, Any]:
    """Figures of one method, in milliseconds a sample."""
    cpu = {name: _both([1e3 * spent.cpu for spent in spents]) for name, spents in cost.items()}
    wall = {name: _both([1e3 * spent.wall for spent in spents]) for name, spents in cost.items()}
    paired = [1e3 * (h.cpu - b.cpu) for h, b in zip(cost["harness"], cost["bare"], strict=True)]
    overhead = {"of minima": cpu["harness"]["min"] - cpu["bare"]["min"], "median of pairs": statistics.median(paired)}
    found = {
        "method": method,
        "samples_a_repeat": samples,
        "cpu_ms": cpu,
        "wall_ms": wall,
        "overhead_ms": overhead,
        "pairs_ms": paired,
        "once_a_run_s": statistics.median(once),
        "throughput_ratio": {
            "cpu": cpu["bare"]["min"] / cpu["harness"]["min"],
            "wall": wall["bare"]["min"] / wall["harness"]["min"],
        },
    }
    if cpu["bare"]["min"] < SLOW_MS:
        return found | {"bar": f"<= {BAR_MS} ms a sample", "met": overhead["of minima"] <= BAR_MS}
    return found | {"bar": f">= {BAR_RATIO:.0%} of throughput", "met": found["throughput_ratio"]["wall"] >= BAR_RATIO}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--method", choices=CASES, action="append", help="only this one; default both")
    given = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = [measure(method, *CASES[method], given.repeats) for method in given.method or CASES]
    rows = [
        [
            row["method"],
            *(f"{row['cpu_ms'][side]['min']:.2f}" for side in ("bare", "harness")),
            f"{row['overhead_ms']['of minima']:+.2f}",
            f"{row['overhead_ms']['median of pairs']:+.2f}",
            f"{row['throughput_ratio']['cpu']:.1%}",
            f"{row['throughput_ratio']['wall']:.1%}",
            row["bar"],
            "met" if row["met"] else "MISSED",
        ]
        for row in found
    ]
    head = ["method", "bare ms", "harness ms", "of minima", "of pairs", "CPU ratio", "wall ratio", "bar", ""]
    print_rows("CPU a sample, and what the harness adds to it", head, rows)
    write_result("overhead", {"repeats": given.repeats, "rows": found})


if __name__ == "__main__":
    main()

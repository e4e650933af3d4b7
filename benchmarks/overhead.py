"""What the harness adds to a bare loop over the same decode, forward, metric and encode.

    OMP_NUM_THREADS=1 python benchmarks/overhead.py [--repeats 5]

Both sides call the same functions equally often: the data set's `load`, the mask set's `draw`, the method, the metric
classes, and OpenCV's PNG encoder with a file written for every output, mask and (once a photograph) truth. The harness
side is `execute`, as `harness run` calls it. Sides take turns (A B C A B C …), each in a process of its own on one
processor. What a run does once (manifest, summary, sealing) is taken out by measuring runs of the same photographs
with one mask and with several: the cost of a sample is the difference over the further samples. CPU seconds are user
and system, of all threads.

The engine has the C library keep freed memory, which a plain script has not; so there are two bare loops, one as
anybody would write it, which the bar is about, and one with that setting, which shows the engine's own work alone.

Bars: at most 1 ms of CPU a sample more than the bare loop; where a forward pass takes 50 ms or more, at least 98 % of
its throughput.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
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
from harness.runner.memory import keep_freed
from harness.runner.plan import build_dataset, build_mask_set
from harness.runner.units import Unit

METRICS = ("psnr@hole", "ssim@hole", "l1@hole", "psnr")
MASKS = "irregular-6"
CASES = {"mean": (6, 6), "coordfill@random": (2, 6)}  # method: photographs, masks of each
HARNESS, BARE, KEPT = SIDES = ("harness", "bare loop", "bare loop, memory kept")
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


def serve(side: str, method: str) -> None:
    """Child: measure once for every line of stdin."""
    photographs, masks = CASES[method]
    small, large = plan(method, photographs, 1), plan(method, photographs, masks)
    if side == KEPT:
        keep_freed()
    run = harness_side if side == HARNESS else bare_side
    run(small)  # what happens once a process: imports, caches
    for _ in sys.stdin:
        little, much = timed(lambda: run(small)), timed(lambda: run(large))
        cost = (much - little).per(photographs * (masks - 1))
        print(json.dumps([*cost, little.cpu - photographs * cost.cpu]), flush=True)


def measure(method: str, repeats: int) -> dict[str, Any]:
    """Cost a sample of all sides over interleaved repeats."""
    cost: dict[str, list[Spent]] = {side: [] for side in SIDES}
    once = []
    with ExitStack() as stack:
        children = {side: stack.enter_context(_child(side, method)) for side in SIDES}
        for _ in range(repeats):
            for side, child in children.items():
                cpu, wall, rest = _ask(child)
                cost[side].append(Spent(cpu, wall))
                if side == HARNESS:
                    once.append(rest)
    photographs, masks = CASES[method]
    return summary(method, cost, once, photographs * (masks - 1))


def _child(side: str, method: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--serve", side, "--method", method]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ask(child: subprocess.Popen[str]) -> list[float]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("\n")
    child.stdin.flush()
    return list(json.loads(child.stdout.readline()))


def _both(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values)}


def summary(method: str, cost: Mapping[str, Sequence[Spent]], once: Sequence[float], samples: int) -> dict[str, Any]:
    """Figures of one method, in milliseconds a sample."""
    cpu = {name: _both([1e3 * spent.cpu for spent in spents]) for name, spents in cost.items()}
    wall = {name: _both([1e3 * spent.wall for spent in spents]) for name, spents in cost.items()}
    overhead = {
        against: {
            "of minima": cpu[HARNESS]["min"] - cpu[against]["min"],
            "median of pairs": statistics.median(
                1e3 * (h.cpu - b.cpu) for h, b in zip(cost[HARNESS], cost[against], strict=True)
            ),
            "cpu ratio": cpu[against]["min"] / cpu[HARNESS]["min"],
            "wall ratio": wall[against]["min"] / wall[HARNESS]["min"],
        }
        for against in (BARE, KEPT)
    }
    slow = cpu[BARE]["min"] >= SLOW_MS
    for row in overhead.values():
        row["met"] = row["wall ratio"] >= BAR_RATIO if slow else row["of minima"] <= BAR_MS
    return {
        "method": method,
        "samples_a_repeat": samples,
        "cpu_ms": cpu,
        "wall_ms": wall,
        "overhead": overhead,
        "once_a_run_s": statistics.median(once),
        "bar": f">= {BAR_RATIO:.0%} throughput" if slow else f"<= {BAR_MS} ms",
        "met": overhead[BARE]["met"],
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--method", choices=CASES, help="only this one")
    parser.add_argument("--serve", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if given.serve:
        serve(given.serve, given.method)
        return
    found = [measure(method, given.repeats) for method in ([given.method] if given.method else CASES)]
    rows = [
        [
            row["method"] if against == BARE else "",
            against,
            f"{row['cpu_ms'][against]['min']:.2f}",
            f"{row['cpu_ms'][HARNESS]['min']:.2f}",
            f"{over['of minima']:+.2f}",
            f"{over['median of pairs']:+.2f}",
            f"{over['cpu ratio']:.1%}",
            f"{over['wall ratio']:.1%}",
            row["bar"],
            "met" if over["met"] else "missed",
        ]
        for row in found
        for against, over in row["overhead"].items()
    ]
    head = ["method", "against", "its ms", "harness ms", "of minima", "of pairs", "CPU ratio", "wall ratio", "bar", ""]
    print_rows("CPU a sample, and what the harness adds to it", head, rows)
    if not given.method:
        write_result("overhead", {"repeats": given.repeats, "rows": found})


if __name__ == "__main__":
    main()

"""What every method of a suite costs: CPU seconds of one thread for method, metrics, encoding and writing.

    OMP_NUM_THREADS=1 python benchmarks/suite_cost.py demo inpainting

Writes `results/suite_cost.json`, which `tests/suites/test_cost.py` holds to what the suites promise.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from _machine import RESULTS, machine

import harness
from harness.plugins import registry
from harness.runner.progress import Silent
from harness.suites import load_suite

FILE = RESULTS / "suite_cost.json"


class Meter(Silent):
    """CPU seconds of every entry, added up over the tasks."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def cell(self, entry: str, task: str) -> None:
        self.began = time.process_time()

    def cell_done(self, entry: str, task: str, result: object, seconds: float) -> None:
        self.seconds[entry] = self.seconds.get(entry, 0.0) + time.process_time() - self.began


def measure(name: str, limit: int) -> dict[str, Any]:
    """One suite, its default methods, the first `limit` pictures of a task or all that are here.

    The first entry also pays for what the truths need.
    """
    suite, meter = load_suite(registry().suite(name)), Meter()
    with tempfile.TemporaryDirectory() as folder:
        run = harness.run(name, device="cpu", out=Path(folder), report=False, progress=meter, limit=limit)
        failed = run.records[~run.records["status"].isin(["ok", "skipped"])]
        assert failed.empty, failed
    spent = {re.sub(r"@[^\[]*", "", entry): seconds for entry, seconds in meter.seconds.items()}
    seconds = {method: round(spent[method], 2) for method in suite.methods}
    for method, cost in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"{name}  {method:16} {cost:6.1f} s")
    samples = int(run.records["entry"].value_counts().max())
    few = {} if not limit else {"limit": limit}
    return {"version": suite.version, "samples": samples, "seconds": seconds, "machine": machine(), **few}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks/suite_cost.py", description=__doc__)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--limit", type=int, default=0, help="pictures a task, where all are too many; kept")
    options = parser.parse_args()
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in options.suites:
        kept[name] = measure(name, options.limit)
        FILE.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    if os.environ.get("OMP_NUM_THREADS") != "1":
        raise SystemExit("one thread, please: what a second one burns waiting is no cost: OMP_NUM_THREADS=1")
    main()

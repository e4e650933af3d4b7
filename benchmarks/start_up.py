"""CPU that `harness --help`, `list` and `show` need beyond the interpreter's own start.

    python benchmarks/start_up.py [--repeats 10]

Every command runs in a process of its own, in turns with `python -c pass`; user and system seconds of the process.
Bar: 0.15 s. (`tests/test_house.py` holds 0.25 s everywhere.)
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

from _machine import print_rows, write_result

BARE = ("-c", "pass")
COMMANDS = (("--help",), ("list",), ("show", "coordfill"))
BAR_S = 0.15


def cpu_of(arguments: tuple[str, ...]) -> float:
    """User and system seconds of `python ARGUMENTS`. Raises `CalledProcessError` where it fails."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10)
    repeats = parser.parse_args().repeats
    sides = {"python -c pass": BARE} | {f"harness {' '.join(c)}": ("-m", "harness", *c) for c in COMMANDS}
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, arguments in sides.items():
            spent[name].append(cpu_of(arguments))
    bare = min(spent["python -c pass"]), statistics.median(spent["python -c pass"])
    found = [
        {
            "command": name,
            "cpu_s": {"min": min(times), "median": statistics.median(times)},
            "beyond_start_s": {"min": min(times) - bare[0], "median": statistics.median(times) - bare[1]},
            "met": min(times) - bare[0] <= BAR_S,
        }
        for name, times in spent.items()
    ]
    rows = [
        [
            str(row["command"]),
            *(f"{row[key][which]:.3f}" for key in ("cpu_s", "beyond_start_s") for which in ("min", "median")),  # type: ignore[index]
            "met" if row["met"] else "MISSED",
        ]
        for row in found[1:]
    ]
    head = ["command", "CPU s min", "median", "beyond min", "median", f"<= {BAR_S} s"]
    print_rows(f"CPU of a start; the interpreter alone {bare[0]:.3f} s", head, rows)
    write_result("start_up", {"repeats": repeats, "bar_s": BAR_S, "rows": found})


if __name__ == "__main__":
    main()

"""The reference runs that ship in leaderboards/: `python -m tools.reference_runs`, and nothing else, makes them.

Every registered suite of which any data are here is run once on this machine's processor, with its own methods; demo
also with random weights of each method that has an official size, for timing only (by size of the picture: `harness
bench`). What comes out takes its place on the shipped boards. Each command is printed before it runs
and its duration after it. All runs come before any board, so that a clean checkout stays one until the last of them.
Runs lie in `runs/reference-SUITE`: a command that was interrupted goes on there, so call this again; `--fresh` starts
anew. For seconds that mean something, leave the machine alone.

    python -m tools.reference_runs                  every suite, about 45 minutes on 2 cores
    python -m tools.reference_runs demo             only this one
    python -m tools.reference_runs --commands       print the commands, run nothing
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

from harness.plugins import Registry, registry
from harness.runner.plan import source_skip
from harness.specs import MethodSpec
from harness.suites import Suite, load_suite

ROOT = Path(__file__).parents[1]
BOARDS = "leaderboards/harness_leaderboards"
TIMED = ("demo",)
"""With random weights too; a larger suite would ship rows and features of 78 samples a method for its seconds alone."""
MEGABYTES = {"inpainting": 1.6, "removal": 1.0, "translation": 0.6}
"""What a board may take of the checkout, which has 48 for everything, before it keeps no picture; another one 0.8."""
UNSHIPPED = frozenset({"fiqa", "iqa"})
"""Suites run without a board: fiqa's would take 5 MB, for two recognisers' vectors and ten entries of 900 rows; iqa's
takes half a megabyte for four entries of 720 rows, and a minute to make."""


def timed_at_random(suite: Suite, known: Registry) -> list[str]:
    """`NAME@random` of each learned method of a suite: its official size, whose weights need not be here."""
    specs = [known.method(name.partition("@")[0].partition("[")[0]) for name in suite.methods]
    learned = [spec for spec in specs if isinstance(spec, MethodSpec)]
    return [f"{s.name}@random" for s in learned if any(w.name == "random" for w in s.weights)]


def commands(name: str, known: Registry, *, fresh: bool = False) -> tuple[list[str], list[str]]:
    """The run of one suite, and what puts it on its board."""
    suite = load_suite(known.suite(name))
    methods = [*suite.methods, *(timed_at_random(suite, known) if name in TIMED else ())]
    folder = f"runs/reference-{name}"
    named = [word for method in methods for word in ("-m", method)]
    run = ["run", "--suite", name, *named, "--device", "cpu", "--keep", "all", "--out", folder]
    room = ["--megabytes", f"{MEGABYTES.get(name, 0.8):g}"]
    return run + ["--fresh"] * fresh, ["leaderboard", "add", folder, "--root", BOARDS, "--replace", *room]


def runnable(known: Registry) -> list[str]:
    """Suites of which some task has its pictures here; tasks that lack theirs are skipped, and said to be."""
    suites = [load_suite(known.suite(spec.name)) for spec in known.all("suites")]
    return [suite.name for suite in suites if not all(source_skip(task, known) for task in suite.tasks)]


def main() -> int:
    """Make them. Returns the exit code of the first command that failed, 0 for none."""
    known = registry()
    asking = argparse.ArgumentParser(prog="python -m tools.reference_runs", description=__doc__.splitlines()[0])
    asking.add_argument("suites", nargs="*", metavar="SUITE", help="default: every registered one")
    asking.add_argument("--fresh", action="store_true", help="start the runs anew")
    asking.add_argument("--commands", action="store_true", help="print the commands, run nothing")
    asked = asking.parse_args()
    names = asked.suites or runnable(known)
    made = {name: commands(name, known, fresh=asked.fresh) for name in names}
    boards = [board for name, (_, board) in made.items() if name not in UNSHIPPED]
    for words in (*(run for run, _ in made.values()), *boards):
        print(f"$ harness {shlex.join(words)}", flush=True)
        if not asked.commands and (code := _call(words)):
            return code
    return 0


def _call(words: list[str]) -> int:
    """One command of ours, with its duration."""
    began = time.monotonic()
    code = subprocess.run([sys.executable, "-m", "harness", *words], cwd=ROOT, check=False).returncode
    print(f"{time.monotonic() - began:.0f} s, exit code {code}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

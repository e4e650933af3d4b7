"""Timings as `harness bench` would write them, made up: for tests of what reads them."""

from __future__ import annotations

from harness.store.timings import Inputs, Spent, Timed, TimedEntry, Timings, Trained

HARDWARE = {
    "host": "here", "processor": "Example CPU", "cores": 2, "threads": 1, "memory_gb": 16.0, "system": "Linux",
    "python": "3.11.2", "load": 0.2,
}  # fmt: skip


def spent(median: float) -> Spent:
    return Spent(0.8 * median, median, 0.8 * median, 1.5 * median)


def entry(reference: str, kind: str = "", parameters_m: float | None = None) -> TimedEntry:
    weights = "a" * 64 if kind in ("official", "mini") else ""
    return TimedEntry(reference, reference, reference.partition("@")[0], "1", kind, weights, parameters_m, "b" * 64)


def row(reference: str, side: int, median: float) -> Timed:
    return Timed(reference, side, 5, spent(median), spent(0.9 * median), 10 * median)


def refused(reference: str, side: int, why: str) -> Timed:
    return Timed(reference, side, 0, None, None, None, why)


def timings(entries: tuple[TimedEntry, ...] = (), rows: tuple[Timed, ...] = ()) -> Timings:
    """One classical method, an official size with random weights, a mini; at three sizes, one of them refused."""
    return Timings(
        argv=("harness", "bench", "telea", "coordfill"),
        started="2026-11-28T04:00:00+00:00",
        device="cpu",
        repeats=5,
        coverage=0.9375,
        hole=0.25,
        inputs=Inputs("photos", "1", "c" * 64, ("china", "coffee"), "the middle of each"),
        load_ended=0.9,
        hardware=HARDWARE,
        packages={"torch": "2.11.0"},
        git={"commit": "d" * 40, "dirty": False},
        entries=entries
        or (entry("telea"), entry("coordfill@random", "random", 31.6), entry("coordfill@mini", "mini", 0.5)),
        rows=rows
        or (
            *(row("telea", side, side**2 * 1e-6) for side in (256, 512)),
            refused("telea", 1024, "RuntimeError: can't allocate memory"),
            *(row("coordfill@random", side, 1 + side / 512) for side in (256, 512, 1024)),
            *(row("coordfill@mini", side, 0.1 + side / 5120) for side in (256, 512, 1024)),
        ),
    )


def trained(reference: str, side: int, median: float) -> Trained:
    return Trained(reference, "mini", side, 1, 5, spent(median), 100 * median)


def untrained(reference: str, side: int, why: str) -> Trained:
    return Trained(reference, "mini", side, 1, 0, None, None, why)

"""Training steps by size: a real recipe, kept in the file, drawn and told; what cannot be trained says why."""

from __future__ import annotations

from pathlib import Path

import harness
from harness.store.schema import problems
from harness.store.timings import read_timings


def test_a_step_of_a_real_recipe_is_timed_at_each_size_and_kept(tmp_path: Path) -> None:
    methods = ["telea", "coordfill@mini"]
    done = harness.bench(methods, sizes=[256, 64], repeats=1, threads=1, device="cpu", train="mini")
    small, large = done.training
    assert [(row.entry, row.recipe, row.side, row.batch, row.calls) for row in (small, large)] == [
        ("coordfill@mini", "mini", 64, 1, 1),
        ("coordfill@mini", "mini", 256, 1, 1),
    ]
    assert small.wall is not None
    assert large.wall is not None
    assert small.wall.median > 0
    assert large.peak_mb is None or small.peak_mb is None or large.peak_mb > small.peak_mb > 0
    done.write(tmp_path / "speed.json")
    assert read_timings(tmp_path / "speed.json") == done
    assert list(problems("bench", done.to_dict())) == []


def test_what_cannot_be_trained_here_is_a_row_with_the_reason() -> None:
    done = harness.bench("coordfill@mini", sizes=[64, 96], repeats=1, threads=1, device="cpu", train="huge")
    (row,) = done.training
    assert row.wall is None
    assert "huge" in row.why
    assert "harness train coordfill --recipe mini|paper" in row.why


def test_a_larger_size_is_not_asked_of_a_step_that_took_too_long() -> None:
    done = harness.bench(
        "coordfill@mini", sizes=[64, 96], repeats=1, threads=1, device="cpu", train="mini", patience=1e-6
    )
    small, large = done.training
    assert small.wall is not None
    assert large.wall is None
    assert large.why.startswith("not asked: a step took ")
    assert large.why.endswith(" s at 64 px, patience 1e-06 s")

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.stats.summary import summarise

Make = Callable[..., Any]
HARMONIC = {"psnr@hole": 25.0, "feat_efl0@hole": 0.5, "hf_ratio@hole": 0.2}
GOOD = {"psnr@hole": 28.0, "feat_efl0@hole": 0.3, "hf_ratio@hole": 0.9}
BAD = {"psnr@hole": 20.0, "feat_efl0@hole": 0.8, "hf_ratio@hole": 0.2}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"optimises": ["psnr"]}, "optimises psnr"),
        ({"tags": ["oracle"]}, "oracle: given what the others must find"),
        ({"kind": "random"}, "random weights"),
    ],
)
def test_what_must_not_be_ranked_is_shown_unranked(
    make_entry: Make, make_manifest: Make, make_records: Make, change: dict[str, Any], why: str
) -> None:
    manifest = make_manifest([make_entry("a"), make_entry("b"), make_entry("odd", **change)], n=36)
    [task] = summarise(make_records({"a": GOOD, "b": BAD, "odd": GOOD}), manifest).tasks
    odd = next(s for s in task.standings if s.entry == "odd")
    assert (odd.ranked, odd.rank, odd.why_unranked) == (False, None, why)
    assert [s.rank for s in task.standings if s.ranked] == [1, 2]
    assert next(c for c in task.cells if c.entry == "odd" and not c.subset).interval.n == 36
    assert len(task.pairs) == 1


def test_kinds_of_weights_never_share_a_table(make_entry: Make, make_manifest: Make, make_records: Make) -> None:
    entries = [
        make_entry("floor", tags=["floor"]), make_entry("paper", kind="official"), make_entry("small", kind="mini"),
        make_entry("dice", kind="random"),
    ]  # fmt: skip
    records = make_records({"floor": HARMONIC, "paper": GOOD, "small": {**GOOD, "psnr@hole": 27.0}, "dice": BAD})
    [task] = summarise(records, make_manifest(entries, n=36)).tasks
    assert task.tables() == ("official", "mini", "random")
    shown = {t: [(s.entry, s.rank) for s in task.standings if s.table == t] for t in task.tables()}
    assert shown == {
        "official": [("paper", 1), ("floor", 2)], "mini": [("small", 1), ("floor", 2)], "random": [("dice", None)],
    }  # fmt: skip
    assert {frozenset((p.a, p.b)) for p in task.pairs} == {frozenset(("floor", "paper")), frozenset(("floor", "small"))}


def test_floors_alone_have_a_table_without_heading(make_entry: Make, make_manifest: Make, make_records: Make) -> None:
    manifest = make_manifest([make_entry("floor", tags=["floor"]), make_entry("other")], n=36)
    [task] = summarise(make_records({"floor": HARMONIC, "other": BAD}), manifest).tasks
    assert task.tables() == ("",)

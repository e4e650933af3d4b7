from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.orders import median_by_order, order_coverage


@pytest.mark.parametrize("n", range(1, 11))
def test_coverage_counts_the_samples_whose_interval_holds_the_median(n: int) -> None:
    """Each value lies below or above the true median with the same chance: all 2ⁿ patterns, one by one."""
    for depth in range(1, n // 2 + 1):
        held = sum(depth <= sum(pattern) <= n - depth for pattern in product((0, 1), repeat=n))
        assert order_coverage(n, depth) == held / 2**n


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=40))
def test_the_interval_holds_the_median_and_consists_of_values_that_were_measured(values: list[float]) -> None:
    found = median_by_order(values)
    if len(values) < 5:
        assert (found.lo, found.hi, found.coverage) == (None, None, None)
        return
    assert found.lo is not None
    assert found.hi is not None
    assert found.coverage is not None
    assert found.lo <= found.value <= found.hi
    assert {found.lo, found.hi} <= set(values)
    assert found.coverage >= (0.95 if len(values) > 5 else 0.93)


def test_it_is_the_narrowest_that_reaches_the_level() -> None:
    found = median_by_order(list(range(1, 11)))
    assert (found.lo, found.hi) == (2, 9)
    assert found.coverage == pytest.approx(1 - 2 * 11 / 1024)
    assert order_coverage(10, 3) < 0.95

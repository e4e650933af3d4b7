from __future__ import annotations

import numpy as np

from harness.stats.cells import ratio_bins


def test_bins_hold_their_upper_edge() -> None:
    bins = dict(ratio_bins(np.array([0.05, 0.1, 0.1001, 0.6, 0.61, 1.0, np.nan])))
    assert {name: members.nonzero()[0].tolist() for name, members in bins.items()} == {
        "ratio:0-0.1": [0, 1], "ratio:0.1-0.2": [2], "ratio:0.5-0.6": [3], "ratio:0.6-1": [4, 5],
    }  # fmt: skip


def test_without_masks_there_is_no_bin() -> None:
    assert ratio_bins(np.full(3, np.nan)) == []

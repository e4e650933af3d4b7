"""Reading fixture sets: names, strides, tolerances; nothing is left out silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.testing.parity import (
    ParityError,
    Tolerance,
    compare,
    compare_statistics,
    draw_case,
    filled_state,
    read_arrays,
    read_set,
    tempered,
)

LABEL = ("case", "plain", "raw")
TIGHT = Tolerance(2e-4, 5e-5)


def test_array_names_give_variant_tensor_and_strides(tmp_path: Path) -> None:
    whole = np.arange(4 * 8 * 8.0).reshape(4, 8, 8)
    np.savez(
        tmp_path / "a.npz",
        feat_c2_s4=whole[::2, ::4, ::4],
        plain_raw=whole,
        tempered_x_y_s2=whole[:, ::2, ::2],
    )
    arrays = {array.name: array for array in read_arrays(tmp_path / "a.npz")}
    parsed = {(a.variant, a.tensor, a.channel_step, a.step) for a in arrays.values()}
    assert parsed == {(None, "feat", 2, 4), ("plain", "raw", 1, 1), ("tempered", "x_y", 1, 2)}
    for array in arrays.values():
        np.testing.assert_array_equal(array.cut(whole), array.values)


def test_a_name_outside_the_rule_and_an_unreadable_file_are_errors(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"Raw!": np.zeros(1)})
    (tmp_path / "b.npz").write_text("no archive")
    (tmp_path / "c.json").write_text('{"cases": {}}')
    for path in (tmp_path / "a.npz", tmp_path / "b.npz"):
        with pytest.raises(ParityError, match=path.name if path.stem == "b" else "Raw!"):
            read_arrays(path)
    with pytest.raises(ParityError, match="lacks state_dict"):
        read_set(tmp_path / "c.json", "cases", "state_dict")


def test_both_bounds_are_held() -> None:
    values = np.zeros(10_000)
    few, many, nan = values.copy(), values.copy(), values.copy()
    few[:5], many[:50], nan[0] = 1e-4, 1e-4, np.nan
    assert compare(LABEL, few, values, TIGHT).ok
    assert not compare(LABEL, many, values, TIGHT).ok
    assert not compare(LABEL, values + 3e-4, values, Tolerance(2e-4, 1)).ok
    assert not compare(LABEL, nan, values, TIGHT).ok
    with pytest.raises(ParityError, match="shape"):
        compare(LABEL, values, values[:-1], TIGHT)


def test_statistics_are_compared_by_name() -> None:
    ours = np.array([[[-1.0, 3.0]]])
    theirs = {"shape": [1, 1, 2], "mean": 1.0, "std": 2.0, "min": -1.0, "max": 3.0, "l1": 2.0}
    assert compare_statistics(LABEL, ours, theirs, 1e-9).max_abs == 0
    assert not compare_statistics(LABEL, ours, theirs | {"l1": 2.1}, 1e-3).ok
    with pytest.raises(ParityError, match="unknown statistics median"):
        compare_statistics(LABEL, ours, theirs | {"median": 1.0}, 1e-3)
    with pytest.raises(ParityError, match="shape"):
        compare_statistics(LABEL, ours[0], theirs, 1e-3)


def test_weights_are_filled_and_rescaled_by_pattern() -> None:
    state = filled_state({"a.weight": [3, 2], "a.bias": [3], "b.weight": [2, 2]}, "fill_torch")
    hot = tempered(state, {"*.weight": 2.0})
    np.testing.assert_array_equal(hot["b.weight"], 2 * state["b.weight"])
    np.testing.assert_array_equal(hot["a.bias"], state["a.bias"])
    with pytest.raises(ParityError, match="which no weight is called"):
        tempered(state, {"c.weight": 2.0})


def test_a_case_is_drawn_from_its_spec() -> None:
    spec = {"seed": 5, "size": [32, 48], "mask": "irregular", "input": "2*image-1"}
    image, mask = draw_case(spec)
    assert image.shape == (3, 32, 48)
    assert mask.shape == (1, 32, 48)
    assert -1 <= image.min() < 0 < image.max() < 1
    assert not np.array_equal(image, draw_case(spec | {"seed": 6})[0])

"""Which samples belong to a split hangs on their keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets.layouts import Place
from harness.datasets.picks import Drawn, Listed, Numbers, by_number
from harness.errors import HarnessError

KEYS = st.sets(st.integers(0, 10_000).map("k{:05d}".format), min_size=1, max_size=40)


@given(keys=KEYS, count=st.integers(1, 40), data=st.data())
def test_a_draw_is_the_same_in_any_order_and_a_larger_one_holds_it(
    keys: set[str], count: int, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(sorted(keys)))
    drawn = Drawn(count, len(keys), "salt").choose(shuffled, {})
    assert drawn == Drawn(count, len(keys), "salt").choose(sorted(keys), {})
    assert len(drawn.keys) == min(count, len(keys))
    assert drawn.absent == ()
    assert set(drawn.keys) <= set(Drawn(count + 1, len(keys), "salt").choose(shuffled, {}).keys)


def test_another_salt_draws_others_and_a_lack_is_told() -> None:
    keys = [f"k{n}" for n in range(100)]
    assert Drawn(10, 100, "a").choose(keys, {}).keys != Drawn(10, 100, "b").choose(keys, {}).keys
    assert Drawn(10, 120, "a").choose(keys, {}).absent == ("20 of the 120 that it is drawn from",)


def test_numbers_are_those_at_the_end_of_a_key() -> None:
    keys = ["cmp_b0060", "cmp_b0061", "cmp_b0001", "cmp_x", "3"]
    assert Numbers(1, 61).choose(keys, {}).keys == ("3", "cmp_b0001", "cmp_b0060")


@given(st.permutations(["2", "10", "9", "a", "a10"]))
def test_numbers_stand_in_their_order_before_texts(keys: list[str]) -> None:
    assert sorted(keys, key=by_number) == ["2", "9", "10", "a", "a10"]


def test_a_list_keeps_its_order_and_tells_what_is_not_here(tmp_path: Path) -> None:
    path = tmp_path / "l.txt"
    path.write_text("b/x2.jpg 7\n\nx1.JPEG\nx9.png 0\n")
    chosen = Listed("l.txt").choose(["x1", "x2", "x3"], {"l.txt": path})
    assert (chosen.keys, chosen.absent, chosen.classes) == (("x2", "x1"), ("x9",), {"x2": 7, "x9": 0})
    for text in ("x1 1 2\n", "x1\nx1\n", "x1 -3\n"):
        path.write_text(text)
        with pytest.raises(HarnessError, match=r"l\.txt: line \d names no new file"):
            Listed("l.txt").choose(["x1"], {"l.txt": path})
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(HarnessError, match="cannot be read"):
        Listed("l.txt").choose(["x1"], {"l.txt": path})


def test_a_place_takes_only_what_it_names() -> None:
    place = Place("base", r"(?P<key>cmp_b\d+)", suffixes=(".jpg",))
    assert [place.raw_key(p) for p in ("cmp_b1.JPG", "cmp_b1.png", "x/cmp_b1.jpg", "cmp_b1")] == [
        "cmp_b1",
        None,
        None,
        None,
    ]
    assert Place(".", shift=-1).key("00001") == "0"
    assert Place(".", keep_suffix=True).raw_key("a/b.c.png") == "a/b.c.png"

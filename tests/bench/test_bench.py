"""`harness bench` through its Python face: whose turn it is, what a method sees, what is kept, what is refused."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import torch

import harness
from harness.errors import HarnessError, RefusedSample
from harness.interfaces import Batch
from harness.leaderboard.speeds import speeds
from harness.store.schema import problems
from harness.store.timings import Timings, read_timings


class Filler:
    """Fills a hole with grey and remembers what it was shown."""

    def __init__(self, name: str, log: list[str] | None = None) -> None:
        self.__name__ = name
        self.log = log if log is not None else []
        self.seen: list[Batch] = []

    def inpaint(self, batch: Batch) -> torch.Tensor:
        self.log.append(f"{self.__name__} {batch.ids[0]}")
        self.seen.append(batch)
        assert batch.image is not None
        assert batch.mask is not None
        return torch.where(batch.mask > 0, 0.5, batch.image)


class Picky(Filler):
    """Takes only so many calls, or such sizes."""

    def __init__(self, name: str, refuses: Callable[[int, int], Exception | None]) -> None:
        super().__init__(name)
        self.refuses = refuses

    def inpaint(self, batch: Batch) -> torch.Tensor:
        answer = super().inpaint(batch)
        error = self.refuses(len(self.seen), answer.shape[-1])
        if error is not None:
            raise error
        return answer


def timed(methods: Sequence[object], sizes: Sequence[int] = (32,), repeats: int = 2, **more: object) -> Timings:
    return harness.bench(methods, sizes=sizes, repeats=repeats, device="cpu", **more)


def test_contenders_take_turns_on_the_same_pictures_after_one_call_that_warms_up() -> None:
    log: list[str] = []
    done = timed([Filler("a", log), Filler("b", log)], sizes=(48, 32), repeats=3)
    first, second, third = done.inputs.pictures
    assert len({first, second, third}) == 3
    turns = [f"{who} {picture}" for picture in (first, second, third) for who in "ab"]
    warm = [line for line in turns[:2] for _ in range(2)] + turns[2:]
    assert log == [f"{line}@{side}" for side in (32, 48) for line in warm]
    assert [(row.side, row.entry, row.calls) for row in done.rows] == [(s, w, 3) for s in (32, 48) for w in "ab"]


def test_a_method_sees_a_photograph_with_a_blank_quarter_in_the_middle() -> None:
    filler = Filler("a")
    timed([filler], sizes=(64,), repeats=1)
    (batch, _) = filler.seen
    assert batch.image is not None
    assert batch.mask is not None
    assert tuple(batch.image.shape) == (1, 3, 64, 64)
    hole = torch.zeros(64, 64)
    hole[16:48, 16:48] = 1
    assert torch.equal(batch.mask[0, 0], hole)
    assert batch.image[:, :, 16:48, 16:48].abs().max() == 0
    assert batch.image.std() > 0.05, "not an empty picture"


def test_what_is_written_has_the_schema_and_reads_back_the_same(tmp_path: Path) -> None:
    done = timed([Filler("a"), Picky("b", lambda call, side: ValueError("no"))], sizes=(16, 32), repeats=5)
    assert list(problems("bench", done.to_dict())) == []
    done.write(tmp_path / "speed.json")
    assert read_timings(tmp_path / "speed.json") == done
    assert done.coverage == 0.9375
    for row in done.rows[::2]:
        assert row.wall is not None
        assert row.cpu is not None
        assert row.wall.lo == row.wall.least <= row.wall.median <= (row.wall.hi or 0)
        assert row.cpu.median > 0


@pytest.mark.alone
def test_seconds_are_those_of_the_call() -> None:
    def busy(batch: Batch) -> torch.Tensor:
        total = 0
        for number in range(300_000):
            total += number
        assert batch.image is not None
        return batch.image

    done = timed([Filler("idle"), busy])
    idle, slow = done.rows
    assert idle.cpu is not None
    assert slow.cpu is not None
    assert slow.wall is not None
    assert slow.cpu.least > 4 * idle.cpu.least
    assert slow.wall.least > 0.9 * slow.cpu.least


def test_a_size_that_is_refused_is_a_row_with_the_reason_and_costs_the_others_nothing() -> None:
    small = Picky("small", lambda call, side: RefusedSample("at most 32 px") if side > 32 else None)
    done = timed([small, Filler("any")], sizes=(32, 64))
    assert [(row.entry, row.side, row.why) for row in done.rows] == [
        ("small", 32, ""), ("any", 32, ""), ("small", 64, "at most 32 px"), ("any", 64, ""),
    ]  # fmt: skip
    assert [row.wall is None for row in done.rows] == [False, False, True, False]


def test_a_failure_at_a_later_turn_leaves_no_seconds_of_easier_pictures() -> None:
    third = Picky("third", lambda call, side: ValueError("this one") if call == 3 else None)
    (row,) = timed([third], repeats=4).rows
    assert (row.calls, row.wall, row.peak_mb, row.why) == (1, None, None, "ValueError: this one")
    assert len(third.seen) == 3, "and it is not asked again"


def test_an_answer_that_is_none_is_a_row_with_the_reason() -> None:
    def wrong(batch: Batch) -> torch.Tensor:
        return torch.full((1, 3, 32, 32), float("nan"))

    (row,) = timed([wrong]).rows
    assert row.why == "the output holds NaN or infinity"


def test_what_does_not_fit_into_memory_is_a_row_and_the_limit_goes_again() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)

    def hungry(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        kept = [torch.empty(2**28) for _ in range(400)]  # 1 GiB each, more than is free; never touched
        return batch.image + len(kept)

    hungry_row, other = timed([hungry, Filler("other")]).rows
    assert "can't allocate memory" in hungry_row.why
    assert other.wall is not None
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_threads_are_given_for_a_while_only() -> None:
    seen = []

    def counting(batch: Batch) -> torch.Tensor:
        seen.append((torch.get_num_threads(), cv2.getNumThreads()))
        assert batch.image is not None
        return batch.image

    before = torch.get_num_threads(), cv2.getNumThreads()
    done = timed([counting], threads=3)
    assert set(seen) == {(3, 3)}
    assert done.hardware["threads"] == 3
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_no_larger_size_is_asked_of_what_took_longer_than_patience() -> None:
    filler = Filler("a")
    done = timed([filler], sizes=(16, 32, 64), patience=1e-9)
    assert [row.wall is None for row in done.rows] == [False, True, True]
    assert done.rows[1].why == done.rows[2].why
    assert done.rows[1].why.startswith("not asked: a call took ")
    assert "at 16 px" in done.rows[1].why
    assert {batch.ids[0].rpartition("@")[2] for batch in filler.seen} == {"16"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sizes": (4,)}, "8 to 16384 pixels, not 4"),
        ({"sizes": ()}, "8 to 16384 pixels"),
        ({"sizes": (32, 32)}, "a size is named twice"),
        ({"hole": 1.0}, "between 0 and 1, not 1"),
        ({"repeats": 0}, "repeats is 1 or more"),
        ({"patience": float("nan")}, "patience"),
    ],
)
def test_values_out_of_range_are_refused_before_anything_is_built(more: dict[str, object], said: str) -> None:
    with pytest.raises(HarnessError, match=said):
        timed([Filler("a")], **more)


# ---- the files


def test_speeds_are_read_from_every_place_shipped_ones_first(tmp_path: Path) -> None:
    done = timed([Filler("a")])
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for number, place in enumerate((own / "measured/speed/a.json", shipped / "measured/speed/z.json")):
        replace(done, hole=0.1 * (number + 1)).write(place)
    (own / "measured/speed/.half.json").write_text("{")
    assert [found.hole for found in speeds([(shipped, True), (own, False)])] == [0.2, 0.1]
    assert speeds([(tmp_path / "nowhere", False)]) == []


def test_what_is_shipped_can_be_read() -> None:
    for found in speeds():
        assert found.rows


def _spoilt(whole: dict[str, object], path: str, value: object) -> dict[str, object]:
    changed = json.loads(json.dumps(whole))
    holder, *inner = path.split(".")
    if inner:
        changed[holder][0][inner[0]] = value
    else:
        changed[holder] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("schema", 2, "schema"),
        ("rows.entry", "b", "a row of 'b', which is no entry"),
        ("rows.wall", None, "a at 32 px must have seconds or a reason, not both"),
        ("rows.side", 48, "twice"),
        ("entries.kind", "huge", "huge"),
    ],
)
def test_a_damaged_file_is_one_line_that_names_it(tmp_path: Path, path: str, value: object, said: str) -> None:
    whole = timed([Filler("a")], sizes=(32, 48)).to_dict()
    place = tmp_path / "measured/speed/x.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(_spoilt(whole, path, value)))
    with pytest.raises(HarnessError) as told:
        speeds([(tmp_path, False)])
    assert str(told.value).startswith(str(place))
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    place.write_text('{"schema": 1')
    with pytest.raises(HarnessError, match="is damaged"):
        speeds([(tmp_path, False)])

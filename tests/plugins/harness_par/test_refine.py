"""`par-refine` with a finder and a painter by construction: what is refilled, when it ends, what is kept and told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness import run
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness.testing.conformance.tensors import holes, pictures
from harness_par import refine
from harness_par.refine import Refiner, grown

SIZE = (40, 56)


def red(image: Tensor) -> Tensor:
    """The artifacts of these tests: pixels of full red."""
    return (image[:, :1] == 1).float()


@dataclass
class Painter:
    """Fills a hole with grey, and of it what ``faults`` says, round by round, with red; remembers what it was given."""

    faults: Sequence[Callable[[Tensor], Tensor]]
    given: list[Batch] = field(default_factory=list)

    def inpaint(self, batch: Batch) -> Images:
        assert batch.image is not None
        assert batch.mask is not None
        bad = self.faults[min(len(self.given), len(self.faults) - 1)](batch.mask)
        self.given.append(batch)
        # a method may do as it likes outside the hole
        grey = torch.full_like(batch.image, 0.3337)
        grey[:, :1] = torch.where(bad > 0, 1.0, grey[:, :1])
        return Images(grey, facts={"kind": ["made"] * len(batch.ids)})


def everywhere(hole: Tensor) -> Tensor:
    return hole


def nowhere(hole: Tensor) -> Tensor:
    return torch.zeros_like(hole)


def left(hole: Tensor) -> Tensor:
    """Of the hole, what lies left of the middle."""
    return torch.cat([hole[..., : SIZE[1] // 2], torch.zeros_like(hole[..., SIZE[1] // 2 :])], -1)


def corner(hole: Tensor) -> Tensor:
    """The hole's topmost row."""
    return hole * (hole.cumsum(-2) == 1)


@pytest.fixture
def batch() -> Batch:
    hole = torch.zeros(1, 1, *SIZE)
    hole[..., 8:32, 10:46] = 1
    image = pictures(1, SIZE).clamp(max=0.99)  # nothing known is an artifact
    return Batch(("a",), image * (1 - hole), hole, seeds=(7,))


def refiner(painter: Painter, monkeypatch: pytest.MonkeyPatch, **params: float) -> Refiner:
    monkeypatch.setattr(refine, "steering", lambda weights, device: red)
    return Refiner(Setup(inner=painter), **params)  # type: ignore[arg-type]


def test_what_is_artifact_is_refilled_within_the_hole(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = Painter([left, nowhere])
    found = refiner(painter, monkeypatch, iterations=1).inpaint(batch)
    assert batch.mask is not None
    assert torch.equal(painter.given[0].mask, batch.mask)
    assert torch.equal(painter.given[1].mask, grown(left(batch.mask), 1) * batch.mask)
    assert not bool((painter.given[1].image * painter.given[1].mask).any()), "the next hole is blanked"
    kept = 1 - painter.given[1].mask
    assert torch.equal(painter.given[1].image * kept, found.image * kept), "the rest is what was filled before"
    assert found.facts == {"kind": ["made"], "rounds": [1], "kept": [1], "ratios": ["0.5000 0.0000"],
                           "artifacts_by_round": ["[0.5, 0.0]"]}  # fmt: skip
    assert not bool(red(found.image).any())
    assert torch.equal(found.image * (1 - batch.mask), batch.image)


def test_where_the_share_does_not_fall_the_first_fill_is_the_answer(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = Painter([corner, everywhere])
    found = refiner(painter, monkeypatch).inpaint(batch)
    assert batch.image is not None
    assert batch.mask is not None
    alone = Painter([corner]).inpaint(batch).image.mul(255).round() / 255
    assert torch.equal(found.image, torch.where(batch.mask > 0, alone, batch.image))
    assert (found.facts["rounds"], found.facts["kept"]) == ([1], [0])
    assert found.facts["ratios"] == ["0.0417 0.4583"], "one row of 24, then ten more, that it grew by"
    first, after = json.loads(found.facts["artifacts_by_round"][0])
    assert first == after == pytest.approx(1 / 24, abs=1e-6), "what is kept after a round, not what was tried"
    assert torch.equal(found.maps["artifacts"], corner(batch.mask))


def test_it_ends_after_so_many_refills(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    for rounds in (0, 2):
        painter = Painter([everywhere, left, corner])
        found = refiner(painter, monkeypatch, rounds=rounds, iterations=0).inpaint(batch)
        assert (len(painter.given), found.facts["rounds"], found.facts["kept"]) == (rounds + 1, [rounds], [rounds])


def test_pictures_of_a_batch_go_their_own_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    hole = holes(3, SIZE)
    hole[2] = 0
    image = pictures(3, SIZE).clamp(max=0.99) * (1 - hole)
    both = Batch(("a", "b", "c"), image, hole, prompt=("p", "q", "r"), seeds=(1, 2, 3))

    def second(mask: Tensor) -> Tensor:
        return mask * torch.tensor([0.0, 1.0, 1.0])[-len(mask) :, None, None, None]

    painter = Painter([second, corner, nowhere])
    found = refiner(painter, monkeypatch, iterations=0).inpaint(both)
    assert [given.ids for given in painter.given] == [("a", "b", "c"), ("b",), ("b",)]
    assert [given.prompt for given in painter.given] == [("p", "q", "r"), ("q",), ("q",)]
    seeds = [given.seeds[-1] for given in painter.given]
    assert painter.given[0].seeds == (1, 2, 3), "the first fill is the method's own"
    assert len(set(seeds)) == 3, "another draw a round"
    assert found.facts["kept"] == [0, 2, 0]
    assert found.facts["ratios"][2] == "nan", "an empty hole has no ratio"
    assert torch.equal(found.image[2], image[2])


def test_a_region_grows_by_squares_of_five() -> None:
    point = torch.zeros(1, 1, 15, 15)
    point[..., 7, 7] = 1
    assert [int(grown(point, times).sum()) for times in range(4)] == [1, 25, 81, 169]
    assert torch.equal(grown(grown(point, 1), 1), grown(point, 2))


@pytest.mark.parametrize("params", [{"rounds": -1}, {"iterations": 65}, {"threshold": 0.0}, {"threshold": 1.0}])
def test_parameters_out_of_range_are_refused(params: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HarnessError, match="rounds is 0 or more, iterations 0 to 64, threshold between 0 and 1"):
        refiner(Painter([nowhere]), monkeypatch, **params)


def test_what_else_it_refuses(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HarnessError, match="write par-refine:METHOD"):
        Refiner(Setup())
    with pytest.raises(HarnessError, match="par-refine needs an image and a mask"):
        refiner(Painter([nowhere]), monkeypatch).inpaint(Batch(("a",)))
    painter = Painter([nowhere])
    monkeypatch.setattr(painter, "inpaint", lambda batch: Images(batch.image[..., 1:]))
    with pytest.raises(HarnessError, match=r"the wrapped method returned \(1, 3, 40, 55\)"):
        refiner(painter, monkeypatch).inpaint(batch)


def test_a_run_keeps_what_was_told_under_both_licences(tmp_path: Path) -> None:
    refined = "par-refine@random[rounds=1]:telea"
    done = run(
        "demo", [refined], tasks=["photos-thick"], limit=1, device="cpu", keep="all", report=False, out=tmp_path / "run"
    )
    rows = done.records.set_index("entry")
    ratios = [float(ratio) for ratio in rows.loc[refined, "fact:ratios"].split()]
    assert rows.loc[refined, "fact:rounds"] == len(ratios) - 1 <= 1
    assert ratios[int(rows.loc[refined, "fact:kept"])] == min(ratios)
    found = done.folder.artifacts.get(rows.loc[refined, "fact:map:artifacts"])
    assert found is not None
    assert (found > 127.5).any() == (min(ratios) > 0)
    entry = next(entry for entry in done.folder.manifest["entries"] if entry["reference"] == refined)
    assert entry["weights"]["kind"] == "random"
    assert "telea: " in entry["licence"]

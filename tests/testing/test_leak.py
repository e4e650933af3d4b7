"""The leak check finds those who look, and only those."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from harness.errors import HarnessError
from harness.interfaces import Batch, Images
from harness.testing import LeakReport, leak


class Function:
    """An inpainter made from a function of the batch."""

    def __init__(self, function: Callable[[Batch], torch.Tensor]) -> None:
        self.function = function

    def inpaint(self, batch: Batch) -> Images:
        return Images(self.function(batch))


def make_batch(count: int = 2) -> Batch:
    image = torch.rand(count, 3, 17, 23, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(count, 1, 17, 23)
    mask[..., 4:11, 6:15] = 1
    return Batch(tuple(f"s{i}" for i in range(count)), image, mask, seeds=tuple(range(count)))


def copy_input(batch: Batch) -> torch.Tensor:
    return batch.image


def use_the_mean_of_all(batch: Batch) -> torch.Tensor:
    mean = batch.image.mean((2, 3), keepdim=True)
    return torch.where(batch.mask > 0, mean, batch.image)


def resize_before_blanking(batch: Batch) -> torch.Tensor:
    """The subtle one: known pixels near the hole take on its colours, the hole itself is clean."""
    blurred = torch.nn.functional.avg_pool2d(batch.image, 3, 1, 1)
    return torch.where(batch.mask > 0, 0.0, blurred)


def cheat_on_the_last_sample(batch: Batch) -> torch.Tensor:
    honest = batch.image * (1 - batch.mask)
    return torch.cat([honest[:-1], batch.image[-1:]])


def write_into_the_input(batch: Batch) -> torch.Tensor:
    kept = batch.image.clone()
    batch.image.zero_()
    return kept


@pytest.mark.parametrize(
    "cheat",
    [copy_input, use_the_mean_of_all, resize_before_blanking, cheat_on_the_last_sample, write_into_the_input],
    ids=lambda function: function.__name__,
)
def test_a_cheat_is_caught(cheat: Callable[[Batch], torch.Tensor]) -> None:
    report = leak(Function(cheat), make_batch())
    assert not report.passed
    assert str(report).startswith("leak: ")


def test_whoever_copies_is_off_by_half_the_range() -> None:
    assert leak(Function(copy_input), make_batch(1)).levels["s0"] == pytest.approx(127.5, abs=1e-3)


def test_the_sample_that_leaks_is_named() -> None:
    report = leak(Function(cheat_on_the_last_sample), make_batch(3))
    assert report.levels["s0"] == report.levels["s1"] == 0
    assert "1 of 3 samples follow the hole, s2" in str(report)


def test_honest_methods_pass_random_ones_too() -> None:
    def noise(batch: Batch) -> torch.Tensor:
        return torch.where(batch.mask > 0, batch.noise((3, 17, 23)), batch.image)

    for honest in (noise, lambda batch: batch.image * (1 - batch.mask)):
        report = leak(Function(honest), make_batch())
        assert report.passed
        assert str(report).startswith("no leak: 2 samples")


def test_the_batch_stays_as_it_was() -> None:
    batch, same = make_batch(), make_batch()
    leak(Function(write_into_the_input), batch)
    assert torch.equal(batch.image, same.image)
    assert torch.equal(batch.mask, same.mask)


def test_not_a_number_is_never_clean() -> None:
    assert not LeakReport({"a": float("nan"), "b": 0.0}).passed
    assert "1 of 2" in str(LeakReport({"a": float("nan"), "b": 0.0}))


def test_a_check_that_could_not_fail_is_refused() -> None:
    empty = make_batch()
    empty.mask[1] = 0
    with pytest.raises(HarnessError, match="every sample has a hole"):
        leak(Function(copy_input), empty)
    with pytest.raises(HarnessError, match="an image and a mask"):
        leak(Function(copy_input), Batch(("a",), image=empty.image))

"""The Python face takes one of a thing as well as a list of it."""

from __future__ import annotations

import pytest

from harness.interfaces import Batch, Images
from harness.runner.api import plan_run
from harness.runner.entries import MethodLike


class Grey:
    """An object with `inpaint`."""

    def inpaint(self, batch: Batch) -> Images:
        assert batch.image is not None
        return Images(batch.image * 0 + 0.5)


def _grey(batch: Batch) -> Images:
    return Grey().inpaint(batch)


@pytest.mark.parametrize("method", ["telea", _grey, Grey()])
def test_one_is_a_list_of_one(method: MethodLike) -> None:
    alone = plan_run("demo", method, tasks="photos-thick", metrics="ssim", device="cpu")
    listed = plan_run("demo", [method], tasks=["photos-thick"], metrics=["ssim"], device="cpu")
    assert len(alone.entries) == 1
    assert alone.key == listed.key
    assert [task.metrics for task in alone.tasks] == [task.metrics for task in listed.tasks]

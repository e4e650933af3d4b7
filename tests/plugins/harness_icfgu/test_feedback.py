"""The iteration, with networks whose confidence is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness_icfgu.feedback import iterate, take_trusted
from harness_icfgu.network import IcfguConfig, Prediction, TwoStage


def _strip(blank: Tensor, mask: Tensor) -> Prediction:
    """Trusts hole pixels beside a known one; writes how much of the picture it was given."""
    near = torch.nn.functional.max_pool2d(1 - mask, 3, 1, 1)
    value = (1 - mask).mean((1, 2, 3), keepdim=True).expand_as(blank)
    return Prediction(value, value, 0.1 + 0.8 * near, blank)


def _square() -> tuple[Tensor, Tensor]:
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    return torch.full((1, 3, 16, 16), -1.0) * (1 - mask), mask


def test_the_known_set_grows_and_the_last_pass_fills_all() -> None:
    blank, mask = _square()
    done = iterate(_strip, blank, mask, rounds=3)
    assert [int(passed.hole.sum()) for passed in done.rounds] == [64, 36, 16]
    assert [int(passed.left.sum()) for passed in done.rounds] == [36, 16, 0]
    for earlier, later in zip(done.rounds, done.rounds[1:], strict=False):
        assert torch.equal(earlier.left, later.hole)
    # each ring has the value of the pass that filled it: how much was known by then
    ring = [float(done.image[0, 0, k, 8]) for k in (3, 4, 5, 6)]
    assert ring == pytest.approx([-1, 0.75, 1 - 36 / 256, 1 - 16 / 256])


def test_one_round_is_one_pass() -> None:
    torch.manual_seed(0)
    network = TwoStage(IcfguConfig(width=4, base="smooth")).eval()
    blank, mask = _square()
    with torch.no_grad():
        done = iterate(network, blank, mask, rounds=1)
        once = network(blank, mask)
    assert len(done.rounds) == 1
    assert torch.equal(done.image, torch.where(mask > 0, once.image.clamp(-1, 1), blank))


def test_it_stops_once_everything_is_trusted() -> None:
    blank, mask = _square()
    assert len(iterate(_strip, blank, mask, rounds=9).rounds) == 4
    assert len(iterate(_strip, blank, mask, rounds=9, threshold=0.05).rounds) == 1
    assert [int(p.left.sum()) for p in iterate(_strip, blank, mask, rounds=3, threshold=0.95).rounds] == [64, 64, 0]


def test_a_network_without_confidence_cannot_iterate() -> None:
    blank, mask = _square()
    with pytest.raises(ValueError, match="no confidence"):
        take_trusted(blank, mask, Prediction(blank, blank, None, blank))

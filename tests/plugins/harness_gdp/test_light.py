"""Unknown light: f and M of each picture are found with it, from one exposure or several."""

from __future__ import annotations

import torch
from torch import Tensor

from harness_gdp.guidance import Quality
from harness_gdp.light import LightGuide, Rates, first_light, plotted


def _picture(size: tuple[int, int], seed: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed))


def _guide(observed: Tensor, seeds: tuple[int, ...], rates: Rates | None = None, scale: float = 1.0) -> LightGuide:
    factor, field = first_light(seeds, observed.shape[1], (observed.shape[-2], observed.shape[-1]))
    return LightGuide(observed, factor, field, scale, rates or Rates(field=0.0), quality=Quality())


def test_each_exposure_s_factor_is_found_where_the_picture_is_known() -> None:
    clean = _picture((16, 24), 0)
    guide = _guide(torch.stack([0.1 * clean, 0.4 * clean], 1), (3,))
    for _ in range(60):
        guide(2 * clean - 1)
    torch.testing.assert_close(guide.factor, torch.tensor([[0.1, 0.4]]), atol=1e-3, rtol=0)
    assert len(guide.path) == 61


def test_a_clipped_pixel_asks_for_no_less_than_its_level() -> None:
    """Where the picture is bright enough to be clipped, the pull is none; one-sided it is, in the release it is not."""
    clean = torch.full((1, 3, 8, 8), 0.9)
    observed = (2 * clean).clamp(max=1)[:, None]
    for one_sided, still in ((True, True), (False, False)):
        guide = LightGuide(
            observed, torch.full((1, 1), 2.0), torch.zeros(1, 1, 8, 8), 1.0, Rates(one_sided=one_sided)
        )  # fmt: skip
        assert bool((guide(2 * clean - 1) == 0).all()) is still


def test_light_of_a_picture_is_its_own_in_a_batch_and_from_its_seed_alone() -> None:
    observed, point = _picture((8, 8), 1, 3)[:, None] * 0.3, 2 * _picture((8, 8), 2, 3) - 1
    together = _guide(observed, (5, 6, 7), Rates(field=2.0, smooth=1.0))
    alone = _guide(observed[1:2], (6,), Rates(field=2.0, smooth=1.0))
    for _ in range(5):
        pulls = together(point), alone(point[1:2])
        torch.testing.assert_close(pulls[0][1:2], pulls[1])
    torch.testing.assert_close(together.factor[1:2], alone.factor)
    torch.testing.assert_close(together.field[1:2], alone.field)
    assert len({float(value) for value in first_light((5, 6, 7), 1, (8, 8))[0]}) == 3


def test_roughness_smooths_the_field_and_only_it() -> None:
    observed, point = _picture((12, 12), 1)[:, None], 2 * _picture((12, 12), 2) - 1
    plain, smooth = (_guide(observed, (0,), Rates(field=2.0, smooth=weight)) for weight in (0.0, 2.0))
    for _ in range(40):
        plain(point)
        smooth(point)
    assert float(smooth.field.diff(dim=-1).square().mean()) < 0.6 * float(plain.field.diff(dim=-1).square().mean())


def test_one_factor_for_all_exposures_takes_the_mean_of_their_steps() -> None:
    clean = _picture((8, 8), 0)
    observed = torch.stack([0.2 * clean, 0.6 * clean], 1)
    shared = LightGuide(observed, torch.zeros(1, 1), torch.zeros(1, 1, 8, 8), 1.0, Rates(field=0.0))
    each = LightGuide(observed, torch.zeros(1, 2), torch.zeros(1, 2, 8, 8), 1.0, Rates(field=0.0))
    torch.testing.assert_close(shared(2 * clean - 1), each(2 * clean - 1))
    torch.testing.assert_close(shared.factor[:, 0], each.factor.mean(1))


def test_the_curve_is_drawn_from_left_to_right_and_up() -> None:
    drawn = plotted(torch.linspace(0, 1, 20)[:, None], (16, 16))[0]
    assert drawn[15, 0] == 1
    assert drawn[0, 15] == 1
    assert drawn[0, 0] == 0
    assert 0 < drawn[15, 15] < 1

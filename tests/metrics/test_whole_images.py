"""What must hold for the metrics that judge whole pictures: blind ones, multi-scale ones, papers' variants."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.interfaces import MetricBatch, SampleMetric
from harness.metrics.specs import metric_specs
from harness.plugins import load_target
from harness.specs import MetricSpec

Make = Callable[..., MetricBatch]
Noise = Callable[[torch.Tensor, float], torch.Tensor]

SPECS = {
    spec.name: spec
    for spec in metric_specs()
    if spec.kind == "sample" and spec.regions == ("",) and not spec.requires and "operator" not in spec.uses
}
BLIND = {name for name, spec in SPECS.items() if "truth" not in spec.uses}
LARGE = {"niqe": 97, "ms_ssim": 161, "vif": 72, "vifp": 41}
"""A shorter side than this leaves no number."""
WINDOWED = {"ssim_lama": 11, "ssim_mat": 11, "ssim_aotgan": 7, "ssim_coordfill": 11, "ssim_gdp": 7, "ssim_gdp_all": 19}
"""A shorter side than this is refused."""


def metric(name: str) -> SampleMetric:
    made: SampleMetric = load_target(SPECS[name])(device="cpu", region="")
    return made


def value(name: str, batch: MetricBatch) -> torch.Tensor:
    return metric(name)(batch)[name]


@pytest.fixture(scope="module")
def stack(photos: dict[str, torch.Tensor]) -> torch.Tensor:
    """Two photographs that have two blocks of 96 px and five scales."""
    return torch.cat([photos["astronaut"][..., :192, :176], photos["astronaut"][..., :192, 16:192]])


def test_the_table_is_whole() -> None:
    assert {"niqe", "brisque", "piqe"} == BLIND
    assert len(SPECS) == 16


@pytest.mark.parametrize("name", SPECS)
def test_batch_is_loop_and_order_is_kept(name: str, stack: torch.Tensor, batch: Make, noisy: Noise) -> None:
    output = noisy(stack, 20)
    together = value(name, batch(output, stack))
    alone = [value(name, batch(output[i : i + 1], stack[i : i + 1])) for i in range(2)]
    assert together.shape == (2,)
    assert together.dtype == torch.float32
    assert torch.allclose(together, torch.cat(alone), rtol=1e-6, atol=1e-6)
    assert torch.equal(value(name, batch(output.flip(0), stack.flip(0))), together.flip(0))


@pytest.mark.parametrize("name", sorted(set(SPECS) - {"piqe"}))
def test_more_noise_is_worse(name: str, stack: torch.Tensor, batch: Make, noisy: Noise) -> None:
    sign = 1 if SPECS[name].higher_is_better else -1
    scores = torch.stack([sign * value(name, batch(noisy(stack, sigma), stack)) for sigma in (2, 8, 32)])
    assert (scores.diff(dim=0) < 0).all(), scores


def test_piqe_is_not_monotone_as_its_spec_says(photos: dict[str, torch.Tensor], batch: Make, noisy: Noise) -> None:
    photo = photos["chelsea"]
    clean, grainy = (value("piqe", batch(image, photo)) for image in (photo, noisy(photo, 2)))
    assert grainy < clean
    assert "not monotone" in SPECS["piqe"].summary
    assert SPECS["piqe"].diagnostic  # so it never ranks


@pytest.mark.parametrize("name", sorted(set(SPECS) - BLIND))
def test_equal_pictures_are_as_good_as_can_be(name: str, stack: torch.Tensor, batch: Make) -> None:
    best = {"psnr_gdp_all": 100.0}.get(name, 1.0 if SPECS[name].higher_is_better else 0.0)
    assert torch.allclose(value(name, batch(stack, stack.clone())), torch.tensor(best), atol=1e-5)


@pytest.mark.parametrize("name", sorted(BLIND))
def test_blind_metrics_see_no_truth(name: str, stack: torch.Tensor, batch: Make) -> None:
    given_batch = batch(stack, torch.full_like(stack, torch.nan))
    assert torch.isfinite(value(name, given_batch)).all()


@pytest.mark.parametrize("name", SPECS)
def test_a_region_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(HarnessError, match=f"{name} judges whole images: ask for it without @hole") as caught:
        load_target(SPECS[name])(device="cpu", region="hole")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", LARGE)
def test_a_small_picture_has_no_number_and_the_least_one_has(name: str, batch: Make, noisy: Noise) -> None:
    generator = torch.Generator().manual_seed(1)
    image = (torch.rand(1, 3, 192, 192, generator=generator) * 255).round() / 255
    side = LARGE[name]
    for height, finite in ((side, True), (side - 2, False)):
        picture = image[..., : height if name != "niqe" else 96 if finite else 95, :]
        assert torch.isfinite(value(name, batch(noisy(picture, 5), picture))).item() == finite


@pytest.mark.parametrize("name", WINDOWED)
def test_a_picture_smaller_than_the_window_is_refused(name: str, batch: Make) -> None:
    side = WINDOWED[name]
    enough, short = torch.rand(1, 3, side, 40), torch.rand(1, 3, side - 1, 40)
    assert torch.isfinite(value(name, batch(enough, enough))).all()
    with pytest.raises(HarnessError, match=rf"{name} needs pictures of at least \d+ x \d+ px"):
        value(name, batch(short, short))


@settings(max_examples=20, deadline=None)
@given(st.integers(19, 64), st.integers(19, 64), st.integers(0, 999))
def test_any_size_gives_a_number_within_the_stated_bounds_or_none(height: int, width: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    output, truth = (torch.rand(2, 1, 3, height, width, generator=generator) * 255).round() / 255
    for name, spec in SPECS.items():
        (found,) = value(name, MetricBatch(("a",), output, truth, None)).tolist()
        low, high = spec.bounds
        assert found != found or ((low is None or found >= low) and (high is None or found <= high)), (name, found)


@settings(max_examples=15, deadline=None)
@given(st.integers(72, 96), st.integers(72, 96), st.integers(0, 999))
def test_a_picture_is_its_own_best_copy(height: int, width: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    truth = (torch.rand(1, 3, height, width, generator=generator) * 255).round() / 255
    worse = 1 - truth
    for name in sorted(set(SPECS) - BLIND - {"ms_ssim"}):
        same, other = (value(name, MetricBatch(("a",), x, truth, None)).item() for x in (truth, worse))
        assert same > other if SPECS[name].higher_is_better else same < other, name


@pytest.mark.parametrize("name", sorted(name for name in SPECS if name.startswith(("ssim_", "l1_", "psnr_"))))
def test_a_variant_has_a_name_because_it_is_another_number(
    name: str, photos: dict[str, torch.Tensor], batch: Make, noisy: Noise
) -> None:
    photo, plain = photos["chelsea"], name.partition("_")[0]
    spec = {spec.name: spec for spec in metric_specs()}[plain]
    gaps = []
    for output in (noisy(photo, 10), 1 - photo):  # ssim_mat differs where structure is negative only
        ours = load_target(spec)(device="cpu", region="")(batch(output, photo))[plain]
        gaps.append(abs(value(name, batch(output, photo)) - ours).item())
    assert max(gaps) > 1e-3, gaps


def test_flat_pictures_are_undefined_or_plain_never_an_error(batch: Make) -> None:
    flat = torch.full((1, 3, 192, 192), 0.5)
    for name in SPECS:
        found = value(name, batch(flat, flat)).item()
        assert (found != found) == (name in {"niqe", "vif", "vifp"}), name


@pytest.mark.parametrize("name", ["psnr_brushbench", "mse_brushbench"])
def test_brushbench_judges_known_pixels_only(name: str, stack: torch.Tensor, batch: Make, noisy: Noise) -> None:
    specs: dict[str, MetricSpec] = {spec.name: spec for spec in metric_specs()}
    made = load_target(specs[name])
    known = torch.ones(2, 1, *stack.shape[-2:])
    known[..., 40:90, 50:120] = 0
    output = noisy(stack, 10)
    painted = torch.where(known > 0, output, torch.zeros_like(output))
    assert torch.equal(made()(batch(output, stack, known))[name], made()(batch(painted, stack, known))[name])
    nothing = made()(batch(output, stack, torch.zeros_like(known)))[name]
    assert nothing.isnan().all()
    with pytest.raises(HarnessError, match=f"{name}@known"):
        made(region="hole")
    untouched = made()(batch(stack, stack, known))[name]
    assert untouched.tolist() == [1000.0 if name.startswith("psnr") else 0.0] * 2


def test_brushbench_psnr_is_three_times_too_large_an_error(stack: torch.Tensor, batch: Make, noisy: Noise) -> None:
    from harness.metrics.psnr import Psnr
    from harness.metrics.published_pixels import PsnrBrushBench

    given_batch = batch(noisy(stack, 10), stack, torch.ones(2, 1, *stack.shape[-2:]))
    gap = Psnr(region="known")(given_batch)["psnr"] - PsnrBrushBench()(given_batch)["psnr_brushbench"]
    assert torch.allclose(gap, torch.tensor(4.7712), atol=1e-3)


def test_the_shipped_models_are_named_in_every_column(stack: torch.Tensor) -> None:
    for name in ("niqe", "brisque", "vif"):
        assert len(metric(name).weights_sha256) == 64  # type: ignore[attr-defined]
    assert find_spec("libsvm") is None  # ours needs neither it nor a second OpenCV


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
@pytest.mark.parametrize("name", SPECS)
def test_an_accelerator_gives_the_cpus_number(name: str, stack: torch.Tensor, batch: Make, noisy: Noise) -> None:
    output = noisy(stack, 10)
    there = load_target(SPECS[name])(device="cuda", region="")(batch(output.cuda(), stack.cuda()))[name]
    assert there.is_cuda
    assert torch.allclose(there.cpu(), value(name, batch(output, stack)), rtol=1e-4, atol=1e-5)

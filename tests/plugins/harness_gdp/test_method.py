"""GDP as the harness calls it: any size, exact known pixels, chance from seeds alone, strict and safe loading."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from harness.errors import HarnessError
from harness.interfaces import Batch, Inpainter, LoadedWeights, Restorer, Setup
from harness_gdp.method import GdpBlind, GdpHdr, GdpInpainter, GdpRestorer, load_network
from harness_gdp.network import Prior, PriorConfig
from harness_gdp.tasks import TASKS

TINY = PriorConfig(channels=32, multipliers=(1, 1), blocks=1, attention=(2,), head_channels=32, patch=2)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> LoadedWeights:
    torch.manual_seed(0)
    network = Prior(TINY)
    torch.nn.init.normal_(network.out[2].weight, std=0.05)  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(network.state_dict(), path, metadata={"harness": json.dumps({"network": asdict(TINY)})})
    return LoadedWeights("tiny", "mini", path, "")


def _batch(height: int, width: int, count: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(height + width)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 :, : width // 2 + 1] = 1
    image = torch.rand(count, 3, height, width, generator=generator)
    return Batch(tuple(map(str, range(count))), image=image, mask=mask, seeds=tuple(range(count)))


def _rows(batch: Batch, rows: list[int]) -> Batch:
    assert batch.image is not None
    assert batch.mask is not None
    return Batch(
        tuple(batch.ids[k] for k in rows), batch.image[rows], batch.mask[rows],
        seeds=tuple(batch.seeds[k] for k in rows),
    )  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 16), (37, 50)])
def test_any_size_comes_back_with_its_known_pixels(weights: LoadedWeights, size: tuple[int, int]) -> None:
    method, batch = GdpInpainter(Setup(weights=weights), steps=3), _batch(*size, count=2)
    assert isinstance(method, Inpainter)
    filled = method.inpaint(batch).image
    known = (batch.mask == 0).expand_as(filled)
    assert torch.equal(filled[known], batch.image[known])
    assert not torch.equal(filled[~known], batch.image[~known])
    assert 0 <= filled.min() <= filled.max() <= 1


class _Quarter:
    """Block means of 2×2, as a task would tell them."""

    sigma = 0.0

    def __call__(self, image: Tensor) -> Tensor:
        return functional.avg_pool2d(image, 2)

    def pseudo_inverse(self, observed: Tensor) -> Tensor:
        return functional.interpolate(observed, scale_factor=2)


@pytest.mark.parametrize("task", [*TASKS, "light", "blur+sr4"])
@pytest.mark.parametrize("inference", [False, True])
def test_a_restored_picture_has_the_picture_s_size(weights: LoadedWeights, task: str, inference: bool) -> None:
    """In inference mode too, in which the engine calls."""
    method = GdpBlind(Setup(weights=weights), task=task, steps=3)
    assert isinstance(method, Restorer)
    with torch.inference_mode(inference):
        restored = method.restore(_batch(18, 23, 2)).image
    assert restored.shape == (2, 3, 18, 23)
    assert restored.isfinite().all()


@pytest.mark.parametrize("task", ["light", "sr4"])
def test_a_smaller_picture_is_brought_to_the_task_s_size(weights: LoadedWeights, task: str) -> None:
    """As if each of its pixels had been copied before; blocks at the right and lower edge may be cut."""
    method, small = GdpBlind(Setup(weights=weights), task=task, steps=3), _batch(5, 6).image
    copied = small.repeat_interleave(4, -2).repeat_interleave(4, -1)[..., :18, :23]
    found, same = (
        method.restore(Batch(("a",), image, target_size=size, seeds=(3,))).image
        for image, size in ((small, (18, 23)), (copied, None))
    )
    assert found.shape == (1, 3, 18, 23)
    assert torch.equal(found, same)


@pytest.mark.parametrize("given", [{}, {"losses": "exposure+colour+spatial"}, {"form": "score"}, {"variance": "on"}])
def test_any_operator_is_undone_at_the_wanted_size(weights: LoadedWeights, given: dict[str, str]) -> None:
    """In patches: 20×28 are more than a window of 16. More pull leaves less of what was observed unexplained."""
    seen = _batch(10, 14).image

    def left(scale: float) -> float:
        method = GdpRestorer(Setup(weights=weights), steps=5, window=16, scale=scale, **given)
        with torch.inference_mode():
            found = method.restore(Batch(("a",), seen, operator=_Quarter(), target_size=(20, 28), seeds=(1,))).image
        assert found.shape == (1, 3, 20, 28)
        return float((_Quarter()(found) - seen).square().mean())

    assert left(0.0) < 0.7 * left(1e-6)


def test_several_exposures_make_one_picture_and_tell_how_their_light_was_found(weights: LoadedWeights) -> None:
    clean = _batch(20, 36).image
    exposures = torch.stack([(gain * clean).clamp(max=1) for gain in (0.3, 1.0, 3.0)], 1)
    batch = Batch(("a",), clean, exposures=exposures, seeds=(4,))
    for preset in ("ours", "release"):
        answer = GdpHdr(Setup(weights=weights), steps=8, window=16, preset=preset).restore(batch)
        assert answer.image.shape == clean.shape
        assert {name: tuple(each.shape) for name, each in answer.maps.items()} == dict.fromkeys(
            ("f_path", "light"), (1, 1, 20, 36)
        )
        first, last = ([float(f) for f in str(answer.facts[name][0]).split()] for name in ("f_first", "f_last"))
        assert len(first) == len(last) == (3 if preset == "ours" else 1)
        assert last == sorted(last)
        assert last != first
    again = GdpHdr(Setup(weights=weights), steps=8, window=16, preset="release").restore(batch)
    assert torch.equal(again.image, answer.image)


def test_a_window_as_large_as_the_picture_is_the_whole_and_half_precision_is_near(weights: LoadedWeights) -> None:
    batch = _batch(16, 24)

    def filled(**given: object) -> Tensor:
        return GdpInpainter(Setup(weights=weights), steps=4, **given).inpaint(batch).image

    whole = filled()
    assert torch.equal(filled(window=24), whole)
    assert (filled(window=8) - whole).abs().max() > 1e-3
    assert 0 < float((filled(precision="bfloat16") - whole).abs().mean()) < 0.02


def test_the_hole_s_content_is_never_used(weights: LoadedWeights) -> None:
    method, batch = GdpInpainter(Setup(weights=weights), steps=3), _batch(20, 28)
    first = method.inpaint(batch).image
    for content in (0.0, 1.0, torch.nan):
        other = Batch(batch.ids, batch.image.masked_fill(batch.mask > 0, content), batch.mask, seeds=batch.seeds)
        assert torch.equal(method.inpaint(other).image, first)


@pytest.mark.parametrize("form", ["mean", "score"])
def test_a_sample_is_its_own_in_a_batch_and_follows_its_seed(weights: LoadedWeights, form: str) -> None:
    method, batch = GdpInpainter(Setup(weights=weights), steps=4, form=form), _batch(16, 24, 3)
    whole = method.inpaint(batch).image
    for k in range(3):
        alone = method.inpaint(_rows(batch, [k])).image
        torch.testing.assert_close(alone, whole[k : k + 1], atol=1e-3, rtol=0)
    torch.testing.assert_close(method.inpaint(_rows(batch, [2, 0, 1])).image, whole[[2, 0, 1]], atol=1e-3, rtol=0)
    batch.seeds = (7, 8, 9)
    assert (method.inpaint(batch).image - whole).abs().max() > 0.01


def test_known_pixels_decide_what_stands_beside_them(weights: LoadedWeights) -> None:
    """Another known half gives another fill from the same seed: the network sees what is known through the pull."""
    method, batch = GdpInpainter(Setup(weights=weights), steps=6), _batch(16, 16)
    first = method.inpaint(batch).image
    other = Batch(batch.ids, 1 - batch.image, batch.mask, seeds=batch.seeds)
    hole = (batch.mask > 0).expand_as(first)
    assert (method.inpaint(other).image - first)[hole].abs().max() > 1e-3


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_empty_and_full_holes(weights: LoadedWeights, value: float) -> None:
    method, batch = GdpInpainter(Setup(weights=weights), steps=2), _batch(12, 16)
    batch.mask = torch.full_like(batch.mask, value)
    filled = method.inpaint(batch).image
    assert filled.isfinite().all()
    assert torch.equal(filled, batch.image) == (value == 0)


def test_what_cannot_be_is_refused_in_one_line(weights: LoadedWeights) -> None:
    setup, batch = Setup(weights=weights), _batch(8, 8, 2)
    for steps in (-1, 1001):
        with pytest.raises(HarnessError, match=f"cannot keep {steps} "):
            GdpInpainter(setup, steps=steps)
    with pytest.raises(HarnessError, match="scale=-1"):
        GdpRestorer(setup, scale=-1.0)
    with pytest.raises(HarnessError, match="2 seeds"):
        GdpInpainter(setup, steps=2).inpaint(Batch(batch.ids, batch.image, batch.mask))
    with pytest.raises(HarnessError, match="8×8, its mask 8×4"):
        GdpInpainter(setup, steps=2).inpaint(Batch(batch.ids, batch.image, batch.mask[..., :4, :], seeds=(1, 2)))
    with pytest.raises(HarnessError, match="needs an image"):
        GdpRestorer(setup).restore(Batch(("a",), seeds=(1,)))
    with pytest.raises(HarnessError, match="needs to know what was done"):
        GdpRestorer(setup).restore(Batch(("a",), batch.image, seeds=(1,)))
    with pytest.raises(HarnessError, match="needs exposures"):
        GdpHdr(setup).restore(Batch(("a",), batch.image[:1], seeds=(1,)))
    with pytest.raises(HarnessError, match="no use for the loss 'spatial'"):
        GdpInpainter(setup, losses="spatial")


def test_an_official_file_is_read_by_the_official_configuration_alone(tmp_path: Path, weights: LoadedWeights) -> None:
    """A file that states nothing: 566 entries are asked for, strict."""
    assert weights.path is not None
    stated = load_network(weights.path)
    assert stated.pitch == 4
    path = tmp_path / "256x256_diffusion_uncond.pt"
    torch.save(dict(stated.state_dict()), path)
    with pytest.raises(HarnessError, match="does not hold GDP weights") as told:
        load_network(path)
    assert "\n" not in str(told.value)


def test_noise_and_variance_of_a_patch_come_from_their_own_channels() -> None:
    """With the last layer's bias alone: the first half of its channels is the noise of the 2×2 pixels."""
    network = Prior(TINY)
    torch.nn.init.zeros_(network.out[2].weight)  # type: ignore[arg-type]
    network.out[2].bias = torch.nn.Parameter(torch.arange(24.0))
    with torch.no_grad():
        noise, between = network(torch.randn(2, 3, 16, 24), torch.tensor([3, 700])).chunk(2, 1)
    assert noise.shape == (2, 3, 16, 24)
    assert sorted(set(noise.flatten().tolist())) == list(range(12))
    assert sorted(set(between.flatten().tolist())) == list(range(12, 24))
    assert noise[0, 1, :2, :2].flatten().tolist() == [4, 5, 6, 7]

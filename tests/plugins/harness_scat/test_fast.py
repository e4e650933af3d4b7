"""The fast fill is the generator's, within rounding; `approx=crop` is another, near."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from harness.interfaces import Batch, LoadedWeights, Setup
from harness_scat.fast import Box, FastGenerator, hole_box
from harness_scat.method import CONTEXT, ScatInpainter
from harness_scat.network import Generator, ScatConfig

WHOLE = (0, 64, 0, 80)
BOUND = 1e-4  # the largest of a gated network; parity allows 2e-4


def _generator(config: ScatConfig) -> Generator:
    torch.manual_seed(0)
    generator = Generator(config).eval()
    torch.nn.init.normal_(generator.decoder[-1].weight, std=0.02)
    return generator


def _picture(*holes: tuple[int, int, int, int], count: int = 1) -> tuple[Tensor, Tensor]:
    mask = torch.zeros(count, 1, 64, 80)
    for index, hole in enumerate(holes):
        Box(*hole).cut(mask[index % count]).fill_(1)
    return torch.rand(count, 3, 64, 80, generator=torch.Generator().manual_seed(1)) * 2 - 1, mask


@pytest.mark.parametrize("config", [ScatConfig(width=8, blocks=2), ScatConfig(width=8, blocks=2, base="smooth")])
@pytest.mark.parametrize(
    ("holes", "count"),
    [([(20, 33, 30, 47)], 1), ([(0, 5, 77, 80)], 1), ([(3, 9, 2, 4), (50, 61, 60, 63)], 2), ([WHOLE], 1)],
)
def test_the_fast_fill_is_the_generator_s(
    config: ScatConfig, holes: list[tuple[int, int, int, int]], count: int
) -> None:
    generator, (image, mask) = _generator(config), _picture(*holes, count=count)
    with torch.no_grad():
        expected = torch.where(mask > 0, generator(image, mask), image)
    torch.testing.assert_close(FastGenerator(generator).fill(image, mask), expected, atol=BOUND, rtol=0)


def test_a_hole_s_box_in_units_ends_at_the_borders() -> None:
    _, mask = _picture((5, 9, 70, 80))
    assert hole_box(mask, 1, 0) == (5, 9, 70, 80)
    assert hole_box(mask, 4, 1) == (0, 4, 16, 20)
    assert hole_box(mask, 4, 0) == (1, 3, 17, 20)
    assert hole_box(torch.zeros_like(mask), 4, 1) is None


def test_a_crop_sees_no_further_than_its_context_and_is_whole_where_it_covers_the_picture(tmp_path: Path) -> None:
    config = ScatConfig(width=4, blocks=1)
    path = tmp_path / "tiny.safetensors"
    save_file(_generator(config).state_dict(), path, metadata={"harness": json.dumps({"network": asdict(config)})})
    setup = Setup(weights=LoadedWeights("tiny", "mini", path, ""))
    whole, crop = (ScatInpainter(setup, approx=approx) for approx in ("none", "crop"))
    image = torch.rand(1, 3, 60, 200, generator=torch.Generator().manual_seed(2))
    mask = torch.zeros(1, 1, 60, 200)
    mask[..., 20:40, 10:30] = 1
    far = image.clone()
    far[..., 30 + CONTEXT :] = 1 - far[..., 30 + CONTEXT :]
    first, second = (crop.inpaint(Batch(("a",), image=each, mask=mask)).image for each in (image, far))
    assert torch.equal(first[..., :30], second[..., :30])
    assert not torch.equal(*(whole.inpaint(Batch(("a",), image=x, mask=mask)).image[..., :30] for x in (image, far)))
    everywhere = torch.ones_like(mask)
    full = [method.inpaint(Batch(("a",), image=image, mask=everywhere)).image for method in (whole, crop)]
    assert torch.equal(*full)

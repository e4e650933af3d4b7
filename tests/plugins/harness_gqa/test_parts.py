"""Parts of the builder on their own: limits, masks, segmenters that need a file, scene graphs of another kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.datasets.photos import Photos
from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.filling import open_filler
from harness_gqa.choosing import Limits, choose
from harness_gqa.graphs import read_graphs
from harness_gqa.networks import NETWORKS
from harness_gqa.outlines import agreement, grown, one_piece
from harness_gqa.refining import REFINERS
from harness_gqa.segmenters import open_segmenter


def _scene(*boxes: list[int], width: int = 200, height: int = 100) -> dict[str, Any]:
    rest = {"attributes": [], "relations": []}
    return {
        "width": width,
        "height": height,
        "objects": {str(k): {"name": f"thing{k}", "bbox": box, **rest} for k, box in enumerate(boxes)},
    }


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ([60, 10, 80, 30], True),
        ([60, 10, 75, 60], False),  # 15 px wide
        ([60, 10, 76, 22], False),  # 12 px high
        ([55, 5, 135, 80], True),  # 30 % of the picture
        ([55, 5, 136, 80], False),
        ([0, 10, 40, 50], False),  # left of the centre square
        ([48, 10, 68, 30], True),  # 90 % of it inside
        ([47, 10, 67, 30], False),
    ],
)
def test_a_box_is_neither_too_small_nor_too_large_and_is_shown(box: list[int], kept: bool) -> None:
    chosen = choose({"7": _scene(box)}, Limits(common=1))
    assert chosen.objects == ({"7": ("0",)} if kept else {})
    assert chosen.counts["in box limits"] == kept


def test_a_name_that_is_rare_is_left_out() -> None:
    scenes = {str(k): _scene([60, 10, 80, 30], *([[100, 10, 130, 30]] if k else [])) for k in range(3)}
    assert choose(scenes, Limits(common=3)).objects == {"0": ("0",), "1": ("0",), "2": ("0",)}
    assert choose(scenes, Limits(common=4)).objects == {}


def test_of_a_mask_the_largest_piece_counts_filled_and_grown() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:20, 10:20] = True
    mask[13:16, 13:16] = False
    mask[30:33, 30:33] = True
    piece = one_piece(mask)
    assert agreement(piece, (10, 10, 20, 20)) == 1
    assert piece.sum() == 100
    assert agreement(piece, (15, 10, 25, 20)) == pytest.approx(50 / 150)
    assert agreement(piece, (20, 20, 30, 30)) == agreement(np.zeros_like(mask), (0, 0, 9, 9)) == 0
    wider = grown(piece, 11)
    assert wider[5:25, 5:25].all()
    assert wider.sum() == 400


@pytest.mark.parametrize("name", ["grabcut", "ring"])
def test_a_segmenter_stays_in_its_box_and_gives_the_same_twice(name: str) -> None:
    pixels = Photos().load("astronaut").image[::2, ::2]
    box = (30, 10, 75, 65)
    first, second = (open_segmenter(name).on(pixels)(box)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    inside = np.zeros_like(first)
    inside[box[1] : box[3], box[0] : box[2]] = True
    assert first.any()
    assert not first[~inside].any()


def test_the_refiner_finds_an_edge_that_a_coarse_mask_missed() -> None:
    rng = np.random.default_rng(0)
    exact = np.hypot(*np.mgrid[-48:48, -48:48]) < 25
    pixels = np.where(exact[..., None], (200, 40, 40), (40, 120, 60)) + rng.integers(-12, 12, (96, 96, 3))
    coarse = grown(exact, 5)
    better = REFINERS["grabcut"](pixels.astype(np.uint8), coarse)
    assert (better ^ exact).sum() < 0.1 * (coarse ^ exact).sum()
    np.testing.assert_array_equal(REFINERS["none"](pixels.astype(np.uint8), coarse), coarse)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_network_without_its_file_says_where_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    with pytest.raises(MissingRequirement, match=f"{NETWORKS[name].file} and save it as {tmp_path}"):
        open_segmenter(name)
    with pytest.raises(UnknownName, match="Known: grabcut, lr-aspp, mask-rcnn, ring"):
        open_segmenter(f"{name}-2")


def test_a_network_finds_masks_with_a_file_of_its_own_and_refuses_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    network = NETWORKS["lr-aspp"]
    network.place.parent.mkdir(parents=True)
    torch.manual_seed(0)
    state = network.build().state_dict()
    torch.save(state, network.place)
    pixels = Photos().load("astronaut").image[::4, ::4]
    masks = open_segmenter("lr-aspp").on(pixels)((0, 0, 9, 9))
    assert {mask.shape for mask in masks} == {pixels.shape[:2]}
    assert sum(mask.astype(int) for mask in masks).max() == 1  # pieces of one map of classes
    torch.save(dict(list(state.items())[1:]), network.place)
    with pytest.raises(HarnessError, match="not the weights of lr-aspp"):
        open_segmenter("lr-aspp")


@pytest.mark.parametrize(
    ("graphs", "told"),
    [
        ("{", "cannot be read"),
        ("[]", "no scene graphs"),
        ('{"../7": {}}', "cannot name a file"),
        ('{"7": {"width": 5}}', "'7' has no scene graph"),
        ('{"7": {"width": 5, "height": 5, "objects": {"../../8": {}}}}', "cannot name a file"),
    ],
)
def test_scene_graphs_of_another_kind_are_told_in_a_line(graphs: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "graphs.json"
    path.write_text(graphs)
    with pytest.raises(HarnessError, match=told):
        read_graphs(path)


def test_nothing_built_is_an_error_that_says_why(tmp_path: Path) -> None:
    one = {"name": "cup", "x": 20, "y": 20, "w": 40, "h": 40, "attributes": [], "relations": []}
    (tmp_path / "graphs.json").write_text(json.dumps({"7": {"width": 99, "height": 99, "objects": {"1": one}}}))
    words = ["gqa", "build", str(tmp_path / "graphs.json"), str(tmp_path), str(tmp_path / "out"), "--common", "1"]
    done = CliRunner().invoke(cli, [*words, "--inpainter", "telea"])
    assert isinstance(done.exception, HarnessError)
    assert "no pair of test could be built: 1 its photograph is not there" in str(done.exception)


def test_only_what_fills_a_hole_by_its_picture_may_fill() -> None:
    with pytest.raises(HarnessError, match="can assess"):
        open_filler("sddfiqa@random")
    with pytest.raises(UnknownName):
        open_filler("tellea")

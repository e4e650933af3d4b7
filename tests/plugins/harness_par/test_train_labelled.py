"""`harness train par`: PAL4VST's schedule on marked pictures, its auxiliary head, what is padded, what is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import Sample
from harness.testing.conformance.pictures import photograph
from harness.training.loop import train
from harness.training.recipe import MODEL, Progress
from harness.weights import load_state
from harness_par.labelled_data import crop, scaled
from harness_par.network import SMALL, ArtifactNetwork, Config, config_of
from harness_par.proxy_network import ProxyNetwork
from harness_par.train import RECIPES
from harness_par.train_labelled import IGNORED, MINI, PAPER, Labelled, Schedule, built, paper

WITH_HEAD = Config(SMALL.width, SMALL.depths, SMALL.heads, SMALL.window, SMALL.channels, auxiliary=6)
SHORT = Schedule(batch=2, side=32, warm_up_steps=2, ends=10, validated=2)


class Marked:
    """Photographs whose upper left quarter is marked."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def ids(self) -> Sequence[str]:
        return tuple(str(index) for index in range(self._count))

    def load(self, id: str) -> Sample:
        labels = np.zeros((1, 40, 48), np.int64)
        labels[:, :20, :24] = 1
        return Sample(id=id, cluster=id, image=photograph(int(id), 40, 48), labels=labels)


def recipe(network: torch.nn.Module, schedule: Schedule = SHORT) -> Labelled:
    return Labelled("paper", network, Marked(3), Marked(2), schedule, 0)


def test_it_trains_with_its_auxiliary_head_and_tells_both_ious(tmp_path: Path) -> None:
    network = ArtifactNetwork(WITH_HEAD)
    network.backbone.set_drop_path(0.3)
    told = []
    result = train(recipe(network), tmp_path, steps=2, cpu=True, tell=told.append)
    assert set(told[-1].losses) == {"entropy", "auxiliary"}
    assert set(result.scores) == {"miou", "artifact_iou"}
    assert config_of(load_state(result.weights)) == WITH_HEAD


def test_the_published_schedule() -> None:
    mine = recipe(ArtifactNetwork(WITH_HEAD), PAPER)
    assert mine.rate(Progress(0, 0, 0)) == pytest.approx(1 / 1500)
    assert mine.rate(Progress(1500, 0, 0)) == 1
    assert mine.rate(Progress(20_000, 0, 0)) == pytest.approx(1 - 18_500 / 158_500)
    network = mine.networks()[MODEL]
    groups = mine.optimisers({MODEL: network})[MODEL].param_groups
    found = {(round(group["lr"], 9), group["weight_decay"]) for group in groups}
    assert found == {(6e-5, 0.01), (6e-5, 0.0), (6e-4, 0.01), (6e-4, 0.0)}
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))


def test_crops_pad_what_is_small_and_avoid_one_class() -> None:
    picture, label = photograph(0, 40, 48), np.zeros((40, 48), np.uint8)
    label[:, 24:] = 1
    shown, marks = crop(picture, label, 64, 0.75, IGNORED, np.random.default_rng(0))
    assert (marks == IGNORED).sum() == 64 * 64 - 40 * 48
    assert not shown[marks == IGNORED].any()
    mixed = [crop(picture, label, 16, 0.75, IGNORED, np.random.default_rng(seed))[1].mean() for seed in range(8)]
    assert sum(0.25 <= share <= 0.75 for share in mixed) >= 6  # one place in four would do, drawn once
    assert [a.shape[:2] for a in scaled(picture, label, 96)] == [(80, 96)] * 2


def test_drop_path_leaves_out_in_training_alone() -> None:
    network = ArtifactNetwork(WITH_HEAD)
    network.backbone.set_drop_path(0.9)
    image = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(network.eval()(image), network(image))
        maps = network.train().backbone(image)
        assert not torch.equal(maps[-1], network.backbone(image)[-1])


def test_more_than_one_backbone_and_head() -> None:
    with torch.device("meta"):
        official = built("swin-b", "uper", PAPER)
        assert sum(parameter.numel() for parameter in official.parameters()) == 121_301_116
        other = built("swin-b", "fcn", PAPER)
    assert isinstance(other, ProxyNetwork)
    assert isinstance(built("small", "fcn", MINI), ProxyNetwork)
    assert set(RECIPES["par"]) == {"mini", "paper"}


def test_pictures_that_are_not_here_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    with pytest.raises(MissingRequirement, match="pal4inpaint"):
        paper(tmp_path, 0, backbone="small", head="fcn", pictures="pal4inpaint")
    with pytest.raises(HarnessError, match="pal4inpaint or pal4vst"):
        paper(tmp_path, 0, backbone="small", head="fcn", pictures="photos")

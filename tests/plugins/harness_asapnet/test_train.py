"""ASAP-Net's recipes, losses and labelled batches."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim import Adam

from harness.errors import HarnessError, MissingRequirement
from harness.training.command import recipes
from harness.training.data import Crop
from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.recipe import MODEL, Parts, Progress
from harness.training.small_inpainter import CRITIC, HELD_OUT
from harness.training.small_inpainter import Course as InpaintCourse
from harness_asapnet import losses, paper
from harness_asapnet.config import AsapNetConfig
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.labelled import LabelledBatches, open_labelled
from harness_asapnet.losses import MultiscaleDiscriminator, matching, voiced
from harness_asapnet.method import load_network
from harness_asapnet.network import AsapNet
from harness_asapnet.train import MiniInpaint
from harness_asapnet.translation import Course, Mini, pixel_loss

TINY = AsapNetConfig(4, 8, 4, lr_width=6, lr_max_width=12, lr_depth=2, hr_width=8, hr_depth=3)


@pytest.fixture
def data(packed_noise: Callable[..., Path], tmp_path: Path) -> Path:
    folder = shutil.copytree(packed_noise(64), tmp_path / "data")
    for seed, name in enumerate(("scenes", "photos")):
        labels = np.random.default_rng(seed).integers(0, 4, (HELD_OUT + 4, 64, 64), dtype=np.uint8)
        np.save(folder / f"{name}_labels.npy", labels)
    return folder


def test_mini_inpainting_trains_and_exports_weights_that_load_strict(data: Path, tmp_path: Path) -> None:
    recipe = MiniInpaint(data, 0, replace(InpaintCourse(), feature_from=0.4, adversarial_from=0.4))
    recipe.batch = replace(recipe.batch, sizes=((64, 2, 1.0),))
    for name, (image, _mask) in recipe.validator.samples.items():
        recipe.validator.samples[name] = image[:2, :, :64, :64], torch.ones(2, 1, 64, 64).triu()
    reports = []
    result = train(recipe, tmp_path / "out", steps=2, cpu=True, every_minutes=0, tell=reports.append)
    assert [set(report.losses) & {"feat", "adv"} for report in reports] == [set(), {"feat", "adv"}]
    assert load_network(result.weights, AsapInpaint).config.residual
    assert read_metadata(result.weights)["samples_seen"] == 4


def test_mini_translation_trains_and_exports_weights_that_load_strict(data: Path, tmp_path: Path) -> None:
    course = replace(Course(), feature_from=0.4, adversarial_from=0.4, side=32, count=2)
    reports = []
    recipe = Mini(data, 0, course)
    result = train(recipe, tmp_path / "out", steps=2, cpu=True, every_minutes=0, tell=reports.append)
    assert [set(report.losses) & {"feat", "adv"} for report in reports] == [set(), {"feat", "adv"}]
    assert set(reports[-1].scores) == {"psnr", "feat", "spread"}
    network = load_network(result.weights, AsapNet)
    assert network.config.inputs == 4
    assert "labels_sha256" in read_metadata(result.weights)["data"][0]
    rates = [recipe.rate(Progress(step, 0, share)) for step, share in ((0, 0.0), (9_999, 0.5), (9_999, 1.0))]
    assert rates == pytest.approx([1 / course.warm_up_steps, 1, course.last_rate])


def test_a_crop_keeps_picture_and_labels_together(data: Path) -> None:
    labels = np.load(data / "scenes_labels.npy")
    np.save(data / "scenes.npy", np.repeat(labels[..., None] * 60, 3, axis=-1))
    packed = open_labelled(data, "scenes")
    batch = LabelledBatches(packed, Crop(32), 3, seed=0)(5)
    assert torch.equal(((batch["image"][:, 0] + 1) * 127.5 / 60).round().long(), batch["labels"])
    zoomed = LabelledBatches(packed, Crop(48, (2.0, 2.0)), 2, seed=0)(0)
    assert zoomed["labels"].shape == (2, 48, 48)
    assert set(zoomed["labels"].unique().tolist()) == {0, 1, 2, 3}


def test_labels_that_are_missing_or_do_not_fit_are_one_line(data: Path) -> None:
    np.save(data / "scenes_labels.npy", np.zeros((3, 64, 64), np.uint8))
    with pytest.raises(HarnessError, match="do not fit the 20 pictures"):
        open_labelled(data, "scenes")
    np.save(data / "scenes_labels.npy", np.full((HELD_OUT + 4, 64, 64), 7, np.uint8))
    with pytest.raises(HarnessError, match="class 7"):
        Mini(data, 0)
    (data / "scenes_labels.npy").unlink()
    with pytest.raises(HarnessError, match="render_training"):
        open_labelled(data, "scenes")


def test_pixels_of_objects_count_more() -> None:
    truth, labels = torch.zeros(1, 3, 1, 4), torch.tensor([[[0, 0, 0, 2]]])
    wrong = torch.zeros(1, 3, 1, 4)
    wrong[..., 3] = 1
    assert float(pixel_loss(wrong, truth, labels, 3.0)) == pytest.approx(3 / 6)


def test_the_discriminator_has_the_papers_layers() -> None:
    critic = MultiscaleDiscriminator(16)
    judged = critic(torch.zeros(1, 16, 128, 128))
    assert [[m.shape[1] for m in maps] for maps in judged] == [[64, 128, 256, 512, 1]] * 2
    assert [[m.shape[-1] for m in maps] for maps in judged] == [[65, 33, 17, 18, 19], [33, 17, 9, 10, 11]]
    assert float(matching(judged, judged).detach()) == 0


def test_hinge_and_matching_by_hand() -> None:
    judged = [[torch.tensor([1.0]), torch.tensor([[0.5, 2.0]])], [torch.tensor([3.0]), torch.tensor([[-2.0]])]]
    assert float(voiced(judged, "real")) == pytest.approx((0.25 + 3.0) / 2)
    assert float(voiced(judged, "fake")) == pytest.approx((2.25 + 0.0) / 2)
    assert float(voiced(judged, "fool")) == pytest.approx((-1.25 + 2.0) / 2)
    other = [[torch.tensor([2.0]), torch.tensor([9.0])], [torch.tensor([0.0]), torch.tensor([9.0])]]
    assert float(matching(judged, other)) == pytest.approx((1 + 3) / 2)


class _FakePerceptual(torch.nn.Module):
    def forward(self, output: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        return (output - truth).abs().mean()


@pytest.mark.parametrize("method", ["asapnet", "asapnet-inpaint"])
def test_paper_moves_both_networks(data: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    from accelerate import Accelerator

    monkeypatch.setattr(paper, "vgg_file", lambda: Path("nowhere"))
    monkeypatch.setattr(paper, "VggLoss", lambda file: _FakePerceptual())
    monkeypatch.setattr(paper, "SIDE", 64)
    for name in ("scenes", "photos"):
        for part in ("", "_labels"):
            (data / f"{name}{part}.npy").rename(data / f"{name.replace('scenes', 'facades')}{part}.npy")
    recipe = (paper.translation if method == "asapnet" else paper.inpainting)(data, 0)
    recipe.config = replace(TINY, inputs=recipe.config.inputs)
    networks = recipe.networks()
    assert 0.001 < networks[MODEL].lowres_stream.head.weight.std() < 0.01
    before = {name: torch.cat([p.detach().flatten() for p in net.parameters()]) for name, net in networks.items()}
    optimisers = recipe.optimisers(networks)
    assert {name: o.param_groups[0]["lr"] for name, o in optimisers.items()} == {MODEL: 1e-4, CRITIC: 4e-4}
    assert all(isinstance(o, Adam) and o.param_groups[0]["betas"] == (0.0, 0.9) for o in optimisers.values())
    told = recipe.step(Parts(Accelerator(cpu=True), networks, optimisers), recipe.batch(0), Progress(0, 0, 0.0))
    assert set(told) == {"adv", "match", "vgg", "critic"}
    for name, net in networks.items():
        assert not torch.equal(before[name], torch.cat([p.detach().flatten() for p in net.parameters()]))
    assert [recipe.rate(Progress(0, 0, share)) for share in (0.5, 1.0)] == [1.0, 0.0]
    assert recipe.rate(Progress(0, 0, 5 / 6)) == pytest.approx(0.5)


def test_vgg_is_found_where_torchvision_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(MissingRequirement, match=losses.VGG19):
        losses.vgg_file()
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / losses.VGG19).touch()
    assert losses.vgg_file().name == losses.VGG19


def test_each_method_of_the_package_has_its_own_recipes() -> None:
    assert recipes("asapnet")["mini"] != recipes("asapnet-inpaint")["mini"]
    assert recipes("coordfill")["mini"] == "harness_coordfill.train:mini"

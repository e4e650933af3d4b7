"""`par` as a judge: map, scores and sweep; the user's own TorchScript files; what the plugin registers."""

from __future__ import annotations

import subprocess
import sys
import warnings
from importlib.resources import files
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from harness.errors import HarnessError
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.testing import cases
from harness.testing.conformance.tensors import pictures
from harness_par.method import SWEEP, ParAssessor, share, sweep
from harness_par.network import SMALL, ArtifactNetwork
from harness_par.spec import PAR


class Logits(nn.Module):
    """A stand-in for PAL4Inpaint's kind: artifact where red, normalised, is above 0; any size."""

    def forward(self, image: Tensor) -> Tensor:
        return torch.cat([-image[:, :1], image[:, :1]], 1)


class Classes(nn.Module):
    """A stand-in for PAL4VST's kind: whole numbers, one picture of 512×512."""

    def forward(self, image: Tensor) -> Tensor:
        assert image.shape == (1, 3, 512, 512)
        return (image[:, :1] > 0).long()


class Wrong(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image


def torchscript(module: nn.Module, folder: Path, side: int = 512) -> ParAssessor:
    path = folder / "torchscript.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch retires the format that users have
        torch.jit.script(module.eval()).save(str(path))
    return ParAssessor(Setup("cpu", LoadedWeights("torchscript", "official", path, "")), side=side)


def red(image: Tensor) -> Tensor:
    return (255 * image[:, :1] > 123.675).float()


def test_a_file_of_logits_judges_at_the_picture_s_own_size(tmp_path: Path) -> None:
    image = pictures(2, (40, 56))
    found = torchscript(Logits(), tmp_path, side=0).assess(Batch(("a", "b"), image=image))
    assert found.map is not None
    assert torch.equal((found.map > 0.5).float(), red(image))
    assert torch.allclose(found.scores["par_image"], red(image).mean((1, 2, 3)))
    assert torch.equal(found.scores["par_image"], found.scores["par_image_50"])
    assert not torch.equal(found.scores["par_image_10"], found.scores["par_image_90"])


def test_a_file_of_classes_gets_one_picture_of_its_size_at_a_time(tmp_path: Path) -> None:
    image = torch.zeros(2, 3, 64, 48)
    image[0, 0, :32] = 1
    found = torchscript(Classes(), tmp_path).assess(Batch(("a", "b"), image=image))
    assert found.map is not None
    assert found.map.shape == (2, 1, 64, 48)
    assert torch.equal(found.map, red(image))
    assert {round(float(found.scores[f"par_image_{past}"][0]), 6) for past in (10, 50, 90)} == {0.5}


def test_what_a_file_must_not_be(tmp_path: Path) -> None:
    batch = Batch(("a",), image=pictures(1, (24, 32)))
    with pytest.raises(HarnessError, match=r"answers torch.float32 \(1, 3, 24, 32\): expected logits"):
        torchscript(Wrong(), tmp_path, side=0).assess(batch)
    with pytest.raises(HarnessError, match="fails on a picture of 32×24"):
        torchscript(Classes(), tmp_path, side=0).assess(batch)
    torch.save(ArtifactNetwork(SMALL).state_dict(), tmp_path / "torchscript.pt")
    with pytest.raises(HarnessError, match="is no TorchScript file"):
        ParAssessor(Setup("cpu", LoadedWeights("torchscript", "official", tmp_path / "torchscript.pt", "")))


def test_a_program_is_run_only_where_it_is_chosen_by_name(tmp_path: Path) -> None:
    torchscript(Logits(), tmp_path)
    with pytest.raises(HarnessError, match="is TorchScript, a program and not tensors"):
        ParAssessor(Setup("cpu", LoadedWeights("official", "official", tmp_path / "torchscript.pt", "")))


def test_scores_follow_from_the_map() -> None:
    image = pictures(2, (40, 64))
    found = ParAssessor(Setup(), side=64).assess(Batch(("a", "b"), image=image))
    assert found.map is not None
    assert found.map.shape == (2, 1, 40, 64)
    assert found.primary == "clean"
    assert torch.allclose(found.scores["clean"], 1 - found.map.mean((1, 2, 3)))
    assert torch.equal(found.scores["par_image"], (found.map > 0.5).float().mean((1, 2, 3)))


def test_what_it_refuses() -> None:
    with pytest.raises(HarnessError, match="needs an image"):
        ParAssessor(Setup()).assess(Batch(("a",)))
    with pytest.raises(HarnessError, match="side is -1"):
        ParAssessor(Setup(), side=-1)


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=24))
def test_the_ratio_is_a_count_and_falls_with_the_threshold(pixels: list[tuple[float, bool]]) -> None:
    probability = torch.tensor([p for p, _ in pixels]).reshape(1, 1, 1, -1)
    hole = torch.tensor([float(inside) for _, inside in pixels]).reshape(1, 1, 1, -1)
    inside = [p for p, within in pixels if within]
    found = float(share(probability, hole))
    if not inside:
        assert found != found  # NaN: an empty hole has no ratio
        return
    assert found == pytest.approx(sum(p > 0.5 for p in inside) / len(inside))
    ratios = [float(value) for value in sweep(probability, hole).values()]
    assert len(ratios) == len(SWEEP)
    assert ratios == sorted(ratios, reverse=True)


def test_the_method_is_described_without_torch() -> None:
    code = "import harness_par, sys; print([m for m in ('torch', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert PAR.parity == "successor"
    assert "Adobe Research License" in PAR.weights[1].licence
    millions = sum(parameter.numel() for parameter in ArtifactNetwork(SMALL).parameters()) / 1e6
    assert PAR.weights[2].parameters_m == pytest.approx(millions)
    package, _, card = PAR.card.partition(":")
    text = files(package).joinpath(card).read_text()
    assert f"{round(1e6 * millions):,}" in text
    assert "Successor network" in text


def test_the_kit_asks_for_the_kind_and_expects_nothing_of_random_weights() -> None:
    with pytest.raises(HarnessError, match="'par' is several things: method:par, metric:par; write the one you mean"):
        cases("par")
    (ladders,) = [case for case in cases("par@random") if case.check.name == "ladders"]
    assert (ladders.target.kind, ladders.run().status) == ("method", "skipped")

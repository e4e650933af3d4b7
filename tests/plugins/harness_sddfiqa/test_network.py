"""The networks' entries, what their files may hold, and what no face is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from harness.errors import HarnessError
from harness_sddfiqa.method import load_face_network
from harness_sddfiqa.network import SIDE, SMALL, Backbone, Config, Head, build_network, config_of
from harness_sddfiqa.regressor import regressor_from

SIZES: dict[tuple[Backbone, Head], int] = {
    ("ir50", "quality"): 30_777_537,
    ("ir50", "recognition"): 43_598_016,
    ("mobilefacenet", "quality"): 961_409,
    ("mobilefacenet", "recognition"): 1_200_512,
}


@pytest.mark.parametrize(("which", "parameters"), SIZES.items())
def test_the_four_networks(which: tuple[Backbone, Head], parameters: int) -> None:
    with torch.device("meta"):
        network = build_network(Config(*which))
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    assert config_of(network.state_dict()) == network.config
    small = build_network(replace(SMALL, backbone=which[0], head=which[1])).eval()
    found = small(torch.zeros(2, 3, SIDE, SIDE))
    assert found.shape == (2, 1 if which[1] == "quality" else 512)


def test_a_face_has_one_size() -> None:
    with pytest.raises(ValueError, match="3x112x112, not 3x112x96"):
        build_network(SMALL)(torch.zeros(1, 3, SIDE, 96))


def test_names_of_no_network_are_refused() -> None:
    with pytest.raises(ValueError, match="neither IR-50 nor MobileFaceNet"):
        config_of({"conv1.conv.weight": 0})


@pytest.mark.parametrize(("wrong", "words"), [({"backbone": "r100"}, "r100"), ({"head": "age"}, "age")])
def test_unknown_configurations_are_refused(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Config(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("prefix", ["", "module."])
def test_an_official_file_loads_strict(tmp_path: Path, prefix: str) -> None:
    network = build_network(Config("mobilefacenet")).eval()
    path = tmp_path / "official.pth"
    torch.save({prefix + name: value for name, value in network.state_dict().items()}, path)
    loaded = load_face_network(path)
    assert loaded.config == network.config
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("change", ["missing", "extra", "shape", "half"])
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, prefix: str, change: str) -> None:
    state = dict(build_network(Config("mobilefacenet")).state_dict())
    if change == "missing":
        del state["conv_4.model.2.project.bn.bias"]
    if change == "extra":
        state["more"] = torch.zeros(1)
    if change == "shape":
        state["quality.3.weight"] = state["quality.3.weight"][:, 1:]
    named = {prefix + name: value for name, value in state.items()}
    if change == "half":
        named[("" if prefix else "module.") + "quality.3.bias"] = named.pop(f"{prefix}quality.3.bias")
    torch.save(named, tmp_path / "x.pth")
    with pytest.raises(HarnessError, match="does not hold SDD-FIQA weights"):
        load_face_network(tmp_path / "x.pth")


@pytest.mark.parametrize("backbone", ["ir50", "mobilefacenet"])
def test_a_regressor_starts_where_its_recogniser_ended(backbone: Backbone) -> None:
    recogniser = build_network(replace(SMALL, backbone=backbone, head="recognition")).eval()
    told: list[str] = []
    first = regressor_from(recogniser, told.append, seed=3).eval()
    face = torch.rand(1, 3, SIDE, SIDE)
    theirs, ours = recogniser.taps(face), first.taps(face)
    assert all(torch.equal(value, ours[name]) for name, value in theirs.items() if name != "output")
    taken = [line.removeprefix("taken over: ") for line in told[:-1]]
    assert taken == [name for name in recogniser.state_dict() if not name.startswith("output_layer.")]
    assert f"{len(taken)} of {len(recogniser.state_dict())} entries" in told[-1]
    again = regressor_from(recogniser, told.append, seed=3).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in first.state_dict().items())
    with pytest.raises(HarnessError, match="quality network already"):
        regressor_from(first, told.append)


def test_a_recogniser_s_file_is_one(tmp_path: Path) -> None:
    recogniser = build_network(Config("mobilefacenet", "recognition"))
    save_file(recogniser.state_dict(), tmp_path / "r.safetensors")
    regressor = regressor_from(tmp_path / "r.safetensors", lambda line: None)
    assert regressor.config == Config("mobilefacenet")

"""PAL4VST's network: any size, files as mmsegmentation writes them, strict loading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import LoadedWeights
from harness.testing.conformance.tensors import pictures
from harness.weights import random_network
from harness_par.finder import Finder
from harness_par.network import OFFICIAL, SMALL, ArtifactNetwork, Config, config_of, normalised

WITH_HEAD = Config(SMALL.width, SMALL.depths, SMALL.heads, SMALL.window, SMALL.channels, auxiliary=6)


def state_of(config: Config) -> dict[str, Tensor]:
    return random_network(lambda: ArtifactNetwork(config)).state_dict()


def finder(path: Path) -> Finder:
    return Finder(LoadedWeights("official", "official", path, ""), "cpu", 0)


def test_the_official_size_is_what_is_published() -> None:
    with torch.device("meta"):
        network = ArtifactNetwork(OFFICIAL)
    assert sum(parameter.numel() for parameter in network.parameters()) == 120_120_442


@settings(max_examples=6, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70))
def test_any_size_has_logits_of_its_size(height: int, width: int) -> None:
    logits = random_network(lambda: ArtifactNetwork(SMALL)).eval()(normalised(torch.rand(1, 3, height, width)))
    assert logits.shape == (1, 2, height, width)
    assert bool(torch.isfinite(logits).all())


@pytest.mark.parametrize("config", [SMALL, WITH_HEAD, OFFICIAL])
def test_a_file_s_shapes_tell_its_network(config: Config) -> None:
    with torch.device("meta"):
        assert config_of(ArtifactNetwork(config).state_dict()) == config


@pytest.mark.parametrize("config", [SMALL, WITH_HEAD])
@pytest.mark.parametrize("nested", [False, True])
def test_files_load_nested_or_flat_with_or_without_the_auxiliary_head(
    config: Config, nested: bool, tmp_path: Path
) -> None:
    state = state_of(config)
    content: Any = {"meta": {"epoch": 3, "CLASSES": ("background", "bad_region")}, "state_dict": state}
    torch.save(content if nested else state, tmp_path / "official.pth")
    image = pictures(1, (40, 52))
    network = ArtifactNetwork(config).eval()
    network.load_state_dict(state)
    with torch.no_grad():
        wanted = network(normalised(image)).softmax(1)[:, 1:]
    assert torch.allclose(finder(tmp_path / "official.pth")(image), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (SMALL, "decode_head.fpn_bottleneck.bn.running_var"),
        (SMALL, "backbone.stages.0.blocks.1.norm1.weight"),
        (SMALL, "backbone.patch_embed.projection.weight"),
        (WITH_HEAD, "auxiliary_head.convs.0.conv.weight"),
    ],
)
def test_a_missing_entry_is_an_error_that_names_it(config: Config, key: str, tmp_path: Path) -> None:
    state = state_of(config)
    del state[key]
    torch.save(state, tmp_path / "official.pth")
    with pytest.raises(HarnessError, match=f"does not hold PAL4VST or par-proxy weights.*{key}"):
        finder(tmp_path / "official.pth")


def test_a_superfluous_entry_is_an_error(tmp_path: Path) -> None:
    torch.save(state_of(SMALL) | {"backbone.head.weight": torch.zeros(1)}, tmp_path / "official.pth")
    with pytest.raises(HarnessError, match=r"backbone\.head\.weight"):
        finder(tmp_path / "official.pth")

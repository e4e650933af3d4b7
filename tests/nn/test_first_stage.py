"""The small first stage that ships: whole, of known origin, and good enough for scenes that it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import HarnessError
from harness.nn import first_stage
from harness.nn.first_stage import SHIPPED, SMALL, load_first_stage
from harness.plugins import load_target, registry
from harness.training.export import read_metadata


def test_the_shipped_file_says_where_it_comes_from() -> None:
    facts = read_metadata(SHIPPED)
    assert facts["command"].startswith("harness train instinpaint --recipe first-stage")
    assert {"samples_seen", "seed", "machine", "data", "settings"} <= set(facts)
    assert [one["licence"] for one in facts["data"]] == ["CC0-1.0"]
    assert facts["network"] == {**vars(SMALL), "multipliers": list(SMALL.multipliers), "attention": []}


@torch.inference_mode()
def test_scenes_of_looks_held_out_of_training_come_back() -> None:
    scenes = load_target(registry().dataset("scenes-brush"))()
    pictures = np.stack([scenes.load(id).image for id in scenes.ids()[:12]])
    image = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    network = load_first_stage()
    made = network.decode(network.encode(image)).clamp(-1, 1)
    error = (made - image).square().mean((1, 2, 3)) / 4
    assert float(-10 * error.log10().mean()) > 27


def test_another_or_an_altered_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = tmp_path / "first-stage.safetensors"
    data = bytearray(SHIPPED.read_bytes())
    data[-1] ^= 1
    altered.write_bytes(data)
    monkeypatch.setattr(first_stage, "SHIPPED", altered)
    with pytest.raises(HarnessError, match="not that of the shipped file"):
        load_first_stage(altered)
    with pytest.raises(HarnessError, match="cannot be read"):
        load_first_stage(tmp_path / "gone.safetensors")

"""Weights that are not what they should be are refused before anything of theirs is executed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import harness

PLUGIN = """
from harness import MethodSpec, WeightsSpec, hookimpl
from harness.interfaces import Images
from harness.weights import load_state

class Method:
    def __init__(self, setup):
        self.value = load_state(setup.weights.path)["value"]

    def inpaint(self, batch):
        return Images(self.value.expand_as(batch.image).clone())

@hookimpl
def harness_register_methods(register):
    register(MethodSpec(
        name="careful", capabilities=("inpaint",), target="careful:Method", version="1", summary="s", licence="MIT",
        weights=(WeightsSpec(name="w", kind="official", licence="MIT", origin="a test", file="w.pth", sha256="{sha256}",
                             fetch="nowhere"),),
    ))
"""


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the method's file belongs."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    path = tmp_path / "home" / "weights" / "careful" / "w.pth"
    path.parent.mkdir(parents=True)
    return path


def _inpaint(
    tmp_path: Path, command: Callable[..., subprocess.CompletedProcess[str]]
) -> subprocess.CompletedProcess[str]:
    Image.fromarray(np.full((16, 24, 3), 90, np.uint8)).save(tmp_path / "picture.png")
    Image.fromarray(np.eye(16, 24, dtype=np.uint8) * 255).save(tmp_path / "mask.png")
    return command("inpaint", "careful", "picture.png", "--mask", "mask.png", "-o", "filled.png", "--device", "cpu")


def test_a_file_of_another_hash_is_refused(
    tmp_path: Path, weights: Path, with_plugin: Callable[..., None], harness_command: Callable[..., object]
) -> None:
    with_plugin("careful", PLUGIN.format(sha256="0" * 64))
    torch.save({"value": torch.tensor(0.5)}, weights)
    done = _inpaint(tmp_path, harness_command)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "expected 0000000000000000…" in done.stderr
    assert not (tmp_path / "filled.png").exists()


def test_code_in_a_checkpoint_is_never_executed(
    tmp_path: Path, weights: Path, with_plugin: Callable[..., None], harness_command: Callable[..., object]
) -> None:
    with_plugin("careful", PLUGIN.format(sha256=""))
    marker = tmp_path / "executed"
    torch.save({"value": torch.tensor(0.5), "bomb": Bomb(marker)}, weights)
    done = _inpaint(tmp_path, harness_command)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing else is unpickled" in done.stderr
    assert not marker.exists()
    torch.load(weights, weights_only=False)
    assert marker.exists()  # the file was dangerous indeed


def test_a_method_that_cannot_be_built_fails_its_samples_and_the_others_go_on(
    tmp_path: Path, weights: Path, with_plugin: Callable[..., None]
) -> None:
    with_plugin("careful", PLUGIN.format(sha256=""))
    weights.write_bytes(b"not a checkpoint")
    run = harness.run("demo", ["careful", "mean"], limit=2, device="cpu", out=tmp_path / "run")
    records = run.records.set_index("entry")
    assert list(records.loc["mean", "status"]) == ["ok", "ok"]
    assert list(records.loc["careful@w", "status"]) == ["failed", "failed"]
    assert records.loc["careful@w", "reason"].str.contains("w.pth: ").all()
    torch.save({"value": torch.tensor(0.5)}, weights)
    again = harness.run("demo", ["careful", "mean"], limit=2, device="cpu", out=tmp_path / "run", report=False)
    assert (again.records["status"] == "ok").all()

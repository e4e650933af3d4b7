"""Weights that are not what they should be are refused before anything of theirs is executed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import random
import struct
import subprocess
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file

import harness
from harness.errors import HarnessError
from harness.plugins import registry
from harness.specs import MethodSpec, WeightsSpec
from harness.weights import load_state, resolve_weights
from harness.weights.loading import read_metadata

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


# ---- every kind of file that somebody may hand over as a checkpoint


def _tensors(path: Path, header: object, body: bytes, length: int | None = None) -> None:
    """A safetensors file with any header over any content."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)


def _one(shape: list[int], *offsets: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


SAFETENSORS: dict[str, tuple[object, bytes, int | None]] = {
    "overlapping": ({"a": _one([2], 0, 8), "b": _one([2], 4, 12)}, bytes(12), None),
    "gap": ({"a": _one([2], 0, 8)}, bytes(16), None),
    "cut off": ({"a": _one([4], 0, 16)}, bytes(7), None),
    "header of a terabyte": (b"{}", b"", 1 << 40),
    "header without end": (b"{}", b"", 1 << 63),
    "overflowing shape": ({"a": _one([1 << 62, 4], 0, 16)}, bytes(16), None),
    "negative shape": ({"a": _one([-2], 0, 8)}, bytes(8), None),
    "unknown type": ({"a": _one([2], 0, 8, dtype="O8")}, bytes(8), None),
    "no header": (b"hello world", b"", None),
}


@pytest.mark.parametrize("name", SAFETENSORS)
def test_a_safetensors_file_that_lies_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "w.safetensors"
    _tensors(path, *SAFETENSORS[name])
    _one_line(path, "not a readable checkpoint")
    with pytest.raises(HarnessError, match=r"^[^\n]*not a readable checkpoint[^\n]*$"):
        read_metadata(path)


def test_metadata_of_a_missing_file_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"w\.safetensors: not a readable checkpoint"):
        read_metadata(tmp_path / "w.safetensors")


def _one_line(path: Path, words: str) -> None:
    with pytest.raises(HarnessError) as caught:
        load_state(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def _torchscript(path: Path, marker: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch would rather have it compiled
        torch.jit.save(torch.jit.script(torch.nn.ReLU()), path)


def _zip_slip(path: Path, marker: Path) -> None:
    torch.save({"value": torch.zeros(3)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"../{marker.name}", "x")
        archive.writestr(str(marker), "x")


def _old_tar(path: Path, marker: Path) -> None:
    content = pickle.dumps(Bomb(marker), 2)
    with tarfile.open(path, "w") as tar:
        for name in ("storages", "tensors", "pickle"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


class Download(Bomb):
    """Unpickling it makes torch itself write a file."""

    def __reduce__(self) -> tuple[object, ...]:
        return torch.hub.download_url_to_file, ("file:///etc/hostname", str(self.marker))


CHECKPOINTS: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "zip with a bomb": (lambda p, m: torch.save({"value": Bomb(m)}, p), "nothing else is unpickled"),
    "old format with a bomb": (
        lambda p, m: torch.save({"value": Bomb(m)}, p, _use_new_zipfile_serialization=False), "nothing else is unpick",
    ),
    "bare pickle": (lambda p, m: p.write_bytes(pickle.dumps(Bomb(m), 2)), "nothing else is unpickled"),
    "text pickle": (lambda p, m: p.write_bytes(pickle.dumps(Bomb(m), 0)), "nothing else is unpickled"),
    "torch's own downloader": (lambda p, m: torch.save({"value": Download(m)}, p), "nothing else is unpickled"),
    "whole module": (lambda p, m: torch.save(torch.nn.ReLU(), p), "nothing else is unpickled"),
    "tar of 2016": (_old_tar, "not a readable checkpoint"),
    "TorchScript": (_torchscript, "is TorchScript, a program and not tensors"),
    "zip slip": (_zip_slip, "not a readable checkpoint"),
    "npz with objects": (lambda p, m: _npz(p, np.array([Bomb(m)], dtype=object)), "not a readable checkpoint"),
    "npz": (lambda p, m: _npz(p, np.zeros(3)), "not a readable checkpoint"),
    "lists": (lambda p, m: torch.save({"value": [1.0, 2.0]}, p), "a plain mapping of names to tensors"),
    "empty": (lambda p, m: p.write_bytes(b""), "not a readable checkpoint"),
    "folder": (lambda p, m: p.mkdir(), "not a readable checkpoint"),
}  # fmt: skip


def _npz(path: Path, array: Any) -> None:
    with path.open("wb") as stream:
        np.savez(stream, value=array)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_whatever_is_called_a_checkpoint_runs_nothing_and_is_one_line(tmp_path: Path, name: str) -> None:
    make, words = CHECKPOINTS[name]
    marker = tmp_path / "executed"
    path = tmp_path / "inner" / "w.pth"
    path.parent.mkdir()
    make(path, marker)
    _one_line(path, words)
    assert not marker.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["inner"]
    assert [p.name for p in path.parent.iterdir()] == ["w.pth"]


# ---- bit rot


def test_each_of_a_hundred_flipped_bits_is_found_before_the_file_is_loaded(weights: Path) -> None:
    """Of a payload, neither torch.load nor safetensors would notice."""
    path = weights.with_name("w.safetensors")
    save_file({"value": torch.arange(64.0)}, path)
    stated = hashlib.sha256(path.read_bytes()).hexdigest()
    own = WeightsSpec("w", "official", "MIT", "a test", file=path.name, sha256=stated)
    spec = MethodSpec("careful", ("inpaint",), "careful:Method", "1", "s", "MIT", weights=(own,))
    assert resolve_weights(spec) is not None
    whole, chance, silent = path.read_bytes(), random.Random(0), 0
    for _ in range(100):
        bit = chance.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(HarnessError, match=r"has sha256 .*, expected"):
            resolve_weights(spec)
        try:
            silent += bool(load_state(path))
        except HarnessError:
            continue
    assert silent > 50  # the hash is the only defence


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64])
def test_a_file_rewritten_after_it_was_read_changes_nothing(tmp_path: Path, dtype: torch.dtype) -> None:
    path = tmp_path / "w.safetensors"
    wanted = torch.arange(100_000).remainder(512).to(dtype)
    save_file({"value": wanted}, path)
    value = load_state(path)["value"]
    path.write_bytes(b"")  # a file that is still mapped would end the process here
    assert torch.equal(value, wanted.float() if wanted.is_floating_point() else wanted)


def test_every_checkpoint_that_is_shipped_states_its_hash() -> None:
    shipped = [(m.name, w) for m in registry().all("methods") for w in getattr(m, "weights", ()) if w.resource]
    assert shipped
    assert [name for name, weights in shipped if not weights.sha256] == []


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["zip.pth", "old.pth", "plain.safetensors"]), st.data())
def test_a_damaged_checkpoint_is_one_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / name
    state = {"a": torch.arange(8.0), "b": torch.ones(2, 3)}
    if path.suffix == ".pth":
        torch.save(state, path, _use_new_zipfile_serialization=name == "zip.pth")
    else:
        save_file(state, path)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.sampled_from([None, len(damaged) // 2, len(damaged) - 1]))])
    try:
        load_state(path)
    except HarnessError as error:
        assert "\n" not in str(error)  # noqa: PT017

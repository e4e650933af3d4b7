"""`harness restore`, and `harness inpaint` by a text: pictures of a user's own, as files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

import harness
from harness.errors import HarnessError

PLUGIN = """
import numpy as np
from harness import DegradationSpec, MethodSpec, hookimpl
from harness.interfaces import Degraded, Images

@hookimpl
def harness_register_degradations(register):
    register(DegradationSpec("halved", "harness_halved:Halved", "1", "every second pixel"))
    register(DegradationSpec("dusk", "harness_halved:Dusk", "1", "darker, two exposures"))

@hookimpl
def harness_register_methods(register):
    mine = {"summary": "s", "licence": "MIT", "version": "1", "target": "harness_halved:Method"}
    for name, needs in {"back": {"image", "operator"}, "as-seen": {"image"}, "fuse": {"exposures"}}.items():
        register(MethodSpec(name, capabilities=("restore",), needs=frozenset(needs), **mine))
    register(MethodSpec("told", capabilities=("inpaint",), needs=frozenset({"image", "prompt"}), **mine))
    register(MethodSpec("drawn", capabilities=("inpaint",), roles=("region",),
                        needs=frozenset({"image", "mask", "prompt", "precision"}), **mine))
    register(MethodSpec("odd", capabilities=("inpaint",), needs=frozenset({"labels"}), **mine))

class Operator:
    sigma = 0.0
    def __init__(self, phase):
        self.phase = phase
    def __call__(self, image):
        return image[..., self.phase::2, self.phase::2]
    def pseudo_inverse(self, observed):
        return observed.repeat_interleave(2, -1).repeat_interleave(2, -2)

class Halved:
    version = "1"
    def degrade(self, sample, seed):
        operator = Operator(seed % 2)
        return Degraded(np.ascontiguousarray(operator(sample.image.transpose(2, 0, 1)).transpose(1, 2, 0)), operator)

class Dusk:
    version = "1"
    def degrade(self, sample, seed):
        return Degraded(sample.image // 4, None, np.stack([sample.image, sample.image // 2]))

class Method:
    def __init__(self, setup):
        pass
    def restore(self, batch):
        if batch.exposures is not None:
            return Images(batch.exposures[:, 0])
        if batch.operator is None:
            return Images(batch.image.clone())
        up = batch.operator.pseudo_inverse(batch.image)
        up[..., :8, :8] = float(batch.operator.phase)
        return Images(up)
    def inpaint(self, batch):
        if batch.mask is None:
            return Images(batch.image * (len(batch.prompt[0]) / 10))
        return Images(batch.image * 0 + batch.precision[0] / 5)
"""


def _read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.fixture
def cat(tmp_path: Path, with_plugin: Callable[..., None]) -> Path:
    """A photograph of 120 × 80 pixels, and the plugin."""
    with_plugin("harness_halved", PLUGIN)
    Image.fromarray(skimage.data.chelsea()[100:180, 100:220]).save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


def test_a_clean_picture_is_degraded_and_its_observation_is_restored_alike(
    cat: Path, tmp_path: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = harness_command("restore", "back", str(cat), "--degrade", "halved", "-o", "seen", "--device", "cpu")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("seen/cat.png  ")
    assert done.stdout.endswith(" s  (observed: seen/cat.observed.png)\n")
    observed, result = (_read(tmp_path / "seen" / name) for name in ("cat.observed.png", "cat.png"))
    assert any((observed == _read(cat)[phase::2, phase::2]).all() for phase in (0, 1))
    assert result.shape == (80, 120, 3)
    # the observation under the picture's name: its operator draws by that
    (tmp_path / "taken").mkdir()
    Image.fromarray(observed).save(tmp_path / "taken" / "cat.png")
    (made,) = harness.restore_files("back", [tmp_path / "taken" / "cat.png"], tmp_path / "again.png", task="halved")
    assert made.observed is None
    assert (_read(made.path) == result).all()


def test_without_a_task_nobody_knows_what_was_done(cat: Path, tmp_path: Path) -> None:
    (made,) = harness.restore_files("as-seen", [cat], tmp_path / "same.png", device="cpu")
    assert (_read(made.path) == _read(cat)).all()
    (made,) = harness.restore_files("fuse", [cat], tmp_path / "fused.png", degrade="dusk", device="cpu")
    assert (_read(made.path) == _read(cat)).all()


@pytest.mark.parametrize(
    ("method", "options", "line"),
    [
        ("back", {}, r"back needs to know what was done: --task DEGRADATION"),
        ("back", {"degrade": "dusk"}, "back needs operator, and dusk has none"),
        ("fuse", {"task": "dusk"}, "fuse needs several exposures, and a file is one"),
        ("back", {"task": "halved", "degrade": "halved"}, "give one of them"),
        ("told", {}, "told cannot restore; it can inpaint"),
        ("as-seen", {"task": "halvd"}, "halved"),
    ],
)
def test_what_cannot_be_restored_is_said_in_a_line(
    cat: Path, tmp_path: Path, method: str, options: dict[str, Any], line: str
) -> None:
    with pytest.raises(HarnessError, match=line) as refusal:
        list(harness.restore_files(method, [cat], tmp_path / "never.png", device="cpu", **options))
    assert len(str(refusal.value).splitlines()) == 1
    assert not (tmp_path / "never.png").exists()


def _inpaint(method: str, cat: Path, mask: Path | None = None, **options: Any) -> NDArray[np.uint8]:
    out = cat.with_name("edited.png")
    list(harness.inpaint_files(method, [cat], mask, out, warn=print, device="cpu", **options))
    return _read(out)


def test_a_text_needs_no_mask_and_a_mask_keeps_the_rest(cat: Path, tmp_path: Path) -> None:
    assert (_inpaint("told", cat, prompt="ten letter") == _read(cat)).all()
    hole = np.zeros((80, 120), np.uint8)
    hole[20:40, 30:60] = 255
    Image.fromarray(hole).save(tmp_path / "hole.png")
    edited = _inpaint("drawn", cat, tmp_path / "hole.png", prompt="a ball", precision=2)
    assert (edited[hole > 0] == 102).all()
    assert (edited[hole == 0] == _read(cat)[hole == 0]).all()
    for method, mask, prompt, line in (
        ("told", None, "", 'told needs a prompt: --prompt "…"'),
        ("told", tmp_path / "hole.png", "x", "told takes no mask: leave out --mask"),
        ("telea", None, "", "telea needs a mask: --mask MASK"),
        ("telea", tmp_path / "hole.png", "x", "telea takes no prompt: leave out --prompt"),
        ("odd", None, "", "odd needs labels, which a picture does not bring"),
    ):
        with pytest.raises(HarnessError, match=line):
            _inpaint(method, cat, mask, prompt=prompt)

"""What the plugin registers, and how little importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import harness_scenes
from harness.plugins import build_registry, load_target
from harness_scenes.dataset import SceneHoles
from harness_scenes.masks import SceneCuts


def test_the_registry_finds_data_set_and_mask_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_scenes")
    registry = build_registry()
    assert {report.name: report.cause for report in registry.reports}["scenes"] == ""
    data, masks = registry.dataset("scenes-holes"), registry.mask_set("scene-cuts")
    assert load_target(data) is SceneHoles
    assert load_target(masks) is SceneCuts
    assert data.version == SceneHoles.version
    assert masks.version == SceneCuts.version
    defaults = {name: param.default for name, param in masks.params.items()}
    assert vars(SceneCuts(**defaults)) == vars(SceneCuts())


def test_public_names_are_the_hooks() -> None:
    hooks = sorted(name for name in vars(harness_scenes) if name.startswith("harness_"))
    assert harness_scenes.__all__ == hooks


def test_importing_the_plugin_is_light() -> None:
    heavy = "{'torch', 'numpy', 'PIL', 'moderngl', 'cv2'}"
    program = f"import sys, harness_scenes, harness_scenes.spec; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_committed_scenes_need_no_opengl() -> None:
    program = (
        "import sys; sys.modules['moderngl'] = None\n"
        "from harness_scenes.dataset import SceneHoles\n"
        "print(SceneHoles().load('scene-00').image.shape)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "(256, 256, 3)"

"""Two renderers, one picture; the instance map is exact."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from harness_scenes import render as rendering
from harness_scenes import render_gl
from harness_scenes.render import Rendered, render
from harness_scenes.sampling import sample_scene
from harness_scenes.scene import Scene, SceneObject
from harness_scenes.vocabulary import LABELS, SEEDS, SHAPES, Split

PLACES: tuple[tuple[Split, int], ...] = (("train", 0), ("train", 7), ("eval", 0), ("eval", 3))


@pytest.fixture
def egl() -> None:
    pytest.importorskip("moderngl")
    try:
        render_gl.renderer_name()
    except Exception as error:
        pytest.skip(f"no EGL here: {error}")


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Forget which backend works, before and after."""
    rendering._working_backend.cache_clear()
    yield
    rendering._working_backend.cache_clear()


def scene_of(split: Split, number: int) -> Scene:
    return sample_scene(SEEDS[split].start + number, split)


def with_only(scene: Scene, *objects: SceneObject) -> Scene:
    return replace(scene, objects=objects)


@pytest.mark.usefixtures("egl")
@pytest.mark.parametrize(("split", "number"), PLACES)
def test_opengl_and_numpy_agree(split: Split, number: int) -> None:
    scene = scene_of(split, number)
    gl, plain = render(scene, 64, "gl"), render(scene, 64, "numpy")
    assert (gl.backend, plain.backend) == ("gl", "numpy")
    difference = np.abs(gl.image.astype(int) - plain.image)
    assert difference.mean() < 0.05
    assert (difference.max(axis=2) > 2).mean() < 0.002
    assert (gl.instances != plain.instances).mean() < 0.001


@pytest.mark.usefixtures("egl")
def test_a_process_that_has_rendered_can_train() -> None:
    pytest.importorskip("triton")
    code = "from harness_scenes.render_gl import renderer_name; renderer_name(); import triton"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_same_scene_gives_the_same_picture() -> None:
    a, b = (render(scene_of("train", 1), 32, "numpy") for _ in range(2))
    assert (a.image == b.image).all()
    assert (a.instances == b.instances).all()


@pytest.mark.parametrize(("split", "number"), PLACES)
def test_the_centre_of_every_object_shows_that_object(split: Split, number: int) -> None:
    scene = scene_of(split, number)
    instances = render(scene, 64, "numpy").instances
    for k, item in enumerate(scene.objects, start=1):
        column, row, _ = scene.camera.project(item.position)
        assert instances[int(row * 64), int(column * 64)] == k


def test_a_spheres_silhouette_is_the_analytic_one() -> None:
    ball = SceneObject("sphere", "red", "rubber", "large", (0.3, -0.2, 0.72), 0.0)
    scene = with_only(scene_of("train", 0), ball)
    rendered = render(scene, 48, "numpy")
    right, up, forward = (np.array(axis) for axis in scene.camera.basis())
    at = ((np.arange(48) + 0.5) / 24 - 1) * math.tan(math.radians(scene.camera.field) / 2)
    rays = forward + at[None, :, None] * right - at[:, None, None] * up
    rays /= np.linalg.norm(rays, axis=2, keepdims=True)
    centre = np.array(ball.position) - np.array(scene.camera.position)
    aside = np.linalg.norm(np.cross(rays, centre), axis=2)
    clear = np.abs(aside - ball.half) > 1e-4  # float32 rays decide the rest
    assert ((aside < ball.half) == rendered.silhouettes[0])[clear].all()
    assert rendered.silhouettes[0].sum() > 20


@pytest.mark.parametrize("shape", SHAPES)
def test_maps_tell_the_same_story(shape: str) -> None:
    scene = scene_of("train", 2)
    objects = tuple(replace(item, shape=shape) for item in scene.objects)
    rendered = render(with_only(scene, *objects), 32, "numpy")
    assert rendered.silhouettes.shape == (len(objects), 32, 32)
    assert (rendered.silhouettes.sum(axis=0) == (rendered.instances > 0)).all()
    assert set(np.unique(rendered.labels)) == {0, LABELS.index(shape)}
    assert ((rendered.labels > 0) == (rendered.instances > 0)).all()


def test_an_object_less_takes_its_shadow_along() -> None:
    scene = scene_of("train", 0)
    empty, full = render(with_only(scene), 48, "numpy"), render(scene, 48, "numpy")
    assert not empty.instances.any()
    darker = full.image.astype(int).sum(axis=2) < empty.image.astype(int).sum(axis=2) - 60
    assert (darker & (full.instances == 0)).mean() > 0.02


def test_metal_mirrors_its_neighbour_and_rubber_does_not() -> None:
    scene = scene_of("train", 0)
    right, _, forward = scene.camera.basis()
    ball = SceneObject("sphere", "blue", "metal", "large", (0.0, 0.0, 0.72), 0.0)
    beside = (1.5 * right[0] - 0.6 * forward[0], 1.5 * right[1] - 0.6 * forward[1], 0.38)
    cube = SceneObject("cube", "yellow", "rubber", "small", beside, 20.0)

    def change(material: str) -> float:
        """Largest change inside the ball when the cube comes, away from shadow: in blue minus red."""
        one = replace(ball, material=material)
        alone, both = (render(with_only(scene, *objects), 64, "numpy") for objects in ((one,), (one, cube)))
        inside = (alone.instances == 1) & (both.instances == 1)
        hue = [(r.image[..., 0].astype(int) - r.image[..., 2])[inside] for r in (alone, both)]
        return float((hue[1] - hue[0]).max())

    assert change("metal") > 40 > 20 > change("rubber")


@pytest.mark.usefixtures("forgotten")
def test_a_failing_driver_is_told_once_and_numpy_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError("libEGL.so is not here")

    monkeypatch.setattr(render_gl, "renderer_name", fail)
    scene = scene_of("train", 0)
    with pytest.warns(RuntimeWarning, match="OpenGL does not run here .*libEGL.so is not here"):
        first = render(scene, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = render(scene, 8)
    assert [r.backend for r in (first, second)] == ["numpy", "numpy"]


def test_senseless_requests_are_refused() -> None:
    scene = scene_of("train", 0)
    with pytest.raises(ValueError, match="size is 0"):
        render(scene, 0)
    with pytest.raises(ValueError, match="not one of auto, gl, numpy"):
        render(scene, 8, "vulkan")  # type: ignore[arg-type]


def test_a_rendered_scene_names_the_classes_of_its_instances() -> None:
    instances = np.array([[0, 1], [2, 2]], np.uint8)
    rendered = Rendered(np.zeros((2, 2, 3), np.uint8), instances, (3, 1), "numpy")
    assert rendered.labels.tolist() == [[0, 3], [1, 1]]

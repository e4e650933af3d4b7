"""`harness export`: what a method would be shown, as files, for methods that cannot live in this environment.

Never a truth: a picture is written with its hole blanked, or, where the mask marks a region to edit, only if what is
judged lies elsewhere; of a degraded picture the observation is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.plugins import registry
from harness.runner.outputs import file_key
from harness.runner.plan import select_tasks
from harness.runner.readme import readme
from harness.runner.roles import role_of
from harness.store.files import clear_errors, write_atomic, write_json
from harness.store.keys import pixels_hash, seed_of
from harness.suites import Suite, Task, suite_named

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels
    from harness.runner.units import TaskData, Unit

__all__ = ["MANIFEST", "export", "run_options"]

FORMAT = 1
MANIFEST = "manifest.json"
MARK = ".harness-export.json"
SEED = 0
POLARITY = {
    "hole": "mask 255 = hole, to be filled; 0 = known, to be kept; pixels of the hole are 0 in the image",
    "region": "mask 255 = region to edit; 0 = elsewhere; the image shows every pixel",
    "": "no mask: the image shows every pixel",
    "observation": "the image is a degraded one; write the picture before that, of the sample's height and width",
}


def export(suite: str, folder: str | Path, *, tasks: Sequence[str] = (), limit: int = 0) -> dict[str, Any]:
    """Write images, masks, prompts, `manifest.json` and a README for the author of a foreign program.

    The manifest comes last and lists what this call asked for; the same call completes an export that was stopped.

    Args:
        suite: a registered suite's name.
        folder: new, empty, or an export of the same suite, tasks and limit.
        tasks: only these; empty: all.
        limit: at most so many images a task; 0: all.

    Returns:
        The manifest.

    Raises:
        HarnessError: unknown names, a folder that holds something else, nothing to export, a full disk.
    """
    from harness.runner.units import TaskData, attributions

    known = registry()
    loaded = suite_named(suite, known.suite)
    tasks = [tasks] if isinstance(tasks, str) else tasks
    chosen = [task for task in select_tasks(loaded, tasks, limit) if task.capability == "inpaint" or task.degradation]
    if not chosen:
        raise HarnessError(f"suite {loaded.name} has no holes and nothing degraded: harness show suite:{loaded.name}")
    root = Path(folder)
    _claim(root, loaded, run_options([task.id for task in chosen] if tasks else (), limit).strip())
    datas = [TaskData(task, known) for task in chosen]
    samples: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    for data in datas:
        _export_task(root, data, samples, left_out)
    manifest = {
        "format": FORMAT,
        "suite": _identity(loaded),
        "tasks": [_described(data) for data in datas],
        "outputs": "OUT/<task>/<key>.png",
        "seed": SEED,
        "samples": samples,
        "left_out": left_out,
        "attribution": attributions(datas),
    }
    write_atomic(root / "README.txt", readme(manifest, f"{suite}{run_options(tasks, limit)}").encode())
    write_json(root / MANIFEST, manifest)
    return manifest


def _identity(suite: Suite) -> dict[str, Any]:
    return {"name": suite.name, "version": suite.version, "sha256": suite.sha256, "title": suite.title}


def _described(data: TaskData) -> dict[str, Any]:
    task: Task = data.task
    told = "observation" if task.degradation else task.role if "mask" in task.gives else ""
    return {"id": task.id, "title": task.title, "polarity": POLARITY[told], **data.identity(), "role": role_of(task)}


def run_options(tasks: Sequence[str], limit: int) -> str:
    """The options that make a run ask for the same samples."""
    return "".join([*(f" --task {task}" for task in tasks), f" --limit {limit}" if limit else ""])


def _claim(root: Path, suite: Suite, asked: str) -> None:
    """Make the folder this selection's export, or refuse it. The old manifest goes: it may describe other pictures.

    Another selection of the suite is refused too: pictures of the old one would lie there, in no manifest.
    """
    mark, mine = root / MARK, _identity(suite)
    with clear_errors(root):
        if root.exists() and not root.is_dir():
            raise HarnessError(f"{root} is not a folder; give another DIR")
        if not mark.exists() and root.exists() and any(path.suffix != ".tmp" for path in root.iterdir()):
            raise HarnessError(f"{root} is not empty and not an export; give another DIR")
        found = _read_mark(mark) if mark.exists() else {**mine, "asked": asked}
        if {key: found.get(key) for key in mine} != mine:
            raise HarnessError(
                f"{root} is an export of suite {found.get('name')} v{found.get('version')}"
                f" ({str(found.get('sha256'))[:8]}), not of {suite.name} v{suite.version} ({suite.sha256[:8]});"
                " give another DIR"
            )
        if (held := found.get("asked", "of an older harness")) != asked:
            raise HarnessError(
                f"{root} holds another selection ({held or 'the whole suite'}), not {asked or 'the whole suite'};"
                " give another DIR"
            )
        write_json(mark, {**mine, "asked": asked})
        (root / MANIFEST).unlink(missing_ok=True)


def _read_mark(mark: Path) -> dict[str, Any]:
    try:
        found = json.loads(mark.read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise HarnessError(f"{mark} is damaged; give another DIR")
    return found


def _export_task(root: Path, data: TaskData, samples: list[dict[str, Any]], left_out: list[dict[str, str]]) -> None:
    """Write the files of one task, and append their rows, or why a sample has none."""
    from harness.runner.units import ahead

    task = data.task
    for key, unit in ahead(data, data.keys):
        why = str(unit) if isinstance(unit, Exception) else _shows_its_truth(unit, task)
        if isinstance(unit, Exception) or why:
            left_out.append({"task": task.id, "sample": key.id, "reason": why})
        else:
            samples.append(_export_sample(root, task, unit))


def _shows_its_truth(unit: Unit, task: Task) -> str:
    """Why a sample is not exported: its picture, as a method sees it, would be what the output is judged by."""
    if task.degradation:
        return ""
    if "mask" in task.gives and unit.mask is None:
        return "it has no mask"
    blanked = task.role == "hole" and unit.mask is not None
    return "" if blanked or unit.image is not None else "its picture is its truth"


def _export_sample(root: Path, task: Task, unit: Unit) -> dict[str, Any]:
    name, visible = file_key(unit.id), unit.visible(role_of(task))
    row: dict[str, Any] = {
        "task": task.id,
        "key": name,
        "sample": unit.id,
        "output": f"{task.id}/{name}.png",
        "height": unit.truth.shape[0],
        "width": unit.truth.shape[1],
        "mask_ratio": round(unit.ratio, 6),
        "seed": seed_of(SEED, unit.id, 0),
        "image": _picture(root, f"{task.id}/images/{name}.png", visible, pixels_hash(visible)),
    }
    if "mask" in task.gives and unit.mask is not None:
        row["mask"] = _picture(root, f"{task.id}/masks/{name}.png", unit.mask, unit.mask_hash)
    if unit.exposures is not None:
        row["exposures"] = [
            _picture(root, f"{task.id}/exposures/{name}-{k}.png", one, pixels_hash(one))
            for k, one in enumerate(unit.exposures)
        ]
    if "prompt" in task.gives and unit.prompt is not None:
        row["prompt"] = _file(root, f"{task.id}/prompts/{name}.txt", unit.prompt.encode())
    return row


def _picture(root: Path, path: str, pixels: Pixels | Hole, name: str) -> Mapping[str, str]:
    from harness.datasets.decode import encode_png

    return {**_file(root, path, encode_png(pixels)), "pixels": name}


def _file(root: Path, path: str, content: bytes) -> Mapping[str, str]:
    """Write one file unless it is there already; its row of the manifest."""
    target = root / path
    with clear_errors(target):
        there = target.is_file() and target.read_bytes() == content
    if not there:
        write_atomic(target, content)
    return {"path": path, "sha256": hashlib.sha256(content).hexdigest()}

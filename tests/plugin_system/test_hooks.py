"""One third-party plugin that implements every register and observer hook, used by a real run; and the page of docs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import harness
from harness.runner.api import plan_run

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
WHOLE = """
import numpy as np
import torch
from harness import (DatasetSpec, DegradationSpec, EmbedderSpec, Images, MaskSetSpec, MethodSpec, MetricSpec, Sample,
                     SuiteSpec, hookimpl)

HEARD = []

class Noise:
    version = "1"
    def ids(self): return ["a", "b", "c"]
    def __len__(self): return 3
    def load(self, id):
        return Sample(id, id, np.random.default_rng(ord(id)).integers(0, 256, (24, 32, 3), np.uint8))
    def content_hash(self): return "noise"
    def pairs(self): return None
    def attribution(self): return [dict(title="noise", author="numpy", licence="none", source="a test")]

class LeftHalf:
    version, count = "1", 1
    def draw(self, sample, k):
        hole = np.zeros(sample.image.shape[:2], bool)
        hole[:, :16] = True
        return hole

class Grey:
    def __init__(self, setup): pass
    def inpaint(self, batch): return Images(torch.full_like(batch.image, 0.5))

class Brightness:
    def __init__(self, device, region): pass
    def __call__(self, batch): return {"brightness": batch.output.mean((1, 2, 3))}

class Corner:
    def __init__(self, device): pass
    def embed(self, images): return images[:, :, :2, :2].flatten(1)

class Gap:
    extractor = "corner"
    def reduce(self, outputs, truths, clusters):
        gap = float(np.abs(outputs.mean(0) - truths.mean(0)).mean())
        return gap, gap, gap
    def real_band(self, truths, clusters): return 0.0, 1.0

@hookimpl
def harness_register_datasets(register):
    register(DatasetSpec("noise", "whole:Noise", "1", "s", "none"))

@hookimpl
def harness_register_degradations(register):
    register(MaskSetSpec("left-half", "whole:LeftHalf", "1", "s", "a test"))
    register(DegradationSpec("nothing", "whole:Nothing", "1", "s"))

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("grey", ("inpaint",), "whole:Grey", "1", "s", "MIT"))

@hookimpl
def harness_register_metrics(register):
    register(MetricSpec("brightness", "whole:Brightness", "1", "sample", True, "s", "MIT"))
    register(MetricSpec("gap", "whole:Gap", "1", "set", False, "s", "MIT", diagnostic=True))

@hookimpl
def harness_register_embedders(register):
    register(EmbedderSpec("corner", "whole:Corner", "1", 12, "s", "MIT"))

@hookimpl
def harness_register_suites(register):
    register(SuiteSpec("noise", "whole:noise.toml", "s"))

@hookimpl
def harness_run_start(run):
    HEARD.append(("start", run["status"]))

@hookimpl
def harness_sample_end(record):
    HEARD.append(("sample", record["sample"]))

@hookimpl
def harness_run_end(run):
    HEARD.append(("end", run["status"]))
"""
SUITE = """
name = "noise"
version = 1
title = "Noise"
summary = "s"
cost = "nothing"
methods = ["grey"]
[[task]]
id = "fill"
title = "Fill"
dataset = "noise"
maskset = "left-half"
metrics = ["brightness", "gap"]
primary = "brightness"
"""


def test_every_hook_of_a_third_party_takes_part_in_a_run(tmp_path: Path, with_plugin: Callable[..., None]) -> None:
    with_plugin("whole", WHOLE, {"noise.toml": SUITE})
    run = harness.run("noise", device="cpu", out=tmp_path / "run")
    from whole import HEARD  # type: ignore[import-not-found]

    ids = [f"{name}@left-half/0" for name in "abc"]
    assert [("start", "running"), *(("sample", id) for id in ids), ("end", "complete")] == HEARD
    assert list(run.records["status"]) == ["ok"] * 3
    assert run.records["score:brightness"].between(0.4, 0.6).all()
    gap = next(cell for cell in run.summary.tasks[0].cells if cell.metric == "gap")
    assert gap.interval is not None
    assert 0 < gap.interval.value < 0.5
    assert run.folder.manifest["attribution"][0]["author"] == "numpy"


def _blocks(language: str) -> list[str]:
    """The page's blocks of one language, in its order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_page_s_python_works_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(_blocks("python")[2], str(PAGE), "exec"), {"__name__": "__main__"})
    shown = capsys.readouterr().out
    assert [line.split()[1] for line in shown.splitlines()[1:]] == ["grey", "grey", "telea", "telea"]


def test_the_page_s_plugin_works_as_printed(tmp_path: Path, with_plugin: Callable[..., None]) -> None:
    assert 'onecolour = "harness_onecolour"' in _blocks("toml")[0]
    whole, *_ = _blocks("python")
    assert len(whole.splitlines()) <= 30
    with_plugin("harness_onecolour", whole)
    run = harness.run(
        "demo", ["onecolour[level=0.2]", "mean"], limit=2, device="cpu", out=tmp_path / "run", report=False
    )
    mine = run.records[run.records["entry"] == "onecolour[level=0.2]"]
    assert list(mine["status"]) == ["ok", "ok"]
    assert json.loads((run.path / "manifest.json").read_text())["entries"][0]["params"] == {"level": 0.2}


LACE_SUITE = """
name = "laces"
version = 1
title = "t"
summary = "s"
cost = "c"
methods = ["mean"]
[[task]]
id = "lace"
title = "t"
dataset = "lace"
maskset = "free-form"
metrics = ["psnr"]
primary = "psnr"
"""


def test_the_page_s_data_set_is_skipped_until_it_is_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_plugin: Callable[..., None]
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    with_plugin("harness_lace", _blocks("python")[1])
    suite = tmp_path / "laces.toml"
    suite.write_text(LACE_SUITE)
    plan = plan_run(str(suite), device="cpu")
    line = f"data set lace is not here: unpack lace.zip into {tmp_path / 'data' / 'lace'}"
    assert [(skip.task, skip.reason) for skip in plan.skips] == [("lace", line)]
    (tmp_path / "data" / "lace").mkdir(parents=True)
    Image.new("RGB", (64, 64), (9, 99, 199)).save(tmp_path / "data" / "lace" / "a.png")
    run = harness.run(str(suite), device="cpu", out=tmp_path / "run", report=False)
    assert list(run.records["status"]) == ["ok"]


@pytest.mark.parametrize(("block", "count"), [(0, 3), (1, 4)])
def test_the_page_s_plugins_are_typed(block: int, count: int) -> None:
    code = _blocks("python")[block]
    functions = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    assert len(functions) == count
    for function in functions:
        assert function.returns is not None
        arguments = [*function.args.args, *function.args.kwonlyargs]
        assert [a.arg for a in arguments if a.annotation is None and a.arg not in {"self", "cls"}] == []


def test_an_observer_hears_of_an_interrupted_run(tmp_path: Path, with_plugin: Callable[..., None]) -> None:
    with_plugin("whole", WHOLE, {"noise.toml": SUITE})

    class Stop:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return self.stop if name == "advance" else lambda *args: None

        def stop(self, samples: int) -> None:
            if samples:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harness.run("noise", device="cpu", out=tmp_path / "run", progress=Stop())
    from whole import HEARD  # type: ignore[import-not-found]

    assert HEARD[-1] == ("end", "interrupted")

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.store.schema import problems

REFUSING = """
from harness import MethodSpec, hookimpl
from harness.errors import RefusedSample

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("shy", ("inpaint",), "harness_shy:Shy", "1", "refuses", "MIT"))

class Shy:
    def __init__(self, setup): ...
    def inpaint(self, batch): raise RefusedSample("not today")
"""


def test_a_real_method_and_a_small_checkpoint_are_timed_and_kept(call: Callable[..., Any], tmp_path: Path) -> None:
    words = ["bench", "telea", "coordfill@mini", "--sizes", "64", "--repeats", "2"]
    words += ["--threads", "1", "--device", "cpu", "-o", "speed.json"]
    done = call(*words)
    assert done.code == 0, done.err
    assert done.last == "speed.json"
    assert done.err.splitlines() == ["64 px"]
    official, _, mini = done.out.partition("Small checkpoints, which stand apart")
    assert "telea" in official
    assert "coordfill" not in official
    assert "coordfill@mini: this project's small checkpoint" in mini
    kept = json.loads((tmp_path / "speed.json").read_text())
    assert list(problems("bench", kept)) == []
    assert kept["argv"] == ["harness", *words]
    assert [(row["entry"], row["side"], row["calls"]) for row in kept["rows"]] == [
        ("telea", 64, 2),
        ("coordfill@mini", 64, 2),
    ]
    assert kept["coverage"] is None, "two calls tell no interval"


def test_nothing_timed_is_exit_code_1_and_says_why(call: Callable[..., Any], with_plugin: Callable[..., None]) -> None:
    with_plugin("harness_shy", REFUSING)
    done = call("bench", "shy", "--sizes", "32", "--repeats", "1", "--device", "cpu")
    assert done.code == 1
    assert "shy at 32 px: not today" in done.out


def test_mistakes_are_one_line(mistake: Callable[..., str]) -> None:
    assert "Did you mean telea" in mistake("bench", "telae")
    assert "--sizes reads 256,512,1024" in mistake("bench", "telea", "--sizes", "256x")
    assert "not 4" in mistake("bench", "telea", "--sizes", "4")
    assert "telea is named twice" in mistake("bench", "telea", "telea")
    assert "no device 'tpu' here" in mistake("bench", "telea", "--device", "tpu")

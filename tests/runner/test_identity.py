"""What a callable's rows are known by: nobody is served the rows of a method that computed something else."""

from __future__ import annotations

import dataclasses
import functools
import math
import subprocess
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import harness
from harness.plugins import registry
from harness.runner.entries import resolve_entry

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "limit": 1, "device": "cpu", "report": False}


def _code(method: Any) -> str:
    return str(resolve_entry(method, registry()).identity()["code"])


def _made(source: str, **space: Any) -> Callable[..., Any]:
    """The function `fill` of a source that sees some globals, as a notebook's cell would make it."""
    space["__name__"] = "notebook"
    exec(source, space)
    fill = space["fill"]
    assert isinstance(fill, FunctionType)
    return fill


class Fill:
    def __init__(self, level: float) -> None:
        self.level = level

    def inpaint(self, batch: Any) -> Any:
        return batch.image * 0 + self.level


class Slotted:
    __slots__ = ("level",)

    def __init__(self, level: float) -> None:
        self.level = level

    def __call__(self, batch: Any) -> Any:
        return batch.image * 0 + self.level


class Equal(Fill):
    """Two of them are equal, and so cannot be told by `==`; and none can be hashed."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


FILL = "def fill(batch): return batch.image * 0 + net"
HELPED = "def helper(batch): return batch.image{}\ndef fill(batch): return helper(batch)"
FURTHER = "def far(x): return x * {}\ndef helper(x): return far(x)\ndef fill(batch): return helper(batch.image)"
INSIDE = "def fill(batch): return [net * x for x in batch] if batch else (lambda: other)()"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_made(FILL, net=0.1), _made(FILL, net=0.9)),
        (_made(FILL, net=1), _made(FILL, net=True)),
        (_made(FILL, net=(0.1, [0.2])), _made(FILL, net=(0.1, [0.3]))),
        (_made(FILL, net={"a": {1, 2}}), _made(FILL, net={"a": {1, 3}})),
        (_made(FILL, net=torch.nn.ReLU()), _made(FILL, net=torch.nn.ReLU())),
        (_made(FILL, net=[torch.nn.ReLU()]), _made(FILL, net=[torch.nn.ReLU()])),
        (_made(FILL, net=np.float64(0.1)), _made(FILL, net=np.float64(0.1))),
        (_made(FILL, net=math), _made(FILL, net=functional)),
        (_made(FILL, net=math.sin), _made(FILL, net=math.cos)),
        (_made(FILL, net=[].append), _made(FILL, net=[].append)),
        (_made(FILL, net=torch.Tensor), _made(FILL, net=torch.Generator)),
        (_made(FILL, net=type("Net", (), {"__module__": "notebook"})),
         _made(FILL, net=type("Net", (), {"__module__": "notebook"}))),
        (_made(HELPED.format("")), _made(HELPED.format(" * 0"))),
        (_made(FURTHER.format(1)), _made(FURTHER.format(2))),
        (_made(INSIDE, net=1, other=1), _made(INSIDE, net=1, other=2)),
        (_made("def fill(batch, level=0.1): return level"), _made("def fill(batch, level=0.2): return level")),
        (_made("def fill(batch, *, level=0.1): return level"), _made("def fill(batch, *, level=0.2): return level")),
        (functools.partial(Fill.inpaint, Fill(0.1)), functools.partial(Fill.inpaint, Fill(0.2))),
        (Slotted(0.1), Slotted(0.1)),
        (Equal(0.1), Equal(0.2)),
    ],
)  # fmt: skip
def test_a_callable_that_uses_another_value_is_another_one(one: Any, other: Any) -> None:
    assert _code(one) != _code(other)
    assert _code(one) == _code(one)


def test_a_global_that_changes_changes_the_function_that_names_it() -> None:
    fill = _made(FILL, net=Fill(0.1))
    seen = {_code(fill)}
    for net in (0.1, 0.9, Fill(0.9), torch.nn.ReLU(), [1], [2]):
        fill.__globals__["net"] = net
        seen.add(_code(fill))
    fill.__globals__["net"].append(3)
    seen.add(_code(fill))
    assert len(seen) == 8


def test_functions_that_call_each_other_and_lists_that_hold_themselves_have_an_end() -> None:
    source = "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != {} and even(n - 1)\nfill = even"
    assert _code(_made(source.format(0))) == _code(_made(source.format(0)))
    assert _code(_made(source.format(0))) != _code(_made(source.format(1)))
    circle: list[Any] = [1]
    circle.append(circle)
    assert _code(_made(FILL, net=circle)) != _code(_made(FILL, net=[1, [1]]))


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3))

    def forward(self, batch: Any) -> Any:
        return self.layer(batch.image)


def _train(network: Network) -> None:
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network.layer(torch.rand(1, 3, 8, 8)).mean().backward()
    optimizer.step()


def _nudge(network: Any) -> None:
    network.layer[0].weight.data.add_(1)  # the tensor's own count of its changes does not see it


@pytest.mark.parametrize(
    "change",
    [
        _train,
        _nudge,
        lambda network: network.layer[1].running_mean.add_(1),
        lambda network: network.eval(),
        lambda network: network.half(),
        lambda network: setattr(network, "levels", np.zeros(3)),
        lambda network: network.layer.append(torch.nn.ReLU()),
    ],
)
def test_a_network_that_was_trained_on_is_another_one(change: Callable[[Any], object]) -> None:
    network = Network()
    named = _made(FILL, net=network)
    before = [_code(method) for method in (network, network.forward, named)]
    assert before == [_code(method) for method in (network, network.forward, named)]
    change(network)
    after = [_code(method) for method in (network, network.forward, named)]
    assert not set(before) & set(after)


def test_what_is_changed_inside_an_object_is_seen() -> None:
    fill, array = Fill(0.1), np.zeros(3)
    seen = {_code(fill), _code(_made(FILL, net=array))}
    fill.level = 0.9
    array[1] = 1
    seen |= {_code(fill), _code(_made(FILL, net=array))}
    fill.__dict__["other"] = {"deep": [array, fill]}
    seen.add(_code(fill))
    array[2] = 1
    seen.add(_code(fill))
    assert len(seen) == 6


def test_no_object_is_taken_for_one_that_is_gone() -> None:
    """CPython gives the place of a dead object to the next one, and with it its `id`."""
    for kind in (Fill, Slotted):
        assert len({_code(kind(level / 10)) for level in range(10)}) == 10
    assert len({_code(functools.partial(Fill, level)) for level in range(10)}) == 10


def test_a_run_never_serves_the_rows_of_an_object_that_is_gone(tmp_path: Path) -> None:
    hashes = [
        harness.run("demo", [Fill(level)], out=tmp_path / "run", **SMALL).records["output_hash"].item()
        for level in (0.1, 0.3, 0.5, 0.9)
    ]
    assert len(set(hashes)) == 4


def test_a_run_never_serves_the_rows_of_a_global_s_old_value(tmp_path: Path) -> None:
    hashes = []
    fill = _made(FILL)
    for level in (0.1, 0.9, 0.1):
        fill.__globals__["net"] = level
        run = harness.run("demo", [fill], out=tmp_path / "run", **SMALL)
        hashes.append(run.records["output_hash"].item())
        assert run.folder.manifest["entries"][0]["source_digest"] == _code(fill)
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_method_that_counts_its_calls_in_a_global_has_one_identity_a_run(tmp_path: Path) -> None:
    source = "calls = []\ndef fill(batch):\n    calls.append(1)\n    return batch.image"
    run = harness.run("demo", [_made(source)], out=tmp_path / "run", **SMALL)
    [row] = run.records.to_dict("records")
    assert row["source_digest"] == run.folder.manifest["entries"][0]["source_digest"]
    assert row["source_digest"] == run.folder.manifest["entries"][0]["identity"]["code"]


LASTING = """
import math
import random
from math import sin
from harness import Images
from harness.plugins import registry
from harness.runner.entries import resolve_entry

NAMES, LEVELS, NET = {"a", "b", "c", "d"}, {"a": (0.1, None)}, random.Random(0)

def helper(batch, scale=(1, 2)):
    return batch.image * scale[0] + sin(LEVELS["a"][0]) if "a" in {"x", "y", "z"} else math.pi

def fill(batch):
    return Images(helper(batch)) if NAMES else fill(random.random())

def stateful(batch):
    return batch.image * NET.random()

for one in (fill, stateful):
    print(resolve_entry(one, registry()).identity()["code"])
"""


def test_what_is_plain_is_known_again_by_another_process_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LASTING)
    runs = [
        subprocess.run([sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    first, second = (run.stdout.splitlines() for run in runs)
    assert first[0] == second[0]
    assert first[1] != second[1]


@dataclasses.dataclass(slots=True)
class Held:
    level: float = 0.1


def _grow(network: Any) -> None:
    with torch.no_grad():
        network.weight.add_(1)


CHANGES: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "a partial's network": (functools.partial(max, torch.nn.Linear(2, 2)), lambda held: _grow(held.args[0])),
    "a partial's keyword": (functools.partial(max, key=Held()), lambda held: setattr(held.keywords["key"], "level", 1)),
    "slots": (Held(), lambda held: setattr(held, "level", 0.9)),
    "an OrderedDict": (OrderedDict(level=1), lambda held: held.update(level=2)),
    "a defaultdict": (defaultdict(int, level=1), lambda held: held.update(level=2)),
    "a deque": (deque([1]), lambda held: held.append(2)),
    "a set of tuples": ({(1, 2)}, lambda held: held.add((3, 4))),
}


@pytest.mark.parametrize(("held", "change"), CHANGES.values(), ids=CHANGES)
def test_what_changes_in_slots_containers_and_partials_is_seen(held: Any, change: Callable[[Any], object]) -> None:
    named = _made(FILL, net=held)
    before = _code(named)
    assert before == _code(named)
    change(held)
    assert _code(named) != before

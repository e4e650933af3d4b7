"""F15 to F17, F19: what a faulty, cheating, greedy or random method answers is judged by contract, sample by sample."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.datasets.photos import Photos
from harness.errors import RefusedSample
from harness.interfaces import Batch, Images
from harness.metrics.psnr import Psnr
from harness.plugins import registry
from harness.runner.api import plan_run
from harness.runner.call import Answer, Caller
from harness.runner.measure import composite_of
from harness.runner.units import TaskData, Unit, ahead

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "device": "cpu", "report": False, "keep": "none"}
SIZE = 16


def _unit(number: int) -> Unit:
    generator = np.random.default_rng(number)
    mask = np.zeros((SIZE, SIZE), bool)
    mask[2 : 6 + number, 3:9] = True
    truth = generator.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    return Unit(str(number), str(number), truth, mask, None, "", "", "")


def _right(image: torch.Tensor) -> torch.Tensor:
    """What the method answers where nothing is wrong with it."""
    return image * 0.5 + 0.2


def _raise(error: Exception) -> Any:
    raise error


def _scribble(batch: Batch, answer: torch.Tensor) -> Images:
    """Answer, then overwrite what was given: neither truth nor mask may notice."""
    assert batch.image is not None
    assert batch.mask is not None
    batch.image.fill_(1)
    batch.mask.fill_(0)
    return Images(answer)


def _with_fact(value: Any) -> Callable[[Batch, torch.Tensor], Images]:
    return lambda batch, answer: Images(answer, facts={"steps": [value] * len(batch.ids)})


# What one sample's pixels become; its neighbours in the batch are right.
PIXELS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "NaN": lambda pixels: pixels * torch.nan,
    "one NaN": lambda pixels: pixels.index_fill(1, torch.tensor([0]), torch.nan),
    "infinity": lambda pixels: pixels / 0,
    "minus infinity": lambda pixels: -(pixels + 1) / 0,
}
# What the whole answer becomes. Words of the reason why the sample failed; None: it is ok.
ANSWERS: dict[str, tuple[Callable[[Batch, torch.Tensor], Any], str | None]] = {
    "bytes": (lambda b, x: Images((x * 255).byte()), "returned torch.uint8 pixels"),
    "integers": (lambda b, x: Images((x * 255).long()), "returned torch.int64 pixels"),
    "one channel": (lambda b, x: Images(x[:, :1]), "returned shape"),
    "smaller": (lambda b, x: Images(x[..., :8]), "returned shape"),
    "one too many": (lambda b, x: Images(torch.cat([x, x[:1]])), "returned shape"),
    "no batch": (lambda b, x: Images(x[0]), "returned shape"),
    "a tensor": (lambda b, x: x, "returned Tensor, not Images"),
    "nothing": (lambda b, x: None, "returned NoneType, not Images"),
    "an array": (lambda b, x: Images(x.numpy()), "'numpy.ndarray' object has no attribute"),
    "raises": (lambda b, x: _raise(ValueError("no good\nat all")), "ValueError: no good"),
    "refuses": (lambda b, x: _raise(RefusedSample("no face in it")), "no face in it"),
    "a fact that is a list": (_with_fact([1]), "fact steps is a list"),
    "too few facts": (lambda b, x: Images(x, facts={"steps": []}), "IndexError"),
    "half": (lambda b, x: Images(x.half()), None),
    "double": (lambda b, x: Images(x.double()), None),
    "overwrites its batch": (_scribble, None),
    "facts of numpy": (_with_fact(np.float32(2)), None),
}
FAULTS = ["none", *PIXELS, *ANSWERS]


class _Faulty:
    """Whose samples have these faults. Of those that change the whole answer, the first of `ANSWERS` wins."""

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults

    def inpaint(self, batch: Batch) -> Any:
        assert batch.image is not None
        faults = [self.faults[name] for name in batch.ids]
        right = _right(batch.image)
        answer = torch.stack([PIXELS.get(f, torch.clone)(x) for f, x in zip(faults, right, strict=True)])
        change = next((change for name, (change, _) in ANSWERS.items() if name in faults), None)
        return Images(answer) if change is None else change(batch, answer)


def _expected(fault: str) -> tuple[str, str]:
    """Status, and words of the reason."""
    why = "the output holds NaN or infinity" if fault in PIXELS else ANSWERS.get(fault, ("", None))[1]
    return "ok" if why is None else "skipped" if fault == "refuses" else "failed", why or ""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FAULTS), min_size=1, max_size=6), st.integers(1, 6))
def test_a_fault_costs_the_samples_that_have_it_and_no_other(faults: list[str], size: int) -> None:
    units = [_unit(number) for number in range(len(faults))]
    untouched = [_unit(number) for number in range(len(faults))]
    method = _Faulty({unit.id: fault for unit, fault in zip(units, faults, strict=True)})
    caller = Caller(lambda: method, "inpaint", frozenset({"image", "mask"}), "cpu", "hole")
    answers: list[Answer] = []
    for start in range(0, len(units), size):
        batch = units[start : start + size]
        answers += caller.run(batch, [0] * len(batch))
    assert [answer.unit.id for answer in answers] == [unit.id for unit in units]
    for answer, fault, clean in zip(answers, faults, untouched, strict=True):
        status, why = _expected(fault)
        assert answer.status == status, fault
        assert why in answer.reason
        assert "\n" not in answer.reason
        assert (answer.unit.truth == clean.truth).all()
        if status == "ok":
            _judged_as_it_should_be(answer, clean)


def _judged_as_it_should_be(answer: Answer, clean: Unit) -> None:
    assert answer.output is not None
    assert answer.truth is not None
    assert answer.mask is not None
    shown = torch.from_numpy(clean.visible("hole")).permute(2, 0, 1) / 255
    assert (answer.output - _right(shown)).abs().max() <= 0.5 / 255 + 1e-3  # 8 bit, and half precision
    assert (answer.truth - torch.from_numpy(clean.truth).permute(2, 0, 1) / 255).abs().max() < 1e-6
    assert clean.mask is not None
    assert (answer.mask[0].bool().numpy() == clean.mask).all()


@given(st.floats(-1e6, 1e6), st.booleans())
def test_pixels_outside_the_range_are_clamped_and_known_ones_never_reach_the_composite(
    level: float, everywhere: bool
) -> None:
    unit = _unit(0)

    class Loud:
        def inpaint(self, batch: Batch) -> Images:
            assert batch.image is not None
            assert batch.mask is not None
            loud = torch.full_like(batch.image, level)
            return Images(loud if everywhere else batch.image + batch.mask * level)

    (answer,) = Caller(Loud, "inpaint", frozenset({"image", "mask"}), "cpu", "hole").run([unit], [0])
    assert answer.status == "ok"
    assert answer.output is not None
    assert answer.truth is not None
    assert answer.mask is not None
    expected = round(min(max(level, 0.0), 1.0) * 255)
    hole = answer.mask[0].bool()
    assert torch.equal((answer.output[:, hole] * 255).round(), torch.full((3, int(hole.sum())), float(expected)))
    composite = composite_of(answer.output[None], answer.truth[None], answer.mask[None])[0]
    assert torch.equal(composite[:, ~hole], answer.truth[:, ~hole])


def _cheat(batch: Batch) -> torch.Tensor:
    assert batch.image is not None
    return batch.image


def test_a_method_that_returns_its_input_is_judged_as_the_masked_input(tmp_path: Path) -> None:
    run = harness.run("demo", [_cheat], limit=3, out=tmp_path / "run", **SMALL)
    data = TaskData(plan_run("demo", ["mean"], limit=3).tasks[0], registry())
    shown = harness.export("demo", tmp_path / "export", limit=3)["samples"]
    assert set(run.records["output_hash"]) == {row["image"]["pixels"] for row in shown}
    for row in run.records.to_dict("records"):
        unit = next(data.load(key) for key in data.keys if key.id == row["sample"])
        assert unit.mask is not None
        error = (unit.truth[unit.mask] / 255.0) ** 2  # a black hole's
        assert row["score:psnr@hole"] == pytest.approx(-10 * np.log10(error.mean()), abs=1e-4)


OUT_OF_MEMORY: dict[str, Callable[[], Any]] = {
    "torch": lambda: _raise(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB (pretended)")),
    "python": lambda: _raise(MemoryError()),
    "allocator": lambda: torch.empty(1 << 48),  # more than an address can name: the CPU's own message
}


@pytest.mark.parametrize("kind", OUT_OF_MEMORY)
def test_out_of_memory_halves_the_batch_and_remembers(kind: str) -> None:
    sizes: list[int] = []

    class Greedy:
        def inpaint(self, batch: Batch) -> Images:
            assert batch.image is not None
            sizes.append(len(batch.ids))
            if len(batch.ids) > 2:
                OUT_OF_MEMORY[kind]()
            return Images(_right(batch.image))

    caller = Caller(Greedy, "inpaint", frozenset({"image", "mask"}), "cpu", "hole")
    units = [_unit(number) for number in range(6)]
    answers = [*caller.run(units, [0] * 6), *caller.run(units, [0] * 6)]
    assert [answer.status for answer in answers] == ["ok"] * 12
    assert [size for size in sizes if size > 2] == [6, 3]  # 6, then half of it, and never again
    single = Caller(Greedy, "inpaint", frozenset({"image", "mask"}), "cpu", "hole")
    for answer, unit in zip(answers, units * 2, strict=True):
        (alone,) = single.run([unit], [0])
        assert answer.output is not None
        assert alone.output is not None
        assert (answer.output - alone.output).abs().max() <= 1e-5


@pytest.mark.parametrize("kind", OUT_OF_MEMORY)
def test_a_sample_that_fits_in_no_batch_is_a_failed_row_and_the_others_are_judged(tmp_path: Path, kind: str) -> None:
    def greedy(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        if any(name.startswith("chelsea@") for name in batch.ids):
            OUT_OF_MEMORY[kind]()
        return batch.image

    run = harness.run("demo", [greedy], limit=3, batch_size=2, out=tmp_path / "run", **SMALL)
    failed = run.records[run.records["status"] == "failed"]
    assert list(failed["cluster"]) == ["chelsea"]
    assert failed["reason"].item().startswith(("OutOfMemoryError: CUDA out of memory", "MemoryError", "RuntimeError: "))
    assert (run.records["status"] == "ok").sum() == 2


def _noisy(batch: Batch) -> torch.Tensor:
    assert batch.image is not None
    return (batch.image + 0.2 * batch.noise(batch.image.shape[1:])).clamp(0, 1)


def _network(batch: Batch) -> torch.Tensor:
    """Convolutions, which round differently in batches of another size."""
    assert batch.image is not None
    generator = torch.Generator().manual_seed(0)
    features = batch.image
    for channels in (24, 24, 3):
        weight = torch.randn(channels, features.shape[1], 5, 5, generator=generator) / features.shape[1] ** 0.5 / 5
        features = torch.nn.functional.conv2d(features.tanh(), weight, padding=2)
    return features.sigmoid()


def _backwards(original: Callable[[TaskData], Any]) -> Callable[[TaskData], Any]:
    return lambda self: original(self)[::-1]


def test_rows_depend_on_neither_order_nor_batch_nor_decoding_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.runner import engine

    more: dict[str, Any] = {**SMALL, "limit": 4}
    methods = [_noisy, _network]
    monkeypatch.setattr(engine, "ahead", partial(ahead, workers=1))
    plain = _sorted(harness.run("demo", methods, out=tmp_path / "plain", **more))
    batch = _sorted(harness.run("demo", methods, out=tmp_path / "batch", batch_size=4, **more))
    monkeypatch.setattr(engine, "ahead", partial(ahead, workers=3))
    monkeypatch.setattr(TaskData, "_keys", _backwards(TaskData._keys))
    order = _sorted(harness.run("demo", methods, out=tmp_path / "order", **more))
    same = ["entry", "sample", "status", "input_hash"]
    scores = [column for column in plain if column.startswith("score:")]
    for other in (batch, order):
        assert (other[same] == plain[same]).all(axis=None)
        np.testing.assert_allclose(other[scores].to_numpy(float), plain[scores].to_numpy(float), atol=1e-5)
    assert (order["output_hash"] == plain["output_hash"]).all()


def _sorted(run: harness.Run) -> pd.DataFrame:
    assert (run.records["status"] == "ok").all()
    return run.records.sort_values(["entry", "sample"], ignore_index=True)


def _exit(*_: Any, **__: Any) -> Any:
    sys.exit(0)


@pytest.mark.parametrize(("owner", "name", "why"), [
    (Photos, "load", "HarnessError: the data set or mask set calls sys.exit(0)"),
    (Psnr, "__call__", "metric: calls sys.exit(0)"),
])  # fmt: skip
def test_a_loader_or_metric_that_calls_exit_fails_its_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, why: str
) -> None:
    run = harness.run("demo", ["mean"], out=tmp_path / "run", limit=1, **SMALL)
    assert list(run.records["status"]) == ["ok"]
    monkeypatch.setattr(owner, name, _exit)
    run = harness.run("demo", ["mean"], out=tmp_path / "other", limit=1, **SMALL)
    assert list(run.records["reason"]) == [why]

"""The loop with a toy recipe: a real SIGKILL, budgets, what is logged, kept and exported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from harness.errors import HarnessError
from harness.training.export import read_metadata
from harness.training.loop import Report, train

STEPS = 30


def _steps(out: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]


def _start(script: Path, out: Path, pause: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(script), str(out), str(STEPS), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})


def _wait_for_steps(out: Path, wanted: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not (out / "log.jsonl").exists() or len(_steps(out)) < wanted:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_training_ends_in_the_same_weights_bit_by_bit(
    toy: ModuleType, toy_script: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    train(toy.Toy(), whole, steps=STEPS, cpu=True, tell=lambda report: None)
    torch.set_num_threads(threads)

    process = _start(toy_script, broken, pause=0.1)
    _wait_for_steps(broken, 5, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert _start(toy_script, broken, pause=0.0).wait() == 0

    one, other = (torch.load(out / "checkpoint.pt", weights_only=True) for out in (whole, broken))
    assert one["counters"]["step"] == other["counters"]["step"] == STEPS
    assert one["counters"]["samples"] == other["counters"]["samples"] == 4 * STEPS
    for part in ("networks", "average", "rng"):
        for (name, a), (_, b) in zip(_flat(one[part]), _flat(other[part]), strict=True):
            assert torch.equal(a, b), f"{part} {name}"
    assert (whole / "toy-mini.safetensors").exists()


def _flat(tree: dict[str, object], path: str = "") -> list[tuple[str, torch.Tensor]]:
    rows: list[tuple[str, torch.Tensor]] = []
    for name, value in sorted(tree.items()):
        rows += _flat(value, f"{path}{name}.") if isinstance(value, dict) else [(path + name, value)]
    return rows


def test_sigterm_stops_between_steps_and_keeps_everything(toy_script: Path, tmp_path: Path) -> None:
    process = _start(toy_script, tmp_path, pause=0.1)
    _wait_for_steps(tmp_path, 3, process)
    process.terminate()
    assert process.wait(timeout=30) == 0
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert 3 <= state["counters"]["step"] < STEPS
    assert _steps(tmp_path)[-1] == state["counters"]["step"]


def test_batches_follow_one_another_over_a_resume(toy: ModuleType, tmp_path: Path) -> None:
    first, second = toy.Toy(), toy.Toy()
    train(first, tmp_path, steps=4, cpu=True, tell=lambda report: None)
    result = train(second, tmp_path, steps=9, cpu=True, tell=lambda report: None)
    assert first.seen + second.seen == list(range(9))
    assert result.finished
    assert result.counters.samples == 36


def test_minutes_count_over_resumes(toy: ModuleType, tmp_path: Path) -> None:
    pause, minutes = 0.05, 0.6 / 60
    first = train(toy.Toy(pause), tmp_path, steps=4, cpu=True, tell=lambda report: None)
    second = train(toy.Toy(pause), tmp_path, minutes=minutes, cpu=True, tell=lambda report: None)
    assert first.counters.seconds >= 4 * pause
    assert second.finished
    assert second.counters.seconds >= 60 * minutes
    # 12 steps fit into the whole budget; without what the first session spent there would be 16
    assert second.counters.step <= 12
    again = train(toy.Toy(pause), tmp_path, minutes=minutes, cpu=True, tell=lambda report: None)
    assert again.counters.step == second.counters.step, "a spent budget takes no further step"


def test_fresh_starts_anew_and_another_recipe_is_refused(toy: ModuleType, tmp_path: Path) -> None:
    train(toy.Toy(), tmp_path, steps=3, cpu=True, tell=lambda report: None)
    with pytest.raises(HarnessError, match="another recipe"):
        train(toy.Toy(width=2), tmp_path, steps=5, cpu=True, tell=lambda report: None)
    with pytest.raises(HarnessError, match="another recipe"):
        train(toy.Toy(), tmp_path, steps=5, seed=1, cpu=True, tell=lambda report: None)
    recipe = toy.Toy(width=2)
    train(recipe, tmp_path, steps=2, cpu=True, resume=False, tell=lambda report: None)
    assert recipe.seen == [0, 1]
    assert _steps(tmp_path) == [2]


def test_a_budget_is_required(toy: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="--minutes"):
        train(toy.Toy(), tmp_path, cpu=True)


def test_export_says_where_it_came_from(toy: ModuleType, tmp_path: Path) -> None:
    told: list[Report] = []
    result = train(toy.Toy(), tmp_path, steps=6, seed=3, cpu=True, every_minutes=0, tell=told.append)
    assert [report.step for report in told] == [1, 2, 3, 4, 5, 6]
    weights, metadata = load_file(result.weights), read_metadata(result.weights)
    assert {value.dtype for value in weights.values()} == {torch.float16}
    average = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["average"]
    assert set(weights) == set(average)
    assert all(torch.equal(weights[name], average[name].half()) for name in weights)
    assert metadata["network"] == {"width": 3}
    assert metadata["seed"] == 3
    assert metadata["data"][0]["licence"] == "none"
    assert metadata["samples_seen"] == 24
    assert metadata["validation"] == dict(result.scores)
    assert {"command", "machine", "seconds"} <= set(metadata)


def test_pictures_are_a_grid_of_the_validation_samples(toy: ModuleType, tmp_path: Path) -> None:
    train(toy.Toy(), tmp_path, steps=2, cpu=True, tell=lambda report: None)
    with Image.open(tmp_path / "samples" / "0000002.png") as sheet:
        assert sheet.size == (3 * 4 + 2 * 2, 2 * 4 + 2)
        assert sheet.getpixel((0, 0))[0] == 0
        assert sheet.getpixel((4, 0)) == (255, 255, 255)


def test_the_average_lags_behind_the_weights_and_learning_rates_fall(toy: ModuleType, tmp_path: Path) -> None:
    train(toy.Toy(), tmp_path, steps=20, cpu=True, tell=lambda report: None)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert any(not torch.equal(state["average"][k], v) for k, v in state["networks"]["model"].items())
    last_share = 19 / 20
    rate = state["optimisers"]["model"]["param_groups"][0]["lr"]
    assert rate == pytest.approx(0.05 * (1 - 0.9 * last_share))

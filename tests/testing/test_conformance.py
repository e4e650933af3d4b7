"""The kit bites: each of a family of faulty plugins is caught by exactly the check that is meant for its fault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from harness import plugins
from harness.testing import cases
from harness.testing.conformance.catalogue import CHECKS

SITE = Path(__file__).with_name("site")
SITES = ("sound", "faulty", "heavy_plugin", "noisy_plugin")
FAULTS = {
    # methods
    "cheater": "leak",
    "mutator": "input-kept",
    "not-a-number": "output",
    "bytes": "output",
    "cropped": "output",
    "loud-range": "output",
    "global-chance": "global-generators",
    "batch-mean": "batch",
    "downloader": "no-network",
    "stubborn-downloader": "no-network",
    "prints": "silent",
    "prints-from-c": "silent",
    "talker": "silent",
    "hoarder": "memory",
    "list-hoarder": "memory",
    "immortal": "memory",
    "writer": "no-writes",
    "upside-down": "polarity",
    "strides": "odd-sizes",
    "secret-chance": "seeds",
    "no-chance": "seeds",
    "plain-error": "refusals",
    "half-mask": "refusals",
    "guesser": "refusals",
    "swallower": "parameters",
    "bad-choice": "parameters",
    "undeclared": "builds",
    "unbuildable": "builds",
    "flat": "flat-images",
    "full": "extreme-masks",
    "one-role": "roles",
    "unknowing": "absent-weights",
    "unpickler": "spoilt-weights",
    "no-licence": "spec",
    "no-card": "spec",
    "no-paper": "spec",
    "no-help": "spec",
    "unasked": "spec",
    "heavy": "plugin",
    "noisy_plugin": "plugin",
    "turned": "ladders",
    "nameless": "output",
    "small-map": "scores",
    "unreasoned": "scores",
    "same-size": "target-size",
    # metrics and embedders
    "wrong-way": "direction",
    "dirty": "metric-input-kept",
    "beyond": "bounds",
    "filled-in": "regions",
    "pooled": "metric-batch",
    "lucky": "determinism",
    "misnamed": "values",
    "short-of-ideal": "ideal",
    "set-backwards": "direction",
    "narrow": "features",
    # data sets, mask sets, suites
    "restless": "ids",
    "absolute": "ids",
    "rehashed": "content-hash",
    "floating": "samples",
    "shared": "threads",
    "unowned": "attribution",
    "key-error": "unknown-id",
    "respelt": "unknown-id",
    "outside": "unknown-id",
    "inside-out": "masks",
    "float": "masks",
    "salted": "other-process",
    "reseeding": "mask-generators",
    "endless": "count",
    "seedless": "another-seed",
    "square": "mask-sizes",
    "lost": "named",
    "priceless": "spec",
    "broken-task": "runs",
}
TWICE = {
    "dicing": {"other-process", "mask-generators"},  # drawn again without a word about seeds, they differ
    "colour-only": {"flat-images", "colour-modes"},  # a grey picture is both
    "unheard": {"spec", "output"},  # says that it restores, and has no such method
}
SOUND = (
    "sound", "sound[level=0.25]", "sound-noise", "sound-weights", "sound-restorer", "sound-enlarger", "sound-assessor",
    "sound-wrapper", "sound-wrapper:sound", "sound-error", "sound-distance", "sound-means", "sound-set", "sound-boxes",
    "sound-suite",
)  # fmt: skip
NEVER_FAILING = {"known-pixels"}  # reports a number
OF_DEGRADATIONS = {"observations", "again", "generators", "explains", "differentiable", "pseudo-inverse"}
"""test_degradation_checks.py has one that fails each."""
NEEDS_A_DEVICE = {"cuda", "metric-cuda"}


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sound and the faulty plugins, with the weights that two of them look for, in an empty working folder."""
    monkeypatch.syspath_prepend(str(SITE))
    monkeypatch.setattr(plugins, "_cached", [])
    monkeypatch.setenv("HARNESS_PLUGINS", ",".join(SITES))
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    for method in ("sound-weights", "unknowing", "unpickler", "no-paper"):
        folder = tmp_path / "home" / "weights" / method
        folder.mkdir(parents=True)
        save_file({"level": torch.tensor(0.3)}, folder / "own.safetensors")
        torch.save({"level": torch.tensor(0.3)}, folder / "own.pth")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield
    for module in [name for name in sys.modules if name.split(".")[0] in SITES]:
        del sys.modules[module]


def failed(name: str) -> dict[str, str]:
    """Which checks fail, with their lines."""
    outcomes = {case.check.name: case.run() for case in cases(name)}
    return {check: outcome.line for check, outcome in outcomes.items() if outcome.status == "failed"}


@pytest.mark.parametrize(("name", "check"), FAULTS.items())
def test_a_fault_is_caught_by_the_check_meant_for_it(name: str, check: str) -> None:
    found = failed(name)
    assert set(found) == {check}, found
    assert found[check]
    assert "\n" not in found[check]


def test_every_check_catches_one_of_them() -> None:
    caught = set(FAULTS.values()).union(OF_DEGRADATIONS, *TWICE.values())
    assert {check.name for check in CHECKS} - caught == NEVER_FAILING | NEEDS_A_DEVICE


@pytest.mark.parametrize(("name", "checks"), TWICE.items())
def test_what_is_wrong_in_two_ways_is_said_twice(name: str, checks: set[str]) -> None:
    assert set(failed(name)) == checks


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_passes_everything(name: str) -> None:
    assert failed(name) == {}

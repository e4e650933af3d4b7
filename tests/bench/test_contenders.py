"""Which configuration is timed, and how it is labelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benching.contenders import contender, described, official_size
from harness.errors import HarnessError, MissingRequirement
from harness.places import weights_folder
from harness.plugins import registry

PLUGIN = """
from harness import MethodSpec, WeightsSpec, hookimpl

def weights(name, kind):
    return WeightsSpec(name, kind, "MIT", "made up", file=f"{name}.bin", parameters_m=2.0)

@hookimpl
def harness_register_methods(register):
    learned = {"summary": "s", "licence": "MIT", "version": "1", "capabilities": ("inpaint",)}
    both = (weights("mini", "mini"), weights("paper", "official"), weights("random", "random"))
    register(MethodSpec("learned", target="harness_made:Method", weights=both, **learned))
    register(MethodSpec("outer", target="harness_made:Method", wraps="inpaint", **learned))
    register(MethodSpec("tiny", target="harness_made:Method", weights=both[:2], **learned))
    register(MethodSpec("sharpen", target="harness_made:Method", **{**learned, "capabilities": ("restore",)}))
"""


@pytest.fixture
def made(with_plugin: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    with_plugin("harness_made", PLUGIN)


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("learned", "learned@random"),
        ("learned@mini", "learned@mini"),
        ("outer:learned", "outer:learned@random"),
        ("outer:learned@paper", "outer:learned@paper"),
        ("telea", "telea"),
    ],
)
def test_without_its_checkpoint_a_learned_method_has_its_official_size_and_random_weights(
    written: str, meant: str
) -> None:
    assert official_size(written, registry()) == meant


@pytest.mark.usefixtures("made")
def test_the_official_checkpoint_is_timed_where_it_is_here() -> None:
    place = weights_folder("learned")
    place.mkdir(parents=True)
    (place / "mini.bin").write_bytes(b"small")
    assert official_size("learned", registry()) == "learned@random", "a mini checkpoint is no official size"
    (place / "paper.bin").write_bytes(b"large")
    assert official_size("learned", registry()) == "learned@paper"
    assert official_size("outer:learned", registry()) == "outer:learned@paper"
    entry = described(contender("learned", registry()))
    assert (entry.reference, entry.kind, len(entry.weights)) == ("learned@paper", "official", 64)
    assert described(contender("learned@mini", registry())).kind == "mini"


@pytest.mark.usefixtures("made")
def test_random_weights_are_labelled_so_through_a_method_that_wraps_them_too() -> None:
    for written in ("learned", "outer:learned"):
        entry = described(contender(written, registry()))
        assert (entry.kind, entry.weights, entry.parameters_m) == ("random", "", 2.0)
    assert described(contender("telea", registry())).kind == ""


@pytest.mark.usefixtures("made")
def test_what_has_nothing_of_its_official_size_says_what_can_be_named() -> None:
    with pytest.raises(MissingRequirement, match="a small one is timed where it is named: tiny@mini"):
        official_size("tiny", registry())


@pytest.mark.usefixtures("made")
def test_a_method_that_cannot_inpaint_and_a_folder_of_outputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="sharpen cannot inpaint; it can restore"):
        contender("sharpen", registry())
    with pytest.raises(HarnessError, match="there is nothing to time"):
        contender(f"theirs=folder:{tmp_path}", registry())


def test_coordfill_is_timed_at_its_papers_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    entry = described(contender("coordfill", registry()))
    assert (entry.reference, entry.kind) == ("coordfill@random", "random")
    assert entry.parameters_m == pytest.approx(31.6, abs=0.1)

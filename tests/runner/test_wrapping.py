"""A method that wraps another one: written, resolved, known by both, described by both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from harness.errors import HarnessError
from harness.plugins import registry
from harness.runner.entries import Entry, resolve_entry
from harness.runner.wrapping import joined_weights
from harness.store.schema import schema_text

PLUGIN = """
from harness import MethodSpec, Param, WeightsSpec, hookimpl

@hookimpl
def harness_register_methods(register):
    mine = {"summary": "s", "licence": "MIT", "version": "1", "capabilities": ("inpaint",)}
    steer = tuple(WeightsSpec(n, "random", "MIT", "made up", parameters_m=1.5) for n in ("one", "two"))
    register(MethodSpec("outer", target="harness_made:Outer", wraps="inpaint", weights=steer,
                        params={"rounds": Param(5, "")}, **mine))
    register(MethodSpec("told", target="harness_made:Told", needs=frozenset({"image", "mask", "prompt"}),
                        roles=("region", "hole"), stochastic=True, batchable=False, optimises=("psnr",),
                        strategy="crop-256", tags=frozenset({"floor", "smooth"}), **{**mine, "licence": "GPL-3.0"}))
    register(MethodSpec("sharpen", target="harness_made:Told", **{**mine, "capabilities": ("restore",)}))

class Outer:
    def __init__(self, setup, *, rounds):
        self.inner, self.rounds = setup.inner, rounds

class Told:
    def __init__(self, setup):
        pass
"""


@pytest.fixture(autouse=True)
def _made(with_plugin: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    with_plugin("harness_made", PLUGIN)
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_classical,harness_coordfill,harness_made")


def entry(written: str) -> Entry:
    return resolve_entry(written, registry())


def test_each_part_has_weights_and_parameters_of_its_own() -> None:
    found = entry("outer@two[rounds=3]:coordfill@mini")
    assert found.reference == "outer@two[rounds=3]:coordfill@mini"
    assert found.inner is not None
    assert (found.params["rounds"], found.inner.params) == (3, entry("coordfill@mini").params)
    built = entry("outer@two[rounds=3]:told").build("cpu")
    assert (built.rounds, type(built.inner).__name__) == (3, "Told")


def test_its_reference_names_every_weights_and_resolves_to_the_same() -> None:
    found = entry("outer@one:coordfill")
    assert found.reference == "outer@one:coordfill@mini"
    assert entry(found.reference).identity() == found.identity()


def test_another_part_is_another_entry() -> None:
    written = ("outer@one:told", "outer@one:telea", "outer@one[rounds=2]:told", "outer@one:coordfill", "told")
    identities = [entry(one).identity() for one in written]
    assert len({str(identity) for identity in identities}) == len(written)
    assert identities[0]["inner"] == identities[-1]
    digests = {entry(f"outer@one:{inner}").source_digest() for inner in ("told", "telea", "coordfill")}
    assert len(digests) == 3


def test_it_needs_and_is_what_both_are() -> None:
    spec = entry("outer@one:told").spec
    assert spec.needs == {"image", "mask", "prompt"}
    assert spec.roles == ("hole",)
    assert (spec.stochastic, spec.batchable, spec.optimises) == (True, False, ("psnr",))
    assert spec.tags == {"smooth"}, "what wraps a baseline is none"
    assert spec.licence == "MIT; told: GPL-3.0"


def test_large_pictures_come_before_both_in_one_way() -> None:
    assert str(entry("outer@one:told").strategy_on()) == "crop-256"
    behind, before = entry("outer@one:telea[strategy=crop-128]"), entry("outer@one[strategy=crop-128]:telea")
    assert behind.reference == before.reference == "outer@one[strategy=crop-128]:telea"
    assert str(behind.strategy_on()) == "crop-128"
    with pytest.raises(HarnessError, match="names two strategies"):
        entry("outer@one[strategy=crop-128]:telea[strategy=native]")


def test_the_manifest_tells_the_weights_of_both_and_the_weaker_kind() -> None:
    told = entry("outer@one:coordfill@mini").describe()
    mini = entry("coordfill@mini").describe()
    assert (told["weights"]["name"], told["weights"]["kind"]) == ("one; mini", "random")
    assert told["weights"]["trained_on"] == mini["weights"]["trained_on"]
    assert told["parameters_m"] == pytest.approx(1.5 + mini["parameters_m"])
    assert mini["licence"] in told["licence"]
    row = mini["weights"]
    assert joined_weights((row, None)) == row
    assert joined_weights((None, None)) is None
    official = joined_weights((row | {"kind": "official"}, row))
    assert official is not None
    assert official["kind"] == "mini"
    both = joined_weights((row, row | {"sha256": "0" * 64}))
    pattern = json.loads(schema_text("manifest"))["$defs"]["weights"]["properties"]["sha256"]["pattern"]
    assert both is not None
    assert both["sha256"] == f"{row['sha256']}; {'0' * 64}"
    assert all(re.search(pattern, of["weights"]["sha256"]) for of in ({"weights": both}, told, {"weights": row}))
    assert not re.search(pattern, f"{row['sha256']}; ")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("outer@one:sharpen", "wraps a method that can inpaint; sharpen cannot"),
        ("outer@one", "wraps another method: write outer:METHOD"),
        ("outer@three:telea", "three"),
        ("metric@one:niqe", "metric has no weights and no parameters of its own"),
    ],
)
def test_what_cannot_be_wrapped_is_refused(written: str, why: str) -> None:
    with pytest.raises(HarnessError, match=why):
        entry(written)

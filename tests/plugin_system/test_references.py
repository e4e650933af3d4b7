"""References: what is written is what is meant, and a slip is one line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError, UnknownName
from harness.plugins import build_registry
from harness.references import Reference, canonical, parse_metric, parse_reference, resolve_params
from harness.specs import Param

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
VALUES = st.from_regex(r"[a-z0-9.]{1,6}", fullmatch=True)
PARTS = (
    NAMES,
    st.one_of(st.just(""), NAMES),
    st.dictionaries(NAMES, VALUES, max_size=3).map(lambda d: tuple(sorted(d.items()))),
)
LEAVES = st.builds(Reference, *PARTS)
REFERENCES = st.recursive(LEAVES, lambda inner: st.builds(Reference, *PARTS, inner=inner), max_leaves=3)


@given(REFERENCES)
def test_parsing_undoes_printing(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@given(st.text(max_size=30))
def test_any_text_parses_or_is_refused_in_one_line(text: str) -> None:
    with contextlib.suppress(HarnessError):
        assert parse_reference(str(parse_reference(text))) == parse_reference(text)


def test_a_colon_in_a_parameter_wraps_nothing() -> None:
    assert parse_reference("a@b[x=c:d]") == Reference("a", "b", (("x", "c:d"),))
    assert parse_reference("a@b[x=c:d]:e").inner == Reference("e")


BAD = ["a[", "a[b]", "a@:b", "a[x=1]b:c", "a:", "a[b=]", "a@", "", "a b", "a[x=1]]", ":a", "a[=3]"]


@pytest.mark.parametrize("text", BAD)
def test_malformed_references_are_refused(text: str) -> None:
    with pytest.raises(HarnessError):
        parse_reference(text)


def test_parameters_take_the_type_of_their_default() -> None:
    declared = {
        "n": Param(3, ""),
        "s": Param(0.5, ""),
        "on": Param(False, ""),
        "mode": Param("a", "", choices=("a", "b")),
    }
    assert resolve_params("m", declared, (("n", "5"), ("on", "true"), ("mode", "b"))) == {
        "n": 5, "s": 0.5, "on": True, "mode": "b",
    }  # fmt: skip
    for bad in (("n", "x"), ("on", "maybe"), ("mode", "c")):
        with pytest.raises(HarnessError, match="parameter"):
            resolve_params("m", declared, (bad,))
    with pytest.raises(UnknownName, match="Did you mean mode"):
        resolve_params("m", declared, (("mod", "a"),))


def test_unknown_weights_and_misplaced_wrapping_are_refused() -> None:
    registry = build_registry()
    with pytest.raises(UnknownName, match="mini"):
        canonical(parse_reference("coordfill@minni"), registry)
    with pytest.raises(HarnessError, match="wraps no method"):
        canonical(parse_reference("telea:mean"), registry)


def test_metric_columns_split() -> None:
    assert parse_metric("psnr@hole") == ("psnr", "hole")
    assert parse_metric("psnr") == ("psnr", "")

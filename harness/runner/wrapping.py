"""What a method is as a whole that wraps another one: what both need, whose licences bind, what weights they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.errors import HarnessError
from harness.references import Reference
from harness.specs import MethodSpec
from harness.strategies import PARAM

__all__ = ["joined_weights", "one_strategy", "wrapping"]

KINDS = ("random", "mini", "official")
"""The whole is as the first of these that a part has: a table of official weights holds nothing of ours."""


def wrapping(outer: MethodSpec, inner: MethodSpec) -> MethodSpec:
    """`outer` as it is around `inner`: shown what both need, in the roles that both understand.

    What the outer one supplies, it makes: the whole is shown it only if the outer one needs it, too, and an inner one's
    roles do not matter where its masks are made for it.
    It optimises what either does, draws at random or takes one picture at a time where either does, is shown large
    pictures as the inner one would be unless it says otherwise, and is under both licences.
    """
    return replace(
        outer,
        licence=f"{outer.licence}; {inner.name}: {inner.licence}",
        needs=outer.needs | (inner.needs - outer.supplies),
        roles=tuple(role for role in outer.roles if role in inner.roles or "mask" in outer.supplies),
        optimises=tuple(dict.fromkeys((*outer.optimises, *inner.optimises))),
        stochastic=outer.stochastic or inner.stochastic,
        batchable=outer.batchable and inner.batchable,
        tags=outer.tags | (inner.tags - {"floor"}),
        strategy=outer.strategy or inner.strategy,
    )


def one_strategy(reference: Reference) -> Reference:
    """A strategy written behind the wrapped method is the whole's: that one is shown what the outer one shows it.

    Raises `HarnessError` where both name one.
    """
    inner = reference.inner
    if inner is None or not inner.strategy:
        return reference
    if reference.strategy:
        raise HarnessError(f"'{reference}' names two strategies: one is for both")
    bare = replace(inner, params=inner.own_params)
    return replace(reference, params=(*reference.params, (PARAM, inner.strategy)), inner=bare)


def joined_weights(parts: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """The manifest's row about the weights of a method and of those it wraps; None where none has any.

    The row's kind is the weakest one, its texts those of all. `sha256` names all files; the parts' own stand in the
    entry's identity.
    """
    given = [part for part in parts if part]
    if not given:
        return None
    told = {key: "; ".join(dict.fromkeys(filter(None, (str(part[key]) for part in given)))) for key in given[0]}
    return told | {"kind": min((str(part["kind"]) for part in given), key=KINDS.index)}

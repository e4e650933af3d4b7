"""Which trials a study has, and in which order and on which side one rater sees them. Everything is seeded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TypeVar

import numpy as np

from harness.errors import HarnessError
from harness.store.keys import digest, seed_of
from harness.studies.model import DAMAGED, TRUTH, Kind, Trial

Item = TypeVar("Item")

__all__ = ["GAP", "Turn", "order_for", "plan_trials"]

GAP = 4
"""ours: trials between a pair and its repeat, at least, so that nobody answers from short memory."""


@dataclass(frozen=True)
class Turn:
    """A trial as one rater sees it: `left` and `right` are entries, or the two pictures of a catch trial."""

    trial: Trial
    left: str
    right: str


def plan_trials(
    pools: Mapping[tuple[str, str], Sequence[str]], *, per_pair: int, repeats: int, catches: int, seed: int
) -> tuple[Trial, ...]:
    """The trials that every rater of a study sees.

    Every pair of entries gets as many trials, on samples that are used as evenly as their pictures allow, no sample
    twice for a pair. Repeats show pairs again; catch trials set the truth beside a damaged copy of it.

    Args:
        pools: pair of entries → samples with a picture of both.
        per_pair: trials a pair, fewer where its pool is smaller.
        repeats: pairs shown again; fewer where `GAP` other trials could not stand between.
        catches: catch trials.

    Raises:
        HarnessError: no pair, a pair without a sample, or a count that is none.
    """
    if per_pair < 1 or repeats < 0 or catches < 0:
        raise HarnessError("a study needs one trial a pair at least, and no negative number of repeats or catch trials")
    if not pools:
        raise HarnessError("a comparison needs two entries at least")
    empty = [pair for pair, samples in pools.items() if not samples]
    if empty:
        raise HarnessError(f"no sample has a kept picture of both {empty[0][0]} and {empty[0][1]}, or all are equal")
    rng = np.random.default_rng(seed_of("study", seed))
    used: Counter[str] = Counter()
    compared = []
    for pair in _shuffled(sorted(pools), rng):
        for sample in _least_used(pools[pair], used, per_pair, rng):
            used[sample] += 1
            compared.append((sample, *pair))
    every = _shuffled(sorted({sample for samples in pools.values() for sample in samples}), rng)
    caught = [(sample, TRUTH, DAMAGED) for sample in islice(cycle(every), catches)]
    again = _shuffled(range(len(compared)), rng)[: min(repeats, _most_repeats(len(compared) + catches))]
    rows: list[tuple[Kind, str, str, str]] = [("compare", *row) for row in compared]
    rows += [("catch", *row) for row in caught]
    names = [digest(["trial", seed, number])[:12] for number in range(len(rows) + len(again))]
    trials = [Trial(name, *row) for name, row in zip(names, rows, strict=False)]
    trials += [
        Trial(name, "repeat", *compared[number], of=names[number])
        for name, number in zip(names[len(rows) :], again, strict=True)
    ]
    return tuple(_shuffled(trials, rng))


def _least_used(pool: Sequence[str], used: Counter[str], count: int, rng: np.random.Generator) -> list[str]:
    return sorted(_shuffled(sorted(pool), rng), key=lambda sample: used[sample])[:count]


def _most_repeats(others: int) -> int:
    """`order_for` puts originals into the first half and repeats behind `GAP` trials of the second."""
    return others // 2 if others - others // 2 >= GAP else 0


def order_for(trials: Sequence[Trial], seed: int, rater: str) -> list[Turn]:
    """All trials in the order, and with the sides, that one rater sees; the same whenever that rater comes back.

    Each entry stands as often left as right, give or take one. A repeat swaps the sides of its original and follows it
    after `GAP` other trials at least. In catch trials the truth stands left and right in turn.
    """
    rng = np.random.default_rng(seed_of("rater", seed, rater))
    sides = _sided(trials, rng)
    turns = [Turn(trial, *sides[trial.id]) for trial in _order(trials, rng) if trial.kind != "repeat"]
    for repeat in _shuffled([trial for trial in trials if trial.kind == "repeat"], rng):
        original = next(place for place, turn in enumerate(turns) if turn.trial.id == repeat.of)
        left, right = sides[repeat.of]
        place = int(rng.integers(original + GAP + 1, len(turns) + 1))
        turns.insert(place, Turn(repeat, right, left))
    return turns


def _order(trials: Sequence[Trial], rng: np.random.Generator) -> list[Trial]:
    """Originals of repeats in the first half, all else anywhere."""
    originals = {trial.of for trial in trials if trial.kind == "repeat"}
    firsts = [trial for trial in trials if trial.kind != "repeat"]
    early = [trial for trial in firsts if trial.id in originals]
    others = _shuffled([trial for trial in firsts if trial.id not in originals], rng)
    room = len(firsts) // 2 - len(early)
    return _shuffled([*early, *others[:room]], rng) + others[room:]


def _sided(trials: Sequence[Trial], rng: np.random.Generator) -> dict[str, tuple[str, str]]:
    """Who stands left and right in each trial that is no repeat, by its id.

    Comparisons are edges of a graph of entries. It is taken apart into trails, those from entries of odd degree first;
    along a trail each entry is once right and once left, so only a trail's ends are out of balance, and by one.
    """
    edges: dict[str, list[Trial]] = defaultdict(list)
    for trial in _shuffled([trial for trial in trials if trial.kind == "compare"], rng):
        edges[trial.a].append(trial)
        edges[trial.b].append(trial)
    sides: dict[str, tuple[str, str]] = {}
    entries = _shuffled(sorted(edges), rng)
    for start in [*(entry for entry in entries if len(edges[entry]) % 2), *entries]:
        here = start
        backwards = bool(rng.integers(2))
        while trail := [trial for trial in edges[here] if trial.id not in sides]:
            there = trail[0].b if trail[0].a == here else trail[0].a
            sides[trail[0].id] = (there, here) if backwards else (here, there)
            here = there
    flip = int(rng.integers(2))
    for number, trial in enumerate(_shuffled([trial for trial in trials if trial.kind == "catch"], rng)):
        sides[trial.id] = (trial.a, trial.b) if (number + flip) % 2 else (trial.b, trial.a)
    return sides


def _shuffled(items: Sequence[Item], rng: np.random.Generator) -> list[Item]:
    return [items[int(place)] for place in rng.permutation(len(items))]

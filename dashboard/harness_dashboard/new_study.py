"""The form that plans a blind study of what a run or a board keeps pictures of."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.opened import Opened
from harness.report.words import count
from harness.studies import Study, create_study
from harness.studies.source import mixed, pictures_kept, pools
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.controls import choose_several, choose_source, choose_task, switch

__all__ = ["new_study"]

Pools = Mapping[tuple[str, str], Sequence[str]]

PROBLEM = "new-study-problem"
SECONDS = 5
"""ours: what a trial takes a rater, for the guess at the study's length."""
FIRST = 3


def new_study(catalogue: Catalogue, *, first: bool) -> None:
    """Draw the form. `first`: there is no study yet, so say what one is."""
    if first:
        st.text(
            "A blind study shows people two outputs of one picture and asks which they prefer. It tells what metrics\n"
            "cannot: who is really preferred, and which metric agrees with people. Plan one here; raters then join it\n"
            "under Compare."
        )
    left, right = st.columns(2)
    with left:
        source, opened = choose_source(catalogue)
    with right:
        view = choose_task(opened)
    entries = _entries(view)
    if len(entries) < 2:
        st.info("Choose two entries or more.", icon=":material/group:")
        return
    if refused := mixed(view, entries):
        st.warning("These entries may not meet in one study.", icon=":material/block:")
        st.code(refused, language=None)
        return
    kept = _kept(str(source.path), source.stamp, view.summary.task, tuple(entries), opened)
    if _enough(opened, kept):
        _numbers(opened, view, entries, kept)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(path: str, stamp: tuple[int, ...], task: str, entries: tuple[str, ...], _opened: Opened) -> Pools:
    """Pair of entries → samples with kept pictures of both. `path` and `stamp` are part of the key only."""
    return pools(pictures_kept(_opened, task, entries), entries)


def _entries(view: TaskView) -> list[str]:
    titles = {row.reference: row.title for row in view.judged}
    start = [entry for entry in titles if not mixed(view, [next(iter(titles)), entry])][:FIRST]
    return choose_several("Entries to compare", list(titles), "entries", default=start, shown=lambda name: titles[name])


def _enough(opened: Opened, kept: Pools) -> bool:
    """Whether every pair of entries has a sample with kept pictures of both; if not, what to do is said."""
    without = [pair for pair, samples in kept.items() if not samples]
    if without:
        st.warning("Two of these entries have no kept pictures in common.", icon=":material/image_not_supported:")
        st.code("  and  ".join(without[0]), language=None)
        st.text("Run the suite again and keep every picture, then reload this page:")
        suite = shlex.quote(opened.manifest["suite"]["name"])
        st.code(f"harness run --suite {suite} --keep all", language="sh")
    return not without


def _numbers(opened: Opened, view: TaskView, entries: list[str], kept: Pools) -> None:
    one, two, three, four = st.columns(4)
    per_pair = one.number_input("Trials a pair", 1, 200, 5, key="per_pair", help="Fewer where fewer pictures are kept.")
    repeats = two.number_input("Repeats", 0, 50, 3, key="repeats", help="Pairs shown again with sides swapped.")
    catches = three.number_input(
        "Catch trials", 0, 50, 3, key="catches", help="The truth beside a copy with a chequerboard in its hole."
    )
    seed = four.number_input("Seed", 0, 2**31, 0, key="seed", help="Of samples, order and sides.")
    show_truth = switch("Show the truth as a reference", "show_truth")
    pairs = len(entries) * (len(entries) - 1) // 2
    compared = sum(min(int(per_pair), len(pool)) for pool in kept.values())
    trials = compared + int(repeats) + int(catches)
    st.text(
        f"{count(pairs, 'pair')}, {count(compared, 'comparison')} on samples with kept pictures of both; with repeats "
        f"and catch trials {trials} trials, about {max(1, round(trials * SECONDS / 60))} min a rater."
    )
    name = st.text_input("Name of the study", key="study_name", max_chars=60, placeholder="for example fills-2026")
    allowed = bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name or ""))
    if name and not allowed:
        st.warning("Letters, digits, '.', '_' and '-' only, a letter or digit first.")
    plan = partial(
        create_study, opened, name or "", view.summary.task, entries, per_pair=int(per_pair), repeats=int(repeats),
        catches=int(catches), seed=int(seed), show_truth=show_truth,
    )  # fmt: skip
    st.button("Plan the study", type="primary", disabled=not allowed, on_click=_plan, args=(plan,))
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error("The study was not planned.", icon=":material/error:")
        st.code(problem, language=None, wrap_lines=True)


def _plan(plan: partial[Study]) -> None:
    try:
        study = plan()
    except HarnessError as error:
        st.session_state[PROBLEM] = str(error)
        return
    st.session_state["view"] = "Compare"
    st.session_state["study"] = study.name

"""Blind 2AFC: which of two outputs do you prefer, not knowing whose they are? And what everybody's answers say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from harness.errors import HarnessError
from harness.report.opened import Opened
from harness.report.pictures import data_uri, png_bytes
from harness.report.sheet import csv_text
from harness.report.views.preferences import preferences, preferences_sheet
from harness.stats.answers import StudyResults
from harness.studies import (
    Study,
    Turn,
    open_study,
    order_for,
    read_answers,
    record,
    studies,
    study_folder,
    study_results,
)
from harness.studies.model import TRUTH
from harness.studies.pictures import centre_of, hole_of, picture_of, window_of
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.blind import ask, given
from harness_dashboard.components.fragment import fragment
from harness_dashboard.controls import choose
from harness_dashboard.new_study import new_study

__all__ = ["page"]

COMPARE, RESULTS, NEW = "Compare", "Results", "New study"
RATER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
TURN = "blind-turn"
ATTEMPT, PROBLEM = "blind-attempt", "blind-problem"
QUESTION = {
    False: "Which of the two looks more like a photograph that nobody touched?",
    True: "Which of the two restores the reference better?",
}


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    st.title("Blind comparison", anchor=False)
    names = studies()
    views = [COMPARE, RESULTS, NEW] if names else [NEW]
    view = st.segmented_control(
        "View", views, default=views[0], required=True, key="view", bind="query-params", label_visibility="collapsed"
    )
    if view == NEW:
        new_study(catalogue, first=not names)
        return
    left, right = st.columns([3, 2])
    with left:
        name = choose("Study", names, "study")
    with right:
        rater = _rater()
    try:
        study = _study(name, (study_folder(name) / "study.json").stat().st_mtime_ns)
        if view == RESULTS:
            _results(study, rater)
        elif rater:
            _compare(study, rater)
        else:
            st.info("Type a pseudonym to begin, or the one you had to go on.", icon=":material/badge:")
    except HarnessError as error:
        _stopped(error)


@st.cache_resource(max_entries=8, show_spinner=False)
def _study(name: str, stamp: int) -> Study:
    """`stamp` is part of the key only."""
    return open_study(name)


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(path: str, stamp: int) -> Opened:
    return Opened(Path(path))


@st.cache_resource(max_entries=8, show_spinner="Counting answers…")
def _judged(name: str, stamp: tuple[int, ...]) -> StudyResults:
    study = open_study(name)
    return study_results(study, read_answers(study))


def _rater() -> str:
    """The rater's pseudonym; "" where there is none yet."""
    typed = st.text_input(
        "Your pseudonym", key="rater", bind="query-params", max_chars=32, placeholder="for example heron-7",
        help="It keeps your answers together and lets you go on later. Not your name.",
    )  # fmt: skip
    rater = (typed or "").strip()
    if rater and not RATER.fullmatch(rater):
        st.warning("Letters, digits, '.', '_' and '-' only, a letter or digit first.")
        return ""
    return rater


def _turns(study: Study, rater: str) -> tuple[list[Turn], set[str]]:
    """Everything that this rater is shown, in order, and the trials that are answered."""
    answered = {str(row["trial"]) for row in read_answers(study) if row["rater"] == rater}
    return order_for(study.trials, study.seed, rater), answered


@st.fragment
def _compare(study: Study, rater: str) -> None:
    """A fragment of the page: an answer draws the next trial, and nothing else."""
    try:
        _next_trial(study, rater)
    except HarnessError as error:
        _stopped(error)


def _stopped(error: HarnessError) -> None:
    st.error("This study cannot go on.", icon=":material/error:")
    st.code(str(error), language=None, wrap_lines=True)


def _next_trial(study: Study, rater: str) -> None:
    turns, answered = _turns(study, rater)
    open_turns = [turn for turn in turns if turn.trial.id not in answered]
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error("The answer was not stored; please give it again.", icon=":material/error:")
        st.code(problem, language=None, wrap_lines=True)
    if not open_turns:
        st.success(f"Done: you have answered all {len(turns)} trials. Thank you.", icon=":material/check_circle:")
        if st.button("See the results", on_click=_go, args=(RESULTS,), icon=":material/leaderboard:"):
            st.rerun()
        return
    if not answered:
        st.text(
            f"{len(turns)} trials. Nobody is named before the end; every answer is stored at once, so you can stop and "
            "come back.\nSome trials check that you look: please answer all of them by eye alone."
        )
    _ask(study, rater, open_turns[0], done=len(answered), total=len(turns))


def _ask(study: Study, rater: str, turn: Turn, *, done: int, total: int) -> None:
    path = Path(study.source["path"])
    manifest = path / "manifest.json"
    if not manifest.exists():
        raise HarnessError(f"the pictures of this study lay in {path}, which is gone; put the folder back")
    read = _opened(str(path), manifest.stat().st_mtime_ns).picture
    picture = study.by_sample[turn.trial.sample]
    shown = {"left": picture_of(picture, turn.left, read), "right": picture_of(picture, turn.right, read)}
    if study.show_truth:
        shown["truth"] = picture_of(picture, TRUTH, read)
    hole = hole_of(picture, read, shown["left"].shape)
    window = window_of(hole)
    ask(
        QUESTION[study.show_truth],
        turn.trial.id,
        {side: data_uri(png_bytes(pixels[window])) for side, pixels in shown.items()},
        centre_of(hole[window]),
        done=done,
        total=total,
        attempt=st.session_state.get(ATTEMPT, 0),
        key=TURN,
        on_answer=partial(_take, study, rater),
    )


def _take(study: Study, rater: str) -> None:
    """Store the answer that came. What cannot be stored is told, and asked again."""
    found = given(TURN)
    turns = {turn.trial.id: turn for turn in order_for(study.trials, study.seed, rater)}
    try:
        if found is None or found.token not in turns:
            raise HarnessError("what the browser sent is no answer to a trial of this study")
        turn = turns[found.token]
        record(study, rater, turn, found.choice, seconds=found.seconds, zoom=found.zoom, panned=found.panned)
    except HarnessError as error:
        st.session_state[PROBLEM] = str(error)
        st.session_state[ATTEMPT] = st.session_state.get(ATTEMPT, 0) + 1


def _results(study: Study, rater: str) -> None:
    if rater:
        turns, answered = _turns(study, rater)
        if missing := len(turns) - len(answered):
            st.info(
                f"Results name the entries, and you have {missing} trials left: they would not be blind any more.",
                icon=":material/visibility_off:",
            )
            st.button("Go on comparing", on_click=_go, args=(COMPARE,))
            return
    results = _judged(study.name, _stamp(study_folder(study.name)))
    fragment(preferences(study.task_title, study.entries, results), "results")
    if results.preferences:
        _download(study, results)


def _download(study: Study, results: StudyResults) -> None:
    sheet = preferences_sheet(study.entries, results)
    left, right, _ = st.columns([2, 3, 3])
    left.download_button("Results as CSV", csv_text(sheet), f"{study.name}.csv", "text/csv", icon=":material/download:")
    answers = study_folder(study.name) / "answers.jsonl"
    right.download_button(
        "Answers as JSON lines", answers.read_bytes(), f"{study.name}-answers.jsonl", "application/jsonl",
        icon=":material/download:",
    )  # fmt: skip


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes with every answer."""
    files: Sequence[Path] = (folder / "study.json", folder / "answers.jsonl")
    return tuple(number for path in files if path.exists() for number in (path.stat().st_mtime_ns, path.stat().st_size))


def _go(view: str) -> None:
    st.session_state["view"] = view

"""Annotate: artifacts in fills, marked in two rounds, compared and exported. The rules are `harness.annotations`'."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from harness.annotations import (
    ROUNDS,
    Annotations,
    Fill,
    Gone,
    Mark,
    annotation_names,
    dilated_box,
    latest,
    open_annotations,
    progress,
)
from harness.errors import HarnessError
from harness.places import file_name
from harness_dashboard.annotating import BEGUN, begin, results, take_away
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.painter import Action, painter
from harness_dashboard.controls import BIND, choose

if TYPE_CHECKING:
    from typing import Literal

    import numpy as np
    from numpy.typing import NDArray

    Run = Callable[[str], NDArray[np.uint8] | None]

__all__ = ["page"]

NEW = "begin a new set"
VIEWS = {"mark": "Mark", "results": "Results", "export": "Export"}
NAMED: Mapping[str, str] = {
    "mark": "1 · Mark artifacts",
    "missed": "2a · Look for missed areas",
    "over": "2b · Look for over-marked areas",
}
TOLD: Mapping[str, str] = {
    "mark": "Paint over everything in the dashed box that looks wrong: blur, seams, smears, nonsense. Where nothing "
    "does, say so. The box is larger than the hole, and whose fill it is you are not told.",
    "missed": "What you marked is shown in amber and stays. Add what you missed.",
    "over": "Erase what you marked without need. Nothing can be added in this round.",
}  # fmt: skip
ACTIONS: Mapping[str, tuple[Action, ...]] = {
    "mark": (Action("save", "Save", "marked"), Action("none", "No artifact", "empty")),
    "missed": (Action("save", "Save: nothing more is missing"),),
    "over": (Action("save", "Save: what is left is right"),),
}
MODES: Mapping[str, Literal["free", "grow", "cut"]] = {"mark": "free", "missed": "grow", "over": "cut"}
AGAIN = "annotate.again"


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    st.title("Annotate", anchor=False)
    first, second, third, fourth = st.columns([3, 2, 3, 2])
    if begun := st.session_state.pop(BEGUN, None):
        st.session_state["set"] = begun
    with first:
        name = choose("Set", [*annotation_names(), NEW], "set")
    if name == NEW:
        st.text("Mark where fills of a run look wrong, in two rounds, and take the marks away as a data set.")
        begin(catalogue)
        return
    try:
        annotations = open_annotations(name)
        marks = annotations.marks()
    except HarnessError as error:
        st.error("These annotations cannot be read.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
        return
    with fourth:
        view = choose("View", list(VIEWS), "view", shown=lambda key: VIEWS[key])
    if view == "results":
        results(annotations, marks)
    elif view == "export":
        take_away(annotations, marks)
    else:
        with second:
            who = st.text_input("You (a pseudonym)", key="who", bind=BIND, max_chars=40)
        with third:
            round = choose("Round", ROUNDS, "round", shown=lambda key: NAMED[key])
        _mark(catalogue, annotations, marks, who.strip(), round)


def _mark(catalogue: Catalogue, annotations: Annotations, marks: list[Mark], who: str, round: str) -> None:
    if not who:
        st.info(
            "Type a pseudonym to begin: marks are kept under it, and it is how you go on later.",
            icon=":material/badge:",
        )
        return
    try:
        file_name("pseudonym", who)
    except HarnessError as error:
        st.warning("This pseudonym cannot be used.", icon=":material/badge:")
        st.code(str(error), language=None, wrap_lines=True)
        return
    stands = progress(annotations.fills, marks, who, round)
    total = stands.done + len(stands.waiting)
    again = _again(annotations, marks, who)
    if again is None:
        st.progress(stands.done / total if total else 0.0, text=f"{stands.done} of {total} fills in this round")
    if again is None and not stands.waiting:
        _nothing_waits(round, total)
        return
    fill, now = (again, "mark") if again else (stands.waiting[0], round)
    before = latest(marks).get((fill.id, who))
    st.text("Anew, from what you saved last: " + TOLD["mark"] if again else TOLD[now])
    try:
        _paint(annotations, fill, before, who, now, _pictures(catalogue, annotations))
    except Gone as error:
        st.warning("The pictures of this fill are gone.", icon=":material/hide_image:")
        st.code(str(error), language=None, wrap_lines=True)
        st.text("Show the run that made them:")
        st.code(shlex.join(["harness", "dashboard", annotations.about["run"]]), language="sh")
    except HarnessError as error:
        st.error("This mark could not be kept.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
    _offer_again(marks, who)


def _paint(annotations: Annotations, fill: Fill, before: Mark | None, who: str, now: str, run: Run) -> None:
    """Show the painter; save what it gives at once, and go on."""
    picture, hole = annotations.picture(fill.output, run), annotations.picture(fill.hole, run)
    count = "" if before is None else before.mask[:12]
    painted = painter(
        picture, f"{annotations.name}/{who}/{fill.id}/{now}/{count}", "annotate.painter", ACTIONS[now],
        mask=annotations.mask(before) if before else None, mode=MODES[now], box=dilated_box(hole > 0),
    )  # fmt: skip
    if painted is not None:
        annotations.save(fill, who, now, painted.mask, run)
        st.session_state.pop(AGAIN, None)
        st.rerun()


def _pictures(catalogue: Catalogue, annotations: Annotations) -> Run:
    """What gives the run's pictures, where the run is among those shown."""
    for source in catalogue.sources.values():
        if str(source.path.resolve()) == annotations.about["run"]:
            return catalogue.open(source).picture
    return lambda name: None


def _again(annotations: Annotations, marks: list[Mark], who: str) -> Fill | None:
    """The fill that is to be marked anew, if the annotator asked for that."""
    wanted = st.session_state.get(AGAIN)
    return next((m.fill for m in marks if m.annotator == who and m.fill.id == wanted), None) if wanted else None


def _offer_again(marks: list[Mark], who: str) -> None:
    mine = [mark for mark in marks if mark.annotator == who]
    if mine and not st.session_state.get(AGAIN):
        st.button("Mark the last one anew", icon=":material/undo:", on_click=_ask_again, args=(mine[-1].fill.id,))


def _ask_again(fill: str) -> None:
    st.session_state[AGAIN] = fill


def _nothing_waits(round: str, total: int) -> None:
    number = ROUNDS.index(round)
    if not total:
        st.info(f"Nothing waits here yet: finish some of “{NAMED[ROUNDS[number - 1]]}” first.", icon=":material/inbox:")
    elif number + 1 < len(ROUNDS):
        st.success(f"All of this round is done. Next: “{NAMED[ROUNDS[number + 1]]}”.", icon=":material/check:")
    else:
        st.success("Nothing waits in this round. Results and Export are under View.", icon=":material/check:")

"""What the page Annotate shows beside the painter: beginning a set, results, taking a data set away."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from harness.annotations import (
    Annotations,
    Mark,
    agreement,
    create_annotations,
    entry_ratios,
    export_pal,
    fills_of,
    latest,
    wanted_round,
    zipped,
)
from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.opened import Opened
from harness.report.views.annotations import Annotator, Compared, Marked, annotation_results
from harness_dashboard.catalogue import Catalogue, Source
from harness_dashboard.components.fragment import fragment
from harness_dashboard.controls import choose_several, choose_source, choose_task, switch

__all__ = ["BEGUN", "begin", "results", "take_away"]

BEGUN = "annotate.begun"
"""Where the name of a set that was just begun waits for the next run, which shows it."""
ARCHIVE = "annotate.archive"
ENTRIES_FIRST = 4
EVERYBODY = "what more than half of a fill's annotators marked"


def begin(catalogue: Catalogue) -> None:
    """Widgets that begin a new set."""
    first, second = st.columns(2)
    with first:
        source, opened = choose_source(catalogue)
    with second:
        view = choose_task(opened)
    titles = {row.reference: row.title for row in view.judged}
    chosen = choose_several(
        "Entries", list(titles), "entries", default=list(titles)[:ENTRIES_FIRST], shown=lambda key: titles[key]
    )
    clusters = opened.samples[opened.samples["task"] == view.summary.task]["cluster"].nunique()
    first, second = st.columns(2)
    with first:
        photographs = st.number_input("Photographs", 1, max(int(clusters), 1), min(int(clusters), 30), key="annotate.n")
    with second:
        name = st.text_input("Name of the set", f"{source.suite}-artifacts", max_chars=60, key="annotate.name")
    if not st.button("Begin", type="primary", disabled=not chosen, icon=":material/brush:"):
        return
    try:
        _create(source, opened, view, chosen, int(photographs), name.strip())
    except HarnessError as error:
        st.error("The set could not be begun.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
    else:
        st.session_state[BEGUN] = name.strip()
        st.rerun()


def _create(
    source: Source, opened: Opened, view: TaskView, entries: Sequence[str], photographs: int, name: str
) -> None:  # fmt: skip
    rows = {entry: opened.rows(entry, view.summary.task) for entry in entries}
    known = [row for row in view.judged if row.reference in entries]
    fills = fills_of(
        opened.samples, rows, view.summary.task, photographs=photographs,
        kept=lambda picture: opened.run.artifacts.path(picture).exists(),
    )  # fmt: skip
    create_annotations(
        name, fills, run=str(source.path.resolve()), suite=source.suite,
        entries=[{"reference": row.reference, "title": row.title, "kind": row.kind} for row in known],
        attribution=opened.manifest["attribution"],
    )  # fmt: skip


def results(annotations: Annotations, marks: list[Mark]) -> None:
    """How far annotators agree, and what they found."""
    if not marks:
        st.info("Nothing is marked yet: choose Mark under View.", icon=":material/inbox:")
        return
    named = switch("Name the entries", "named", help="Finish marking first: who knows whose a fill is, is not blind.")
    known = {entry["reference"]: entry for entry in annotations.about["entries"]}
    found = agreement(annotations)
    last = latest(marks)
    annotators = [
        Annotator(
            who,
            sum(key[1] == who for key in last),
            sum(key[1] == who and wanted_round(mark) is None for key, mark in last.items()),
            len(annotations.fills),
        )
        for who in sorted({mark.annotator for mark in marks})
    ]
    entries = [
        Marked(known[one.entry]["title"], known[one.entry]["kind"], one.ratio, one.clean, one.fills)
        for one in (entry_ratios(annotations) if named else ())
    ]
    fills = [
        Compared(one.fill.sample, known[one.fill.entry]["title"] * named, one.iou, one.annotators, one.clean)
        for one in sorted(found.fills, key=lambda one: one.iou)
    ]
    fragment(annotation_results(annotators, entries, fills, found.mean, found.marked), "annotate.results")


def take_away(annotations: Annotations, marks: list[Mark]) -> None:
    """The PAL layout as one file, and the lines that write it into a folder."""
    names = sorted({mark.annotator for mark in marks})
    if not names:
        st.info("Nothing is marked yet: choose Mark under View.", icon=":material/inbox:")
        return
    st.text(
        "trainset_subset, valset and testset, each with images, masks and labels (0 and 1) under one name; all fills "
        "of a photograph are in one split."
    )  # fmt: skip
    first, second = st.columns(2)
    with first:
        whose = st.selectbox("Labels", ["", *names], format_func=lambda name: name or EVERYBODY, key="annotate.whose")
    with second:
        seed = int(st.number_input("Seed of the split", 0, 2**31, 0, key="annotate.seed"))
    key = (annotations.name, whose, seed, len(marks))
    if st.button("Put the data set together", icon=":material/folder_zip:"):
        try:
            with tempfile.TemporaryDirectory() as folder:
                counts = export_pal(annotations, Path(folder), annotator=whose, seed=seed)
                st.session_state[ARCHIVE] = (key, counts, zipped(Path(folder)))
        except HarnessError as error:
            st.error("It cannot be put together.", icon=":material/error:")
            st.code(str(error), language=None, wrap_lines=True)
    kept = st.session_state.get(ARCHIVE)
    if kept and kept[0] == key:
        st.text(", ".join(f"{split}: {count}" for split, count in kept[1].items()))
        st.download_button(
            "Download as ZIP", kept[2], f"{annotations.name}.zip", "application/zip", icon=":material/download:"
        )
    st.text("The same into a folder, in Python:")
    st.code(
        "from pathlib import Path\nfrom harness.annotations import export_pal, open_annotations\n"
        f"export_pal(open_annotations({annotations.name!r}), Path('pal'), annotator={whose!r}, seed={seed})",
        language="python",
    )

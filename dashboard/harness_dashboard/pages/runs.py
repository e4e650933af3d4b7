"""Runs: their manifests, what differs between two, how far a run is, and how to go on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from harness.comparison.comparable import task_differs
from harness.errors import HarnessError
from harness.report.manifests import differences
from harness.report.views.runs import RunLine, difference, manifest, progress, runs_table
from harness.store import open_run
from harness.store.resuming import resume_command
from harness.store.watching import Look, Watch
from harness_dashboard.catalogue import Catalogue, Source
from harness_dashboard.components.fragment import fragment, heading
from harness_dashboard.controls import choose

__all__ = ["page"]

MOST_LINES = 100
EVERY = "2s"
NOBODY = ""


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    st.title("Runs", anchor=False)
    sources = catalogue.sources
    lost = _without_manifest(catalogue.options.folders)
    if not sources and not lost:
        st.info("No run yet.", icon=":material/inbox:")
        st.text("Make one of six photographs in twenty seconds; this page shows how far it is:")
        st.code("harness run --suite demo", language="sh")
        return
    fragment(runs_table([*(_line(source) for source in list(sources.values())[:MOST_LINES]), *lost]), "runs")
    if len(sources) > MOST_LINES:
        st.text(f"The newest {MOST_LINES} of {len(sources)} are in the table; each can be chosen below.")
    if sources:
        _one(sources)


def _line(source: Source) -> RunLine:
    address = f"runs?{urlencode({'source': source.title})}"
    try:
        look = _watch(os.fsencode(source.path)).look()
        return RunLine(source.title, source.kind, address, open_run(source.path).manifest, look)
    except HarnessError as error:
        return RunLine(
            source.title, source.kind, address, problem=_plain(error), remedy=f"harness verify {source.word}"
        )


@st.cache_resource(max_entries=2 * MOST_LINES, show_spinner=False)
def _watch(path: bytes) -> Watch:
    """Shared by all sessions: what one has counted need not be counted again."""
    return Watch(Path(os.fsdecode(path)))


LOST = (
    "It holds records and no manifest.json, so nobody can say what they are of. Put the file back, or run the same "
    "command again into this folder."
)


def _without_manifest(folders: tuple[str, ...]) -> list[RunLine]:
    """Folders that hold records and no manifest."""
    found = []
    for given in map(Path, folders):
        for records in sorted(given.glob("*/records")):
            folder = records.parent
            if not (folder / "manifest.json").exists() and not folder.name.startswith("."):
                name = folder.name if folder.name.isprintable() else ascii(folder.name)
                source = Source(name, f"run {name}", "", folder, "run")
                found.append(RunLine(source.title, "run", "", problem=LOST, remedy=f"ls -la {source.word}"))
    return found


def _one(sources: Mapping[str, Source]) -> None:
    """The chosen run, and another one beside it."""
    first, second = st.columns(2)
    with first:
        name = choose("Run or board", list(sources), "source", shown=lambda name: sources[name].title)
    with second:
        others = [NOBODY, *(other for other in sources if other != name)]
        against = choose(
            "Tell its manifest apart from", others, "against", shown=lambda n: sources[n].title if n else "none"
        )
    source = sources[name]
    try:
        look, told = _watch(os.fsencode(source.path)).look(), open_run(source.path).manifest
    except HarnessError as error:
        _broken(source, error)
        return
    fragment(heading(source.title, 2), "heading")
    _state(source, look, told)
    if against:
        _apart(source, told, sources[against])
    fragment(manifest(told, _plain(source.path)), "manifest")


def _broken(source: Source, error: HarnessError) -> None:
    st.error("This folder cannot be read.", icon=":material/error:")
    st.code(_plain(error), language=None, wrap_lines=True)
    st.text("Say what is wrong with it, part by part:")
    st.code(f"harness verify {source.word}", language="sh")


def _state(source: Source, look: Look, told: Mapping[str, Any]) -> None:
    """How far it is, live while somebody writes, and how to go on where nobody does."""
    if look.state == "running":
        _live(os.fsencode(source.path))
        return
    if look.state == "complete" and look.done == look.due:
        return
    fragment(progress(look, _titles(told)), "progress")
    st.text("Go on where it stopped, from the folder where it was started; what is there is kept:")
    st.code(resume_command(told, _plain(source.path)), language="sh", wrap_lines=True)


@st.fragment(run_every=EVERY)
def _live(path: bytes) -> None:
    """Draws itself again while the run goes on, and the whole page once it has ended."""
    try:
        look, told = _watch(path).look(), open_run(os.fsdecode(path)).manifest
    except HarnessError:
        st.rerun()  # the page says what is wrong
    if look.state != "running":
        st.rerun()
    fragment(progress(look, _titles(told)), "progress")


def _titles(told: Mapping[str, Any]) -> dict[str, str]:
    return {entry["reference"]: entry["title"] for entry in told["entries"]}


def _apart(source: Source, told: Mapping[str, Any], other: Source) -> None:
    try:
        theirs = open_run(other.path).manifest
    except HarnessError as error:
        _broken(other, error)
        return
    tasks = {task["id"]: task for task in theirs["suite"]["tasks"]}
    verdicts = [
        (str(task["title"]), str(task_differs(task, tasks[task["id"]], (told, theirs), seeded=True) or ""))
        for task in told["suite"]["tasks"]
        if task["id"] in tasks
    ]
    st.subheader("What differs", anchor=False)
    fragment(difference(differences(told, theirs), source.title, other.title, verdicts), "difference")


def _plain(told: object) -> str:
    """In words that can be sent: a path may hold bytes that are no text."""
    return str(told).encode(errors="replace").decode()

"""Try it: a picture, a mask drawn over it, and a method of this machine. Off unless the dashboard may run methods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from harness.datasets.decode import DecodedImage, decode, encode_png
from harness.datasets.folder import SUFFIXES
from harness.datasets.photos import Photos
from harness.errors import HarnessError
from harness.plugins import registry
from harness.report.gallery import middle_of, outline_path
from harness.report.words import seconds
from harness.store.keys import pixels_hash
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.painter import Action, data_uri, painter
from harness_dashboard.components.viewer import viewer
from harness_dashboard.controls import choose
from harness_dashboard.trying import Choice, Job, Outcome, choices, command_line, start

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

__all__ = ["page"]

MOST_PIXELS = 12_000_000
"""ours: what a phone's camera gives; a browser paints over that, and classical methods fill it in minutes."""
SHIPPED, OWN = "a photograph that is shipped", "a picture of yours"
JOB, LOOK = "try.job", "try.look"
FILL = Action("fill", "Fill the hole", "marked")
KINDS: Mapping[str, str] = {
    "": "no learned weights",
    "mini": "small checkpoint: says nothing about the paper",
    "official": "the paper's own checkpoint",
}


@dataclass(frozen=True)
class _Picture:
    """What is filled: its pixels, a name for files, and what decoding did to it."""

    pixels: Pixels
    name: str
    facts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Names the picture."""
        return pixels_hash(self.pixels)[:24]


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    st.title("Try it", anchor=False)
    if not catalogue.options.allow_run:
        st.info("This page runs methods on this machine, and is off unless you say so.", icon=":material/lock:")
        st.text("Start the dashboard with it on:")
        st.code("harness dashboard --allow-run", language="sh")
        return
    found, absent = choices(registry())
    first, second = st.columns(2)
    with first:
        picture = _picture()
    with second:
        by = {one.reference: one for one in found}
        reference = choose("Method", list(by), "method") if by else ""
        if by:
            _describe(by[reference])
        if absent:
            with st.expander(f"{len(absent)} more cannot run here"):
                for one in absent:
                    st.text(f"{one.name}: {one.why}")
                    if one.command:
                        st.code(one.command, language="sh")
    if picture is None or not reference:
        return
    st.text("Paint over what is to be filled.")
    job: Job | None = st.session_state.get(JOB)
    running = job is not None and job.outcome is None
    try:
        painted = painter(picture.pixels, picture.id, "try.painter", () if running else (FILL,))
        if painted is not None:
            st.session_state[JOB] = start(reference, picture.pixels, painted.mask, catalogue.options.timeout)
            st.rerun()
    except HarnessError as error:
        st.error("This could not be started.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
    if job is not None and running:
        _waiting()
    elif job is not None and job.outcome is not None and pixels_hash(job.picture) == pixels_hash(picture.pixels):
        _result(job, job.outcome, picture)


def _picture() -> _Picture | None:
    """The picture chosen; None, with a word about it, where there is none yet or it cannot be read."""
    if choose("Picture", [SHIPPED, OWN], "picture") == SHIPPED:
        photos = Photos("native")
        name = choose("Photograph", photos.ids(), "photo")
        return _Picture(photos.load(name).image, name)
    suffixes = sorted(suffix.removeprefix(".") for suffix in SUFFIXES)
    sent = st.file_uploader(
        "Your picture", type=suffixes, key="try.file", help="It stays on this machine; at most 12 million pixels."
    )
    if sent is None:
        return None
    try:
        decoded = decode(sent.getvalue(), max_pixels=MOST_PIXELS)
    except HarnessError as error:
        st.error("This file cannot be used.", icon=":material/broken_image:")
        st.code(str(error), language=None, wrap_lines=True)
        return None
    facts = _facts(decoded)
    for fact in facts:
        st.text(fact)
    return _Picture(decoded.pixels, _plain(sent.name), facts)


def _plain(name: str) -> str:
    """A file's stem that a shell and every system takes as it is."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(name).stem).strip("-")[:60] or "picture"


def _facts(decoded: DecodedImage) -> tuple[str, ...]:
    """What decoding did that a person would want to know; nothing for an ordinary RGB file."""
    facts = decoded.facts
    mode = str(facts["mode"])
    told = {
        "turned as its EXIF says": facts["orientation"] != 1,
        "transparency laid over white": bool(facts["transparent"]),
        "16 bit rounded to 8": mode.startswith("I;16") or mode == "I",
        f"{mode} converted to RGB": mode in ("CMYK", "YCbCr", "LAB", "P", "PA", "L", "LA", "1"),
        "its colour profile is not applied": bool(facts["profile"]),
        f"the first of {facts['frames']} frames": int(facts["frames"]) > 1,
    }
    return tuple(words for words, true in told.items() if true)


def _describe(choice: Choice) -> None:
    st.text(choice.summary)
    colour: Any = "orange" if choice.kind == "mini" else "gray"
    st.badge(KINDS[choice.kind], color=colour)
    st.text(f"Licence: {choice.licence}")


@st.fragment(run_every=0.5)
def _waiting() -> None:
    """Tells the time while a run goes on; the page is drawn anew when it ended."""
    job: Job = st.session_state[JOB]
    if job.outcome is not None:
        st.rerun()
    passed = min(job.seconds, job.limit)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Stop", icon=":material/stop_circle:", key="try.stop", on_click=job.stop)
        st.text(f"{job.reference} runs: {passed:.0f} s of at most {job.limit:g} s")
    st.progress(passed / job.limit)


def _result(job: Job, outcome: Outcome, picture: _Picture) -> None:
    if outcome.pixels is None:
        st.error("There is no result.", icon=":material/error:")
        st.code(outcome.line, language=None, wrap_lines=True)
    else:
        told = f"{_told(outcome.seconds)} in the method, " if outcome.seconds is not None else ""
        area = f"hole {100 * job.hole.mean():.1f} % of the picture"
        st.text(f"{job.reference}: {told}{seconds(outcome.whole)} with its start; {area}")
        for line in outcome.warnings:
            st.code(line, language=None, wrap_lines=True)
        viewer(_shown(job, outcome.pixels), st.session_state.get(LOOK, ""), "try.viewer", _keep_look)
    st.text("The same on the command line, with the files below:")
    st.code(command_line(job.reference, picture.name), language="sh", wrap_lines=True)
    files = {"": job.picture, "-mask": job.hole, "-filled": outcome.pixels}
    with st.container(horizontal=True):
        for ending, pixels in files.items():
            if pixels is not None:
                name = f"{picture.name}{ending}.png"
                label = {"": "Picture", "-mask": "Mask", "-filled": "Result"}[ending]
                st.download_button(
                    f"{label} as PNG", encode_png(pixels), name, "image/png", icon=":material/download:",
                    type="primary" if ending == "-filled" else "secondary",
                )  # fmt: skip


def _told(value: float) -> str:
    """Seconds as the command prints them, to a hundredth."""
    return seconds(value) if value >= 0.01 else "less than 10 ms"


def _shown(job: Job, filled: Pixels) -> dict[str, Any]:
    """Input and output as the viewer draws them, whole and at full size."""
    panes = [
        {
            "entry": title, "title": title, "colour": colour, "kind": "", "floor": False, "picture": data_uri(pixels),
            "error": "", "maps": {}, "scores": [], "note": "", "command": "",
        }
        for title, colour, pixels in ((job.reference, 0, filled), ("your picture", 1, job.picture))
    ]  # fmt: skip
    middle = middle_of(filled.shape, job.hole)
    return {
        "sample": "", "title": "", "cluster": "", "facts": [], "size": [filled.shape[1], filled.shape[0]],
        "focus": [float(middle[0]), float(middle[1])], "window": "", "gain": 1, "truth": "", "hole": "",
        "outline": outline_path(job.hole), "panes": panes,
    }  # fmt: skip


def _keep_look(look: str) -> None:
    st.session_state[LOOK] = look

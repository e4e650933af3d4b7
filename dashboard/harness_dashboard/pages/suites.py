"""Suites: a card for each, with tasks, data, masks, metrics and their protocol."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from harness.plugins import registry
from harness.report.cards import suite_cards
from harness.report.views.suites import suites as suites_view
from harness.suites import load_suites
from harness_dashboard.about import published
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.fragment import fragment
from harness_dashboard.controls import choose

__all__ = ["page"]

EVERY = ""


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    known = registry()
    read, broken = load_suites(known.all("suites"))
    titles = {suite.name: suite.title for suite in read}
    st.title("Suites", anchor=False)
    name = choose("Suite", [EVERY, *titles], "suite", shown=lambda name: titles.get(name, "every suite"))
    shown = [asdict(suite) for suite in read if name in (EVERY, suite.name)]
    fragment(suites_view(suite_cards(shown, known, published(catalogue))), "suites")
    for at_fault, cause in broken.items():
        st.warning("A suite could not be read.", icon=":material/error:")
        st.code(f"{at_fault}: {cause}", language=None, wrap_lines=True)

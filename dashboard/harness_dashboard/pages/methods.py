"""Methods: a card for each, with paper, licence, weights, what is ours, and how to repeat what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import streamlit as st

from harness.plugins import missing, registry
from harness.report.cards import capabilities, chosen, method_cards
from harness.report.views.methods import methods
from harness.suites import load_suites
from harness_dashboard.about import published
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.fragment import fragment
from harness_dashboard.controls import BIND, choose

__all__ = ["page"]

SHOWN: Mapping[str, str] = {"": "everything", "inpaint": "fill holes", "restore": "restore", "assess": "judge pictures"}


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    known = registry()
    suites, _ = load_suites(known.all("suites"))
    cards = method_cards(known, missing, [asdict(suite) for suite in suites], published(catalogue))
    st.title("Methods", anchor=False)
    first, second = st.columns([2, 3])
    with first:
        capability = choose(
            "What it can do", ["", *capabilities(cards)], "can", shown=lambda name: SHOWN.get(name, name)
        )
    with second:
        text = st.text_input("Search", key="find", bind=BIND, placeholder="name, paper, year, floor, mini …")
    found = chosen(cards, capability, text)
    st.text(f"{len(found)} of {len(cards)} methods")
    fragment(methods(found), "methods")
    broken = [report for report in known.reports if report.state == "broken"]
    if broken:
        st.warning("Some plugins could not be loaded; what they bring is not shown.", icon=":material/extension_off:")
        for report in broken:
            st.code(f"{report.name}: {report.cause}\n{report.fix}".rstrip(), language=None, wrap_lines=True)
        st.code("harness list plugins", language="sh")

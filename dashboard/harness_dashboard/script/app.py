"""The Streamlit script: navigation over the registered pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from harness.errors import MissingRequirement
from harness.plugins import load_target, registry
from harness.specs import PageSpec
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.options import Options
from harness_dashboard.spec import PAGES

__all__: list[str] = []


ICON = Path(__file__).parents[1] / "components" / "assets" / "icon.svg"  # one of Streamlit's own comes from a network


def _runner(spec: PageSpec, catalogue: Catalogue) -> Callable[[], None]:
    """What Streamlit calls for a page. An extra that is not here ends the page, not the dashboard."""

    def run() -> None:
        try:
            target = load_target(spec)
        except MissingRequirement as error:
            st.warning("This page needs something that is not installed.", icon=":material/extension_off:")
            st.code(str(error), language=None)
            return
        target(catalogue)

    return run


def _main() -> None:
    st.set_page_config(page_title="harness", page_icon=str(ICON), layout="wide")
    catalogue = Catalogue(Options.from_environment())
    ours = [page.name for page in PAGES]
    specs = [spec for spec in registry().all("pages") if isinstance(spec, PageSpec)]
    specs.sort(key=lambda spec: (ours.index(spec.name) if spec.name in ours else len(ours), spec.name))
    sections: dict[str, list[st.Page]] = {}
    for spec in specs:
        icon = f":material/{spec.icon}:" if spec.icon else None
        run, first = _runner(spec, catalogue), spec is specs[0]
        page = st.Page(run, title=spec.title, icon=icon, url_path="first" if first else spec.name, default=first)
        sections.setdefault(spec.section, []).append(page)
        if first:  # Streamlit answers for its first page at the bare address only: its own name is another page's
            named = st.Page(_runner(spec, catalogue), title=spec.title, url_path=spec.name, visibility="hidden")
            sections[spec.section].append(named)
    st.navigation(sections).run()


_main()

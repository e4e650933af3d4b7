"""Compare, Curves and Pareto in a real browser: what is drawn, links between pages, themes, a phone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from harness.stats.summary import aggregates_frame, summarise
from harness.store import RunFolder
from harness.store.shards import parquet_path, read_parquet, write_parquet

pytestmark = pytest.mark.browser

TASK = "photos-thick"
INSIDE = """name => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)
    .flatMap(e => [...e.shadowRoot.querySelectorAll(name)])"""
"""Everything inside shadow roots that a selector names."""


@pytest.fixture(scope="module")
def address(fake: ModuleType, dashboard: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run with an official size timed with random weights, stored curves, and a value by round."""
    runs: Path = tmp_path_factory.mktemp("runs")
    random = (fake.entry("coordfill@random", "coordfill@random", "random"), fake.FILLS[1][1])
    run = fake.build(runs / "demo-1", count=16, size=48, fills=[*fake.FILLS, random])
    _tell_rounds(run, "coordfill@mini", 0.6)
    _tell_rounds(run, "telea", 0.8)
    _store_curves(run)
    return dashboard(runs)


def _tell_rounds(run: RunFolder, entry: str, factor: float) -> None:
    shard = parquet_path(run.cell(entry, TASK))
    rows = read_parquet(shard)
    told = [json.dumps([(0.2 + i % 5 / 10) * factor**k for k in range(6)]) for i in range(len(rows))]
    write_parquet(shard, rows.assign(**{"fact:par_by_round": told}))


def _store_curves(run: RunFolder) -> None:
    frame = aggregates_frame(summarise(run.records(), run.manifest))
    rows = []
    for number, entry in enumerate(("telea", "mean", "coordfill@mini")):
        x = [k / 20 for k in range(17)]
        y = [0.1 * (1 - k / 20) ** (1 + number) for k in range(17)]
        band = {"lo": [0.8 * v for v in y], "hi": [1.2 * v for v in y]}
        curve = {"x": x, "y": y, **band, "x_label": "share of samples discarded", "y_label": "FNMR", "step": True}
        named = {"entry": entry, "task": TASK, "metric": "edc", "subset": "", "why": ""}
        figures = {"n": 16, "clusters": 8, "value": y[0], "lo": 0.8 * y[0], "hi": 1.2 * y[0]}
        rows.append({**named, **figures, "curve": json.dumps(curve)})
    write_parquet(run.path / "aggregates.parquet", pd.concat([frame.astype({"curve": object}), pd.DataFrame(rows)]))


def overlaps(seen: Any) -> list[list[str]]:
    """Pairs of texts of one drawing whose letters meet; a box has room above and below its letters."""
    found: list[list[str]] = seen.ask(f"""(() => {{
        const clash = [];
        ({INSIDE})('svg.plot').forEach(plot => {{
            const texts = [...plot.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
            texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {{
                const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
                const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
                if (wide > 1 && high > 0.35 * Math.min(p.height, q.height)) clash.push([a, b]);
            }}));
        }});
        return clash;
    }})()""")
    return found


def outside(seen: Any) -> list[str]:
    """Texts of drawings that leave the window sideways."""
    found: list[str] = seen.ask(f"""({INSIDE})('svg.plot text').filter(e => {{
        const box = e.getBoundingClientRect();
        return box.left < 0 || box.right > innerWidth;
    }}).map(e => e.textContent)""")
    return found


@pytest.mark.parametrize("page", ["compare", "curves", "pareto"])
def test_a_page_is_drawn_and_readable_at_any_width(address: str, visit: Callable[..., Any], page: str) -> None:
    seen = visit(f"{address}/{page}?source=run+demo-1")
    for width, name in ((1280, page), (390, f"{page}-phone")):
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.settle()
        assert seen.ask(f"({INSIDE})('svg.plot').length") >= {"compare": 1, "curves": 3, "pareto": 1}[page]
        assert seen.ask("document.documentElement.scrollWidth") <= width
        assert overlaps(seen) == []
        assert outside(seen) == []
        seen.keep(name)
    assert seen.outside == []


def test_a_third_entry_brings_a_matrix_and_stands_in_the_link(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/compare?source=run+demo-1&entries=Telea&entries=Mean+fill", scheme="dark")
    assert seen.page.locator(".pairs").count() == 0
    seen.page.get_by_role("combobox", name="Entries").click()
    seen.page.get_by_role("option", name="CoordFill · mini").click()
    seen.page.locator(".pairs").wait_for()
    seen.page.locator(".pairs tbody tr").nth(2).wait_for()
    assert seen.page.locator(".pairs tbody tr").count() == 3
    seen.page.wait_for_url("**CoordFill**")
    seen.keep("compare-three-dark")


def test_a_sample_of_a_pair_leads_to_its_pictures(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/compare?source=run+demo-1&entries=Telea&entries=Mean+fill")
    link = seen.page.locator("a.go").first
    sample = link.inner_text()
    link.click()
    seen.page.wait_for_url("**/samples?**")
    seen.settle()
    assert seen.page.get_by_label("Sample", exact=True).input_value() == sample


def test_the_cost_is_chosen_in_the_address(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/pareto?source=run+demo-1")
    seen.page.get_by_label("Cost").click()
    seen.page.get_by_role("option", name="parameters").click()
    seen.page.locator("svg.plot", has_text="learned parameters, log scale").wait_for()
    seen.page.wait_for_url("**cost=parameters**")
    assert seen.page.locator(".lane title").text_content() == "coordfill, official size: 1.9 M, quality unknown here"
    seen.keep("pareto-parameters")

"""Compare, Curves and Pareto: their state in the address, what can be taken away, and what they say where data lack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.stats.summary import summarise
from harness.store.files import write_json
from harness.store.shards import parquet_path

RUN = "run demo-1"
GOLDEN = Path(__file__).parents[1] / "store" / "golden" / "v1"
PAGES = ("compare", "curves", "pareto")


def fragments(app: Any) -> str:
    """Every view that the page shows, as HTML."""
    mine = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "harness.fragment"]
    return "".join(json.loads(proto.json) for proto in mine)


def downloads(app: Any) -> list[str]:
    return [one.proto.label for one in app.get("download_button")]


# ---- compare


def test_two_entries_are_compared_at_once(open_page: Callable[..., Any]) -> None:
    app = open_page("compare", source=RUN)
    assert [one.value for one in app.exception] == []
    assert len(app.multiselect(key="entries").value) == 2
    shown = fragments(app)
    assert 'class="cloud"' in shown
    assert "B wins most on" in shown
    assert downloads(app) == ["Pairs as CSV", "Differences by sample as CSV"]


def test_the_entries_stand_in_the_address_in_their_order(open_page: Callable[..., Any]) -> None:
    app = open_page("compare", source=RUN, entries=["Mean fill", "Telea", "CoordFill · mini"])
    assert app.multiselect(key="entries").value == ["mean", "telea", "coordfill@mini"]
    shown = fragments(app)
    assert shown.count("<details") == 3
    assert shown.index("Mean fill") < shown.index("Telea")
    assert "this project&#39;s small checkpoints" in shown


def test_a_sample_leads_to_the_page_samples(open_page: Callable[..., Any]) -> None:
    shown = fragments(open_page("compare", source=RUN, entries=["Telea", "Mean fill"]))
    start = "samples?source=run+demo-1&amp;task=Photographs%2C+LaMa+thick+masks&amp;sample=photo"
    assert f'href="{start}' in shown
    assert "&amp;entries=Telea&amp;entries=Mean+fill" in shown


def test_one_entry_is_no_comparison(open_page: Callable[..., Any], fake: ModuleType, tmp_path: Path) -> None:
    app = open_page("compare", source=RUN, entries=["Telea"])
    assert app.info[0].value == "Choose two entries or more."
    fake.build(tmp_path / "alone", count=2, size=32, fills=fake.FILLS[:1])
    app = open_page("compare", tmp_path, source="run alone")
    assert "not two entries" in app.info[0].value
    assert app.code[0].value.startswith("harness run --suite ")


def test_random_weights_are_no_choice(open_page: Callable[..., Any], fake: ModuleType, tmp_path: Path) -> None:
    random = (fake.entry("net@random", "Random net", "random"), fake.FILLS[1][1])
    fake.build(tmp_path / "timed", count=4, size=32, fills=[*fake.FILLS[:2], random])
    for page in ("compare", "curves"):
        app = open_page(page, tmp_path, source="run timed")
        assert app.multiselect(key="entries").options == ["Telea", "Mean fill"]
    assert "Random net" not in fragments(app)
    assert "net, official size: " in fragments(open_page("pareto", tmp_path, source="run timed"))


@pytest.mark.parametrize("page", ["compare", "curves"])
def test_damaged_records_say_what_to_do(
    page: str, open_page: Callable[..., Any], fake: ModuleType, tmp_path: Path
) -> None:
    run = fake.build(tmp_path / "torn", count=2, size=32, fills=fake.FILLS[:2])
    write_json(run.path / "summary.json", summarise(run.records(), run.manifest).to_dict())
    parquet_path(run.cell("telea", "photos-thick")).write_bytes(b"PAR1 no more")
    app = open_page(page, tmp_path, source="run torn")
    assert [one.value for one in app.exception] == []
    assert "cannot be read" in app.error[0].value
    assert "telea" in app.code[0].value
    assert app.code[1].value.startswith("harness verify ")
    assert app.multiselect(key="entries").value is not None, "the page itself found out, not what opened the run"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two runs of the same: real records, as a run writes them."""
    for name in ("one", "two"):
        shutil.copytree(GOLDEN, tmp_path / "two runs" / name)
    return tmp_path / "two runs"


def test_entries_of_two_runs_are_compared_where_they_were_asked_the_same(
    open_page: Callable[..., Any], two: Path
) -> None:
    query = {"source": "run one", "with": "run two", "entry": "telea", "against": "telea"}
    app = open_page("compare", two, **query)
    assert [one.value for one in app.exception] == []
    shown = fragments(app)
    assert "telea · run one is equivalent to telea · run two within 0.5 dB" in shown
    assert "mean · run two" in fragments(open_page("compare", two, **{**query, "against": "mean"}))


def test_what_was_not_asked_the_same_is_refused_by_the_field_that_differs(
    open_page: Callable[..., Any], two: Path
) -> None:
    manifest = json.loads((two / "two" / "manifest.json").read_text())
    manifest["suite"]["tasks"][0]["identity"]["mask_version"] = "<b>9"
    write_json(two / "two" / "manifest.json", manifest)
    app = open_page("compare", two, source="run one", **{"with": "run two"})
    assert app.info[0].value == "These two cannot be compared."
    assert "mask set version" in app.code[0].value
    assert "<b>9" in app.code[0].value
    assert fragments(app).count("<table") == 0


# ---- curves


def test_the_metric_and_the_entries_of_curves_stand_in_the_address(open_page: Callable[..., Any]) -> None:
    app = open_page("curves", source=RUN, metric="l1@hole", entries=["Telea"])
    assert [one.value for one in app.exception] == []
    assert app.selectbox(key="metric").value == "l1@hole"
    shown = fragments(app)
    assert "l1@hole · lower is better" in shown
    assert "Mean fill" not in shown
    assert downloads(app) == ["Values by hole size as CSV"]


def test_curves_say_what_is_not_here_and_what_brings_it(open_page: Callable[..., Any]) -> None:
    app = open_page("curves", source=RUN, metric="fd_fake")
    assert "it is a metric of whole sets" in fragments(app)
    assert "Stored curves" in fragments(app)
    assert app.subheader[0].value == "Seconds by size of the picture"
    assert downloads(app) == []


# ---- pareto


@pytest.mark.parametrize(
    ("cost", "title"), [("seconds", "median seconds a sample"), ("memory", "peak memory that a call added")]
)
def test_the_cost_of_pareto_stands_in_the_address(open_page: Callable[..., Any], cost: str, title: str) -> None:
    app = open_page("pareto", source=RUN, cost=cost)
    assert [one.value for one in app.exception] == []
    assert app.selectbox(key="cost").value == cost
    shown = fragments(app)
    assert f"{title}, log scale" in shown
    assert 'class="stair"' in shown
    assert downloads(app) == ["Download as CSV"]


# ---- all


@pytest.mark.parametrize("page", PAGES)
def test_without_anything_each_says_how_to_begin(
    page: str, open_page: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness_dashboard.catalogue.boards", lambda: iter(()))
    app = open_page(page, tmp_path)
    assert app.code[0].value == "harness run --suite demo"

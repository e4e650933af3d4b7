"""The samples page: its state in the address, a page of thumbnails at a time, and what it says where pictures lack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.report.opened import Opened
from harness.store.files import write_json

SAMPLE = "photo03@lama-thick-256/0"


def part(app: Any, key: str) -> dict[str, Any]:
    """What a component of ours was given."""
    return next(
        json.loads(one.proto.json)
        for one in app.get("bidi_component")
        if one.proto.component_name == f"harness.{key}"
    )  # fmt: skip


def fragments(app: Any) -> str:
    """Every view that the page shows, as HTML."""
    mine = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "harness.fragment"]
    return "".join(json.loads(proto.json) for proto in mine)


def test_it_begins_with_the_first_sample_and_the_two_best_entries(open_page: Callable[..., Any]) -> None:
    app = open_page("samples", source="run demo-1")
    assert [one.value for one in app.exception] == []
    shown = part(app, "viewer")
    assert len(shown["panes"]) == 2
    assert all(pane["picture"].startswith("data:image/png") for pane in shown["panes"])
    thumbs = part(app, "thumbs")
    assert (thumbs["chosen"], len(thumbs["items"])) == (shown["sample"], 8)
    assert thumbs["items"][0]["value"].startswith("hole ")
    assert "psnr" in fragments(app)


def test_an_address_holds_the_state_of_the_page(open_page: Callable[..., Any]) -> None:
    app = open_page(
        "samples", source="run demo-1", entries="Telea", order="worst for Telea first", sample=SAMPLE, size="24",
        look="mode=slider&show=error",
    )  # fmt: skip
    shown = part(app, "viewer")
    assert (shown["sample"], shown["look"]) == (SAMPLE, "mode=slider&show=error")
    assert [pane["title"] for pane in shown["panes"]] == ["Telea"]
    assert app.selectbox(key="order").value == "worst:telea"
    values = [float(item["value"].removesuffix(" dB")) for item in part(app, "thumbs")["items"]]
    assert values == sorted(values)


def test_a_click_on_a_thumbnail_chooses_the_sample(open_page: Callable[..., Any]) -> None:
    app = open_page("samples", source="run demo-1")
    app.text_input(key="sample").set_value(SAMPLE).run()  # what the click's callback sets
    assert part(app, "viewer")["sample"] == SAMPLE
    assert part(app, "thumbs")["chosen"] == SAMPLE


def test_a_sample_that_is_not_there_and_a_page_past_the_last_are_said_or_mended(open_page: Callable[..., Any]) -> None:
    app = open_page("samples", source="run demo-1", sample="../../etc/passwd", at="99")
    assert [one.value for one in app.exception] == []
    assert "no sample of that name" in app.warning[0].value
    assert part(app, "viewer")["sample"].startswith("photo")


def test_another_task_begins_with_its_own_first_sample(
    open_page: Callable[..., Any], fake: ModuleType, tmp_path: Path
) -> None:
    tasks = (("photos-thick", "Thick"), ("photos-thin", "Thin"))
    fake.build(tmp_path / "two", count=2, size=32, tasks=tasks, fills=fake.FILLS[:1])
    app = open_page("samples", tmp_path, source="run two", sample="photo01@lama-thick-256/0")
    app.selectbox(key="task").select("photos-thin").run()
    assert app.text_input(key="sample").value == ""
    assert len(app.warning) == 0


def test_failed_samples_stand_with_their_reason(open_page: Callable[..., Any]) -> None:
    app = open_page("samples", source="run demo-1", entries="Navier–Stokes", sample="photo05@lama-thick-256/0")
    assert part(app, "viewer")["panes"][0]["note"] == "failed: ValueError: made to fail"
    assert app.expander[0].label == "Failed or skipped: 1"
    assert "made to fail" in fragments(app)


def test_without_entries_there_are_still_truth_and_input(open_page: Callable[..., Any]) -> None:
    app = open_page("samples", source="run demo-1")
    app.multiselect(key="entries").set_value([]).run()
    assert [one.value for one in app.exception] == []
    assert part(app, "viewer")["panes"] == []
    assert part(app, "viewer")["truth"]


@pytest.fixture
def damaged(runs: Path, tmp_path: Path) -> Path:
    shutil.copytree(runs / "demo-1", tmp_path / "torn")
    return tmp_path / "torn"


def test_a_damaged_picture_costs_its_pane_only(open_page: Callable[..., Any], damaged: Path) -> None:
    for picture in (damaged / "artifacts").iterdir():
        picture.write_bytes(b"no picture")
    app = open_page("samples", damaged.parent, source="run torn")
    assert [one.value for one in app.exception] == []
    assert all("is no PNG" in pane["note"] for pane in part(app, "viewer")["panes"])
    assert "psnr" in fragments(app), "the rest of the page lives"


def test_damaged_rows_say_what_to_do(open_page: Callable[..., Any], damaged: Path) -> None:
    write_json(damaged / "summary.json", Opened(damaged).summary.to_dict())
    for shard in (damaged / "records").rglob("*.parquet"):
        shard.write_bytes(b"torn")
    app = open_page("samples", damaged.parent, source="run torn")
    assert [one.value for one in app.exception] == []
    assert app.error[0].value == "The rows of this task cannot be read."
    assert [code.value for code in app.code][1] == f"harness verify {damaged}"


def test_pictures_that_were_not_kept_are_named_with_the_command_that_gets_them(
    open_page: Callable[..., Any], damaged: Path
) -> None:
    shutil.rmtree(damaged / "artifacts")
    app = open_page("samples", damaged.parent, source="run torn")
    pane = part(app, "viewer")["panes"][0]
    assert (pane["note"], pane["command"]) == ("picture not kept", "harness run --suite demo --keep all")
    assert part(app, "thumbs")["items"][0]["thumb"] == ""

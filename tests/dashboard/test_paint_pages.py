"""The pages Annotate and Try it, their empty and their broken states."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.annotations import open_annotations

# ---- Annotate


@pytest.fixture
def begun(open_page: Callable[..., Any]) -> Any:
    """The page after a set of two entries on two photographs was begun through its widgets."""
    app = open_page("annotate", source="run demo-1")
    assert [one.value for one in app.exception] == []
    app.multiselect(key="entries").set_value(["telea", "coordfill@mini"])
    app.number_input(key="annotate.n").set_value(2)
    app.text_input(key="annotate.name").set_value("pilot")
    return app.button[0].click().run()


def test_a_set_is_begun_in_seeded_order_and_names_nobody(begun: Any) -> None:
    assert [one.value for one in begun.exception] == []
    assert begun.selectbox(key="set").value == "pilot"
    annotations = open_annotations("pilot")
    assert {fill.entry for fill in annotations.fills} == {"telea", "coordfill@mini"}
    assert len({fill.cluster for fill in annotations.fills}) == 2
    begun.text_input(key="who").set_value("ann").run()
    shown = " ".join(str(one.value) for kind in ("text", "markdown", "caption") for one in getattr(begun, kind))
    assert "telea" not in shown
    assert "coordfill" not in shown
    assert "Paint over everything" in shown


def test_marks_are_kept_and_rounds_follow(begun: Any, runs: Path) -> None:
    from harness.report.opened import Opened

    annotations, run = open_annotations("pilot"), Opened(runs / "demo-1")
    begun.text_input(key="who").set_value("ann").run()
    assert "0 of 8 fills" in begun.get("progress")[0].proto.text
    begun.selectbox(key="round").set_value("missed").run()
    assert "Nothing waits here yet" in begun.info[0].value
    for who in ("ann", "bob"):
        for fill in annotations.fills:
            annotations.save(fill, who, "mark", np.zeros((48, 48), bool), run.picture)
    begun.run()
    assert "0 of 8 fills" in begun.get("progress")[0].proto.text
    begun.selectbox(key="round").set_value("mark").run()
    assert "All of this round is done" in begun.success[0].value
    begun.selectbox(key="view").set_value("results").run()
    assert [one.value for one in begun.exception] == []
    begun.selectbox(key="view").set_value("export").run()
    begun.button[0].click().run()
    assert "2 photographs are marked, and a split by photograph needs 3" in begun.code[0].value


def test_a_data_set_can_be_taken_away(open_page: Callable[..., Any], runs: Path) -> None:
    from harness.annotations import create_annotations, fills_of
    from harness.report.opened import Opened

    app = open_page("annotate", source="run demo-1")  # sets the home
    run = Opened(runs / "demo-1")
    fills = fills_of(run.samples, {"telea": run.rows("telea", "photos-thick")}, "photos-thick", kept=bool)
    known = [{"reference": "telea", "title": "Telea <b>", "kind": ""}]
    made = create_annotations("all", fills, run=str((runs / "demo-1").resolve()), suite="demo", entries=known)
    for fill in fills:
        made.save(fill, "ann", "mark", np.ones((48, 48), bool), run.picture)
    app = open_page("annotate", set="all", view="Export")
    app.button[0].click().run()
    assert [one.value for one in app.exception] == []
    assert app.get("download_button")[0].proto.label == "Download as ZIP"
    kept = app.session_state["annotate.archive"][2]
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        assert len([name for name in archive.namelist() if "/labels/" in name]) == 8
    app = open_page("annotate", set="all", view="Results", named="true")
    assert [one.value for one in app.exception] == []


def test_what_cannot_be_a_name_is_said_and_changes_nothing(begun: Any, open_page: Callable[..., Any]) -> None:
    begun.text_input(key="who").set_value("../ann").run()
    assert "cannot name a file" in begun.code[0].value
    again = open_page("annotate", source="run demo-1", set="begin a new set")
    again.text_input(key="annotate.name").set_value("pilot").run()
    again.button[0].click().run()
    assert "are there already" in again.code[0].value


def test_a_run_that_is_gone_and_a_damaged_set_say_what_to_do(
    begun: Any, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    app = open_page("annotate", tmp_path / "empty", set="pilot", who="ann")
    assert "are gone" in app.warning[0].value
    assert app.code[1].value.startswith("harness dashboard ")
    (open_annotations("pilot").folder / "fills.jsonl").write_text('{"entry": 1, "crc": "00000000"}\n')
    app = open_page("annotate", set="pilot", who="ann")
    assert "cannot be read" in app.error[0].value


# ---- Try it


def test_it_is_off_unless_it_was_allowed(open_page: Callable[..., Any]) -> None:
    app = open_page("try_it")
    assert "off unless you say so" in app.info[0].value
    assert app.code[0].value == "harness dashboard --allow-run"
    assert len(app.selectbox) == 0
    assert app.get("file_uploader") == []


def test_a_shipped_photograph_and_methods_of_this_machine_are_offered(open_page: Callable[..., Any]) -> None:
    app = open_page("try_it", options={"allow_run": True}, method="coordfill@mini", photo="coffee")
    assert [one.value for one in app.exception] == []
    assert app.selectbox(key="photo").value == "coffee"
    offered = app.selectbox(key="method")
    assert offered.value == "coordfill@mini"
    assert not [name for name in offered.options if "random" in name]
    assert any("small checkpoint" in one.value for one in app.markdown)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"<svg onload=alert(1)></svg>", "not an image"), (b"GIF89a", "not an image|damaged")],
)
def test_a_file_that_is_no_picture_is_refused_in_one_line(
    open_page: Callable[..., Any], content: bytes, says: str
) -> None:
    import re

    app = open_page("try_it", options={"allow_run": True}, picture="a picture of yours")
    app.get("file_uploader")[0].set_value(("evil.png", content, "image/png")).run()
    assert "cannot be used" in app.error[0].value
    assert re.search(says, app.code[0].value)
    assert "\n" not in app.code[0].value


def test_an_uploaded_picture_is_decoded_by_the_one_policy(open_page: Callable[..., Any]) -> None:
    from PIL import Image

    buffer, exif = io.BytesIO(), Image.Exif()
    exif[274] = 6
    Image.new("CMYK", (30, 20)).save(buffer, "JPEG", exif=exif)
    app = open_page("try_it", options={"allow_run": True}, picture="a picture of yours")
    app.get("file_uploader")[0].set_value(("my cat.jpg", buffer.getvalue(), "image/jpeg")).run()
    assert [one.value for one in app.exception] == []
    told = [one.value for one in app.text]
    assert "turned as its EXIF says" in told
    assert "CMYK converted to RGB" in told
    assert "Paint over what is to be filled." in told

"""The page of blind comparisons: planning, joining, results; no name before the end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.report.opened import Opened
from harness.studies import Study, create_study, order_for, record, studies, study_folder

ENTRIES = ("mean", "telea", "navier-stokes")
NAMES = ("Mean fill", "telea", "navier", "Telea", "Navier", '"mean"')


@pytest.fixture
def study(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    return create_study(Opened(runs / "demo-1"), "fills", "photos-thick", ENTRIES, per_pair=4, repeats=2, catches=2)


def _answer(study: Study, rater: str, most: int | None = None) -> None:
    for turn in order_for(study.trials, study.seed, rater)[:most]:
        record(study, rater, turn, "right" if turn.right in ("truth", "telea") else "left", seconds=1.5)


def _shown(app: Any) -> str:
    """Everything that the browser is sent, pictures left out."""
    return "\n".join(str(element.proto) for element in app.main.children.values() for element in _leaves(element))


def _leaves(block: Any) -> list[Any]:
    children = getattr(block, "children", None)
    return [leaf for child in children.values() for leaf in _leaves(child)] if children else [block]


def test_without_a_study_one_is_planned(open_page: Callable[..., Any]) -> None:
    app = open_page("blind", source="run demo-1")
    assert [one.value for one in app.exception] == []
    assert "who is really preferred" in app.text[0].value
    assert app.button[0].disabled
    app.text_input(key="study_name").set_value("fills").run()
    app.multiselect(key="entries").set_value(list(ENTRIES)).run()
    app.button[0].click().run()
    assert [one.value for one in app.exception] == []
    assert studies() == ["fills"]
    assert app.segmented_control(key="view").value == "Compare"
    assert app.info[0].value == "Type a pseudonym to begin, or the one you had to go on."


def test_small_and_official_checkpoints_never_meet_and_names_are_no_paths(
    open_page: Callable[..., Any], fake: Any, tmp_path: Path
) -> None:
    fills = [*fake.FILLS, (fake.entry("coordfill@official", "CoordFill", "official"), fake.FILLS[1][1])]
    fake.build(tmp_path / "runs" / "two", count=2, size=48, fills=fills)
    app = open_page("blind", tmp_path / "runs", source="run two")
    app.multiselect(key="entries").set_value(["coordfill@mini", "coordfill@official"]).run()
    assert "never stand in one ranking" in app.code[0].value
    app.multiselect(key="entries").set_value(["mean", "telea"]).run()
    app.text_input(key="study_name").set_value("../up").run()
    assert app.button[0].disabled
    assert app.warning[0].value.startswith("Letters, digits")


def test_without_pictures_it_says_how_to_keep_them(open_page: Callable[..., Any], runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "demo-1", tmp_path / "runs" / "bare")
    shutil.rmtree(tmp_path / "runs" / "bare" / "artifacts")
    app = open_page("blind", tmp_path / "runs", source="run bare")
    assert "no kept pictures in common" in app.warning[0].value
    assert app.code[1].value == "harness run --suite demo --keep all"


def test_a_rater_is_asked_without_any_name(study: Study, open_page: Callable[..., Any]) -> None:
    app = open_page("blind", view="Compare", study="fills", rater="heron-7")
    assert [one.value for one in app.exception] == []
    assert "16 trials" in app.text[0].value
    sent = _shown(app)
    assert "data:image/png;base64," in sent
    assert [name for name in NAMES if name in sent] == []
    first = order_for(study.trials, study.seed, "heron-7")[0]
    assert first.trial.id in sent
    assert first.trial.sample not in sent
    assert study.by_sample[first.trial.sample].truth[:16] not in sent


def test_a_reload_goes_on_where_the_rater_was(study: Study, open_page: Callable[..., Any]) -> None:
    _answer(study, "heron-7", most=5)
    sent = _shown(open_page("blind", view="Compare", study="fills", rater="heron-7"))
    turns = order_for(study.trials, study.seed, "heron-7")
    assert turns[5].trial.id in sent
    assert turns[4].trial.id not in sent


def test_results_stay_closed_until_the_rater_is_done(study: Study, open_page: Callable[..., Any]) -> None:
    _answer(study, "heron-7", most=5)
    app = open_page("blind", view="Results", study="fills", rater="heron-7")
    assert "11 trials left" in app.info[0].value
    assert "Telea" not in _shown(app)
    _answer(study, "heron-7")
    app = open_page("blind", view="Results", study="fills", rater="heron-7")
    assert [one.value for one in app.exception] == []
    assert "Telea" in _shown(app)
    assert [button.proto.label for button in app.get("download_button")] == ["Results as CSV", "Answers as JSON lines"]
    done = open_page("blind", view="Compare", study="fills", rater="heron-7")
    assert "you have answered all 16 trials" in done.success[0].value


def test_results_without_answers_say_so(study: Study, open_page: Callable[..., Any]) -> None:
    assert "nobody has compared" in _shown(open_page("blind", view="Results", study="fills"))


def test_what_is_broken_is_told(study: Study, open_page: Callable[..., Any], tmp_path: Path) -> None:
    path = study_folder("fills") / "study.json"
    value = json.loads(path.read_text())
    value["source"]["path"] = str(tmp_path / "gone")
    path.write_text(json.dumps(value))
    app = open_page("blind", view="Compare", study="fills", rater="heron-7")
    assert "which is gone" in app.code[0].value
    path.write_text("{")
    app = open_page("blind", view="Compare", study="fills", rater="heron-7")
    assert app.error[0].value == "This study cannot go on."
    assert "is damaged" in app.code[0].value


def test_a_pseudonym_is_a_plain_word(study: Study, open_page: Callable[..., Any]) -> None:
    app = open_page("blind", view="Compare", study="fills", rater="<b>me</b>")
    assert app.warning[0].value.startswith("Letters, digits")

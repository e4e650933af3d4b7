"""The published JSON Schemas take what a real run writes, and refuse it with anything dropped, added or altered."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import cli
from harness.errors import UnknownName
from harness.stats import model
from harness.stats.summary import summarise
from harness.store import open_run
from harness.store.files import jsonable
from harness.store.folder import REQUIRED
from harness.store.schema import SCHEMAS, problems, schema_text
from harness.store.shards import read_rows

RUN = open_run(Path(__file__).with_name("golden") / "v1")
MAPS = ("packages", "metrics_info", "cell_keys", "params", "real_bands", "attribution", "mean", "telea", "extractors")
"""Objects that may have any keys: dropping one of theirs leaves a whole document."""


def _rows(frame: Any) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in jsonable(row).items()} for row in frame.to_dict("records")]


def _event() -> dict[str, Any]:
    side = {"source": "0" * 8, "host": "here", "row": {}}
    place = {"key": "0" * 64, "entry": "mean", "task": "t", "sample": "s", "repeat": 0}
    return {**place, "differs": ["output"], "levels": 3, "kept": side, "other": side}


def _bench() -> dict[str, Any]:
    """What `harness bench` wrote of one method at one size."""
    spent = {"least": 0.01, "median": 0.02, "lo": 0.01, "hi": 0.04}
    hardware = {key: value for key, value in RUN.manifest["hardware"].items() if key != "host"}
    entry = {"reference": "mean", "title": "mean", "method": "mean", "version": "1", "kind": "", "weights": ""}
    return {
        "schema": 1,
        "argv": ["harness", "bench", "mean"],
        "started": "2026-11-28T04:00:00+00:00",
        "device": "cpu",
        "repeats": 5,
        "coverage": 0.9375,
        "hole": 0.25,
        "inputs": {"dataset": "photos", "version": "1", "content": "0" * 64, "pictures": ["china"], "how": "cropped"},
        "load_ended": 0.5,
        "hardware": hardware,
        "packages": {"torch": "2.11.0"},
        "git": {"commit": "0" * 40, "dirty": False},
        "entries": [entry | {"parameters_m": None, "source_digest": "0" * 64}],
        "rows": [{"entry": "mean", "side": 64, "calls": 5, "wall": spent, "cpu": spent, "peak_mb": 0.5, "why": ""}],
    }


WHOLE: dict[str, dict[str, Any]] = {
    "manifest": RUN.manifest,
    "record": _rows(read_rows(RUN.cell("telea", "stamps-thick")))[0],
    "sample": _rows(RUN.samples())[0],
    "feature": _rows(read_rows(RUN.features("efl0", "truth", "stamps-thick")))[0],
    "summary": json.loads(json.dumps(summarise(RUN.records(), RUN.manifest, RUN.aggregates()).to_dict())),
    "event": _event(),
    "bench": _bench(),
}


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths to everything inside a JSON value."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    for key, item in inside:
        yield (*at, key)
        yield from _places(item, (*at, key))


def _changed(value: Any, place: tuple[str | int, ...], new: Any = ...) -> Any:
    """The value with what stands at a place replaced, or dropped."""
    whole = copy.deepcopy(value)
    holder = whole
    for key in place[:-1]:
        holder = holder[key]
    if new is ...:
        del holder[place[-1]]
    else:
        holder[place[-1]] = new
    return whole


def _closed(place: tuple[str | int, ...]) -> bool:
    """Whether a key at this place is one that the schema names."""
    return isinstance(place[-1], str) and (len(place) < 2 or not set(place[:-1][-2:]) & set(MAPS))


def test_every_schema_has_an_example_here() -> None:
    assert tuple(WHOLE) == SCHEMAS


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_real_document_validates(name: str) -> None:
    assert list(problems(name, WHOLE[name])) == []


ALTERED = [(name, place) for name in SCHEMAS for place in _places(WHOLE[name]) if name != "event" or "row" not in place]


@given(st.sampled_from(ALTERED), st.sampled_from([{"strange": [None]}, [[None]], [{"strange": [{}]}]]))
def test_a_document_with_anything_altered_is_refused(at: tuple[str, tuple[str | int, ...]], new: Any) -> None:
    name, place = at
    assert list(problems(name, _changed(WHOLE[name], place, new)))


OPTIONAL = {
    "manifest": {
        "constraints", "cell_keys", "merged", "extractors",  # of the run
        "leak", "folder", "outputs", "real_bands", "equals", "accelerator", "host", "strategy",  # of its parts
    },
    "record": {"seconds", "peak_mb", "origin"},
    "sample": {"shown", "known", "prompt"},
    "bench": {"accelerator", "host", "training"},
}  # fmt: skip
DROPPED = [
    (name, place)
    for name, place in ALTERED
    if _closed(place) and place[-1] not in OPTIONAL.get(name, ()) and not str(place[-1]).startswith(("score:", "fact:"))
]


@given(st.sampled_from(DROPPED))
def test_a_document_with_anything_dropped_is_refused(at: tuple[str, tuple[str | int, ...]]) -> None:
    name, place = at
    assert list(problems(name, _changed(WHOLE[name], place)))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_document_with_a_stranger_is_refused_and_the_line_names_it(name: str) -> None:
    (told,) = problems(name, WHOLE[name] | {"stranger": 1})
    assert "'stranger'" in told


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("manifest", "status", "done"),
        ("manifest", "plan", "xyz"),
        ("manifest", "started", "2026-11-23T01:02:03"),
        ("manifest", "started", "2026-11-23T01:02:03+05:45"),
        ("manifest", "schema", 2),
        ("record", "status", "fine"),
        ("record", "output_hash", "A" * 64),
        ("record", "output_hash", ""),
        ("record", "reason", "why not"),
        ("record", "seconds", -1),
        ("record", "repeat", -1),
        ("record", "score:psnr", "high"),
        ("sample", "ratio", 1.5),
        ("sample", "truth", "0" * 63),
        ("event", "levels", 256),
        ("bench", "started", "2026-11-28"),
        ("bench", "repeats", 0),
        ("bench", "hole", 1),
        ("bench", "coverage", 0.5),
    ],
)
def test_values_out_of_range_are_refused(name: str, key: str, value: Any) -> None:
    assert any(line.startswith(f"{key}: ") for line in problems(name, WHOLE[name] | {key: value}))


def test_what_open_run_requires_is_what_the_schema_requires() -> None:
    assert sorted(REQUIRED) == json.loads(schema_text("manifest"))["required"]


SUMMARY = json.loads(schema_text("summary"))
PARTS = {
    "interval": model.Interval, "cell": model.Cell, "pair": model.PairTest, "standing": model.Standing,
    "speed": model.Speed, "task": model.TaskSummary,
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_the_summary_s_schema_names_every_field_of_the_model(part: str) -> None:
    schema = SUMMARY["$defs"][part]
    schema = next((kind for kind in schema.get("oneOf", ()) if "properties" in kind), schema)
    fields = sorted(field.name for field in dataclasses.fields(PARTS[part]))
    assert (sorted(schema["properties"]), schema["required"]) == (fields, fields)


def test_schemas_are_printed_and_an_unknown_one_is_one_line() -> None:
    shown = CliRunner().invoke(cli, ["show", "schema:record"], catch_exceptions=False)
    assert json.loads(shown.stdout) == json.loads(schema_text("record"))
    with pytest.raises(UnknownName, match="Did you mean sample"):
        schema_text("sampel")

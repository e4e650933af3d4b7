"""`harness leaderboard check` holds over what is shipped, and finds each fault that is planted."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import harness
from harness import leaderboard, plugins
from harness.errors import HarnessError
from harness.leaderboard.places import PACKAGE, roots
from harness.plugins import registry
from harness.store.files import write_json
from harness.store.keys import pixels_hash
from harness.store.packed import read_text, write_text
from harness.store.shards import parquet_path, read_rows, write_parquet
from harness.verifying import Check

Fault = Callable[[Path], object]


def _checks(root: Path, **options: Any) -> dict[str, Check]:
    (done,) = leaderboard.check(root, **options)
    return {check.name: check for check in done.checks}


def _board(root: Path) -> Path:
    return root / "measured" / "golden" / "v1-cpu"


def _table(root: Path) -> Path:
    return root / "reported" / "golden" / "a-table.json"


def _json(path: Path, change: Callable[[Any], object]) -> None:
    value = json.loads(path.read_text())
    change(value)
    write_json(path, value)


def test_a_sound_root_passes(root: Path) -> None:
    checks = _checks(root)
    assert {check.state for check in checks.values()} == {"ok"}
    assert list(checks) == [
        "places", "cards", "verify", "protocol", "pictures", "size", "speed", "reported", "duplicates", "stale",
    ]  # fmt: skip


def one_row_twice(root: Path) -> None:
    _json(_board(root) / "board.json", lambda card: card["rows"].append(card["rows"][0]))


def one_row_less(root: Path) -> None:
    _json(_board(root) / "board.json", lambda card: card["rows"].pop())


def a_stranger_on_the_card(root: Path) -> None:
    _json(_board(root) / "board.json", lambda card: card["rows"][0].update(entry="nobody"))


def an_unknown_tier(root: Path) -> None:
    _json(_board(root) / "board.json", lambda card: card["rows"][0].update(tier="reported"))


def another_source(root: Path) -> None:
    _json(_board(root) / "board.json", lambda card: card["rows"][0].update(source="0" * 8))


def no_card(root: Path) -> None:
    (_board(root) / "board.json").unlink()


def an_entry_twice(root: Path) -> None:
    _json(_board(root) / "manifest.json", lambda m: m["entries"].append(m["entries"][0]))


def another_place(root: Path) -> None:
    _board(root).rename(_board(root).with_name("v2-cpu"))


def the_same_board_twice(root: Path) -> None:
    shutil.copytree(_board(root), root / "measured" / "golden" / "v1-cpu.copy")


def half_an_add(root: Path) -> None:
    (_board(root).parent / ".v1-cpu.adding" / "new").mkdir(parents=True)


def a_folder_that_is_no_board(root: Path) -> None:
    (_board(root).parent / "v3-cpu").mkdir()


def a_torn_manifest(root: Path) -> None:
    (_board(root) / "manifest.json").write_text('{"schema": 1')


def a_flipped_byte(root: Path) -> None:
    path = next((_board(root) / "records").rglob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def a_raised_score(root: Path) -> None:
    stem = harness.open_run(_board(root)).cell("telea", "stamps-thick")
    rows = read_rows(stem)
    rows["score:psnr@hole"] += 1.0
    write_parquet(parquet_path(stem), rows)


def a_truth_gone(root: Path) -> None:
    run = harness.open_run(_board(root))
    run.artifact(run.samples()["truth"][0]).unlink()


def a_key_of_another_seed(root: Path) -> None:
    _json(_board(root) / "manifest.json", lambda m: m.update(seed=5))


def a_metric_of_another_version(root: Path) -> None:
    stem = harness.open_run(_board(root)).cell("telea", "stamps-thick")
    rows = read_rows(stem)
    rows["metric_ids"] = [json.dumps({**json.loads(text), "l1": "another"}) for text in rows["metric_ids"]]
    write_parquet(parquet_path(stem), rows)


def not_complete(root: Path) -> None:
    _json(_board(root) / "manifest.json", lambda m: m.update(status="interrupted"))


def a_sample_less(root: Path) -> None:
    def drop(manifest: Any) -> None:
        manifest["suite"]["tasks"][0]["samples"].pop()
        manifest["suite"]["tasks"][0]["n"] = 1

    _json(_board(root) / "manifest.json", drop)


def a_picture_of_nothing(root: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    cv2.imwrite(str(_board(root) / "artifacts" / f"{pixels_hash(pixels)}.png"), pixels)


def seven_megabytes(root: Path) -> None:
    (_board(root) / "notes.bin").write_bytes(bytes(7_000_000))


def a_torn_table(root: Path) -> None:
    _table(root).write_text("{")


def a_value_less(root: Path) -> None:
    _json(_table(root), lambda table: table["rows"][0]["values"].pop())


def a_word_for_a_number(root: Path) -> None:
    _json(_table(root), lambda table: table["rows"][0]["values"].__setitem__(0, "20.5"))


def a_row_twice(root: Path) -> None:
    _json(_table(root), lambda table: table["rows"].append(table["rows"][0]))


def no_source(root: Path) -> None:
    _json(_table(root), lambda table: table["source"].pop("place"))


def of_no_suite(root: Path) -> None:
    _json(_table(root), lambda table: table.update(suite="nothing"))
    (root / "reported" / "golden").rename(root / "reported" / "nothing")


def the_same_table_twice(root: Path) -> None:
    table = json.loads(_table(root).read_text())
    write_json(_table(root).with_name("b.json"), {**table, "name": "b", "title": "The same"})


def a_stray_file(root: Path) -> None:
    (root / "reported" / "notes.txt").write_text("x")


def torn_timings(root: Path) -> None:
    (root / "measured" / "speed").mkdir()
    (root / "measured" / "speed" / "cpu.json").write_text('{"schema": 1}')


FAULTS: dict[Fault, tuple[str, str]] = {
    one_row_twice: ("cards", "mean has 2 rows on the card"),
    one_row_less: ("cards", "has no row on the card"),
    a_stranger_on_the_card: ("cards", "nobody is on the card and not in the manifest"),
    an_unknown_tier: ("cards", "rows[0].tier: 'reported' is not one of"),
    another_source: ("cards", "no source 00000000 in the manifest"),
    no_card: ("cards", "board.json is missing"),
    an_entry_twice: ("cards", "stands 2 times in the manifest"),
    another_place: ("places", "golden/v2-cpu: its manifest is of golden/v1-cpu"),
    the_same_board_twice: ("places", "golden/v1-cpu.copy: its manifest is of golden/v1-cpu"),
    half_an_add: ("places", "left by a killed add"),
    a_folder_that_is_no_board: ("places", "measured/golden/v3-cpu: is no board"),
    a_torn_manifest: ("places", "golden/v1-cpu: "),
    a_flipped_byte: ("verify", "golden/v1-cpu: records: "),
    a_raised_score: ("verify", "golden/v1-cpu: scores: "),
    a_truth_gone: ("verify", "the picture of its truth is missing"),
    a_key_of_another_seed: ("verify", "golden/v1-cpu: keys: "),
    a_metric_of_another_version: ("protocol", "identity of metric l1 (version, weights or library)"),
    not_complete: ("protocol", "its run is not complete (interrupted)"),
    a_sample_less: ("protocol", "samples is 1 on the board, 2 with"),
    a_picture_of_nothing: ("pictures", "keeps 1 pictures that no row names"),
    seven_megabytes: ("size", "at most 6"),
    a_torn_table: ("reported", "is damaged"),
    a_value_less: ("reported", "LaMa: 1 values for 2 columns"),
    a_word_for_a_number: ("reported", "rows[0].values[0]: '20.5' is not of type"),
    a_row_twice: ("reported", "LaMa stands in it twice"),
    no_source: ("reported", "'place' is a required property"),
    of_no_suite: ("reported", "no suite nothing is registered"),
    the_same_table_twice: ("duplicates", "a-table and b have the same source"),
    torn_timings: ("speed", "'argv' is a required property"),
    a_stray_file: ("places", "reported/notes.txt: is no table"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_is_found(root: Path, fault: Fault) -> None:
    fault(root)
    name, words = FAULTS[fault]
    check = _checks(root, rescore=4 if fault is a_raised_score else 0)[name]
    assert check.state == "wrong"
    assert any(words in problem for problem in check.problems), check.problems


def test_what_is_stale_is_told_and_an_error_where_asked(root: Path) -> None:
    known = registry().specs["methods"]
    known["telea"] = dataclasses.replace(known["telea"], version="9")
    told = _checks(root, rescore=0)["stale"]
    assert told.state == "skipped"
    assert any("telea: stale: version was" in line for line in told.problems)
    wrong = _checks(root, rescore=0, stale=True)["stale"]
    assert wrong.state == "wrong"
    _json(_board(root) / "manifest.json", lambda m: m["suite"].update(version=0))
    assert any("stale suite: version 0, today 1" in line for line in _checks(root, rescore=0)["stale"].problems)


def test_the_difference_to_another_root_is_told(root: Path, made: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert _checks(root, rescore=0, against=root)["changes"].state == "ok"
    leaderboard.add(made["telea"], root=other)
    told_there = _board(other) / "summary.json"
    summary = json.loads(read_text(told_there))
    summary["tasks"][0]["cells"][0]["interval"].update(value=1.5)
    write_text(told_there, json.dumps(summary).encode())
    told = _checks(root, rescore=0, against=other)["changes"]
    assert told.state == "skipped"
    assert "golden/v1-cpu: mean was added" in told.problems
    assert any(" was 1.5, is " in line for line in told.problems)
    back = _checks(other, rescore=0, against=root)["changes"]
    assert "golden/v1-cpu: mean was removed" in back.problems
    (tmp_path / "empty").mkdir()
    assert _checks(root, rescore=0, against=tmp_path / "empty")["changes"].problems == ("golden/v1-cpu: a new board",)
    assert _checks(tmp_path / "empty", against=root)["changes"].problems == ("golden/v1-cpu: is gone",)


def test_the_command_prints_a_line_a_check(root: Path, call: Callable[..., Any], tmp_path: Path) -> None:
    one_row_less(root)
    done = call("check", "--root", root)
    assert done.code == 1
    assert done.out.splitlines()[0] == str(root)
    assert "✗ cards           1 wrong: " in done.out
    assert "✓ places          boards and tables lie" in done.out
    assert call("check", "--root", tmp_path / "none").err.startswith("Error: no folder ")
    with pytest.raises(HarnessError, match="no folder"):
        leaderboard.check(root, against=tmp_path / "none")


def test_what_is_shipped_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the package's own boards and tables, with every plugin there is."""
    monkeypatch.delenv("HARNESS_PLUGINS")
    monkeypatch.setattr(plugins, "_cached", [])
    shipped = [place for place, ours in roots() if ours]
    assert [place.name for place in shipped] == [PACKAGE]
    (done,) = leaderboard.check(shipped[0], rescore=2)
    assert [(check.name, check.problems) for check in done.checks if check.state == "wrong"] == []

"""The store: nothing torn, nothing lost, nothing outside its folder."""

from __future__ import annotations

import json
import math
import resource
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import harness
from harness.errors import HarnessError
from harness.store import RunFolder, create_run, open_run
from harness.store.artifacts import Artifacts
from harness.store.files import write_atomic
from harness.store.folder import REQUIRED, SCHEMA
from harness.store.keys import digest, pixels_hash, seed_of, slug
from harness.store.schema import schema_text
from harness.store.shards import ShardWriter, read_rows, seal
from harness.suites import parse_suite

ROWS = [{"sample": f"s{i}", "repeat": 0, "status": "ok", "score:psnr": 20.0 + i} for i in range(4)]


def _write(stem: Path) -> bytes:
    writer = ShardWriter(stem)
    for row in ROWS:
        writer.append(row)
    writer.close()
    return (stem.parent / f"{stem.name}.jsonl").read_bytes()


def test_a_shard_cut_at_any_byte_keeps_every_whole_row(tmp_path: Path) -> None:
    stem = tmp_path / "cell"
    whole = _write(stem)
    path = tmp_path / "cell.jsonl"
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        intact = whole[:cut].count(b"\n")
        writer = ShardWriter(stem)
        writer.append({"sample": "after", "repeat": 0, "status": "ok"})
        writer.close()
        assert list(read_rows(stem)["sample"]) == [row["sample"] for row in ROWS[:intact]] + ["after"]


def test_a_torn_tail_is_dropped_with_a_warning_and_a_damaged_middle_is_an_error(tmp_path: Path) -> None:
    stem, path = tmp_path / "cell", tmp_path / "cell.jsonl"
    whole = _write(stem)
    path.write_bytes(whole[:-10])
    with pytest.warns(UserWarning, match="torn last line"):
        assert len(read_rows(stem)) == len(ROWS) - 1
    path.write_bytes(whole.replace(b'"s1"', b'"s1', 1))
    with pytest.raises(HarnessError, match="line 2 is damaged"):
        read_rows(stem)


def test_sealing_keeps_rows_and_the_newest_wins(tmp_path: Path) -> None:
    stem = tmp_path / "cell"
    _write(stem)
    seal(stem)
    assert not (tmp_path / "cell.jsonl").exists()
    writer = ShardWriter(stem)
    writer.append({**ROWS[2], "score:psnr": 99.0})
    writer.close()
    rows = read_rows(stem).set_index("sample")
    assert len(rows) == len(ROWS)
    assert rows.loc["s2", "score:psnr"] == 99.0
    seal(stem)
    assert read_rows(stem).set_index("sample").loc["s2", "score:psnr"] == 99.0


def test_undefined_scores_are_null(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path / "cell")
    writer.append({"sample": "a", "repeat": 0, "score:psnr": math.nan, "score:l1": math.inf})
    writer.close()
    line = json.loads((tmp_path / "cell.jsonl").read_text())
    assert line.pop("crc")
    assert line == {"sample": "a", "repeat": 0, "score:psnr": None, "score:l1": None}


@given(st.integers(0, 255), st.integers(1, 9), st.integers(1, 9))
def test_pixel_hashes_tell_shape_and_value(value: int, height: int, width: int) -> None:
    pixels = np.full((height, width, 3), value, np.uint8)
    assert pixels_hash(pixels) == pixels_hash(pixels[::-1])
    assert pixels_hash(pixels) != pixels_hash(pixels ^ 1)
    if height != width:
        assert pixels_hash(pixels) != pixels_hash(np.swapaxes(pixels, 0, 1))


def test_digests_ignore_key_order_and_refuse_nan() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert seed_of(0, "x", 1) != seed_of(0, "x", 2)
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(math.nan)


@given(st.text(min_size=1, max_size=80))
def test_slugs_are_file_names(reference: str) -> None:
    name = slug(reference)
    assert "/" not in name
    assert not name.startswith(".")
    assert len(name.encode()) < 255


def test_artifacts_are_lossless_and_stay_in_their_folder(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    artifacts.put(pixels_hash(pixels), pixels)
    stored = artifacts.get(pixels_hash(pixels))
    assert stored is not None
    assert np.array_equal(stored, pixels)
    for evil in ("../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64):
        with pytest.raises(HarnessError, match="not the hash"):
            artifacts.path(evil)


def test_a_full_disk_is_one_clear_line_and_keeps_what_was_written(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path / "cell")
    writer.append({"sample": "a", "repeat": 0})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(HarnessError, match=r"cannot write .*cell.jsonl: File too large"):
            writer.append({"sample": "b" * 200, "repeat": 0})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    writer.close()
    assert read_rows(tmp_path / "cell")["sample"].iloc[0] == "a"


def test_an_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="cannot write"):
        write_atomic(tmp_path / "file" / "below", b"x")


def test_folders_that_are_no_runs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="not a run folder"):
        open_run(tmp_path)
    (tmp_path / "holiday.jpg").write_text("")
    with pytest.raises(HarnessError, match="not empty"):
        create_run(tmp_path, {"plan": "p"}, fresh=True)
    assert (tmp_path / "holiday.jpg").exists()
    other = tmp_path / "run"
    other.mkdir()
    (other / "manifest.json").write_text(json.dumps(dict.fromkeys(REQUIRED) | {"schema": SCHEMA, "plan": "x"}))
    with pytest.raises(HarnessError, match="another plan"):
        create_run(other, {"plan": "y"}, fresh=False)


@pytest.mark.parametrize("name", ["../../../escaped", "/tmp/escaped", "..", "a/b", ".hidden", "a\n", "", 3])
def test_a_task_or_extractor_that_is_a_path_is_refused_in_one_line(tmp_path: Path, name: Any) -> None:
    run = RunFolder(tmp_path / "run", {})
    assert run.features("inception_tf", "x", "t-1.a_B").name == run.cell("x", "t-1.a_B").name == "t-1.a_B"
    for asked in (
        lambda: run.cell("mean", name),
        lambda: run.features("inception_tf", "mean", name),
        lambda: run.features(name, "mean", "photos"),
    ):
        with pytest.raises(HarnessError, match="cannot name a file") as told:
            asked()
        assert "\n" not in str(told.value)
    text = (Path(harness.__file__).parent / "suites" / "demo.toml").read_text()
    with pytest.raises(HarnessError, match=r"suite mine: task .* cannot name a file"):
        parse_suite("mine", text.replace('id = "photos-thick"', f"id = {json.dumps(name)}").encode())
    asked_in = json.loads(schema_text("manifest"))["$defs"]["task"]["properties"]["id"]
    assert not Draft202012Validator(asked_in).is_valid(name if name != "a\n" else "a/")

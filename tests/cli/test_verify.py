"""`harness verify`: every kind of damage is found, by the line meant for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import harness
from harness import plugins
from harness.cli import cli
from harness.store.files import write_json
from harness.store.keys import digest, pixels_hash
from harness.store.lines import ShardWriter
from harness.store.shards import parquet_path, read_parquet, read_rows, write_parquet

PLUGINS = "harness_classical,tools.golden"
TASK = "stamps-thick"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods on two stamps, every output kept. Tests copy it; none writes into it."""
    path = tmp_path_factory.mktemp("verify") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", PLUGINS)
        patch.setattr(plugins, "_cached", [])
        harness.run("golden", keep="all", device="cpu", out=path, report=False)
    return path


@pytest.fixture(autouse=True)
def _stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", PLUGINS)
    monkeypatch.setattr(plugins, "_cached", [])


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def _telea(run: Path) -> Path:
    return harness.open_run(run).cell("telea", TASK)


def _rewrite(stem: Path, change: Callable[[pd.DataFrame], object]) -> None:
    """Edit a shard as somebody would who knows how to write one: its own hash is right again."""
    frame = read_rows(stem)
    changed = change(frame)
    write_parquet(parquet_path(stem), changed if isinstance(changed, pd.DataFrame) else frame)


def _edit(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    write_json(path, content)


def flip_a_pixel(run: Path) -> None:
    """In an output, by one level."""
    path = harness.open_run(run).artifact(read_rows(_telea(run))["output_hash"][0])
    pixels = cv2.imread(str(path))
    assert pixels is not None
    pixels[5, 7, 1] ^= 1
    cv2.imwrite(str(path), pixels)


def lose_a_truth(run: Path) -> None:
    """Its picture is gone."""
    opened = harness.open_run(run)
    opened.artifact(opened.samples()["truth"][0]).unlink()


def raise_a_score(run: Path) -> None:
    """By too little for a table to show it."""
    _rewrite(_telea(run), lambda rows: rows.__setitem__("score:l1", rows["score:l1"] - 2e-5))


def drop_a_row(run: Path) -> None:
    """A sample that did not go well."""
    _rewrite(_telea(run), lambda rows: rows.iloc[1:])


def repeat_a_row(run: Path) -> None:
    """More repeats than the run had."""
    _rewrite(_telea(run), lambda rows: pd.concat([rows, rows.assign(repeat=1)]))


def swap_two_hashes(run: Path) -> None:
    """Each output stands for the other's sample."""
    _rewrite(_telea(run), lambda rows: rows.__setitem__("output_hash", rows["output_hash"].to_numpy()[::-1].copy()))


def swap_two_inputs(run: Path) -> None:
    """What the method saw."""
    _rewrite(_telea(run), lambda rows: rows.__setitem__("input_hash", rows["input_hash"].to_numpy()[::-1].copy()))


def move_a_row(run: Path) -> None:
    """A row of one entry in the shard of another."""
    rows = read_rows(harness.open_run(run).cell("mean", TASK))
    write_parquet(parquet_path(_telea(run)), rows)


def claim_another_version(run: Path) -> None:
    """The manifest says another version made the rows."""
    _edit(run / "manifest.json", lambda m: m["entries"][1]["identity"].update(version="2"))


def claim_other_data(run: Path) -> None:
    """The manifest names other data."""
    _edit(run / "manifest.json", lambda m: m["suite"]["tasks"][0]["identity"].update(content="0" * 64))


def drop_a_key(run: Path) -> None:
    """The manifest lacks one."""
    _edit(run / "manifest.json", lambda m: m.pop("numerics"))


def add_a_key(run: Path) -> None:
    """The manifest has one that no harness writes."""
    _edit(run / "manifest.json", lambda m: m["entries"][0].update(rank=1))


def flip_a_byte(run: Path) -> None:
    """In a sealed shard."""
    path = parquet_path(_telea(run))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def flip_a_byte_of_the_samples(run: Path) -> None:
    """In a line of samples.jsonl."""
    text = (run / "samples.jsonl").read_text()
    (run / "samples.jsonl").write_text(text.replace('"cluster": "china"', '"cluster": "chine"'))


def write_a_sample_of_no_task(run: Path) -> None:
    """A line that nobody asked for."""
    row = harness.open_run(run).samples().to_dict("records")[0]
    writer = ShardWriter(run / "samples")
    writer.append({str(key): value for key, value in row.items()} | {"task": "another"})
    writer.close()


def polish_the_summary(run: Path) -> None:
    """A mean that the rows do not give."""
    _edit(run / "summary.json", lambda s: s["tasks"][0]["cells"][0]["interval"].update(value=99.0))


def break_the_summary(run: Path) -> None:
    """A field is gone."""
    _edit(run / "summary.json", lambda s: s["tasks"][0].pop("n_total"))


def polish_the_aggregates(run: Path) -> None:
    """A value that the rows do not give."""
    frame = read_parquet(run / "aggregates.parquet")
    frame.loc[0, "value"] += 1e-6
    write_parquet(run / "aggregates.parquet", frame)


def take_features_of_a_stranger(run: Path) -> None:
    """Of a picture that no row has."""
    stem = harness.open_run(run).features("efl0", "telea", TASK)
    _rewrite(stem, lambda rows: rows.__setitem__("key", "1:" + rows["key"].str[2:].str[::-1]))


DAMAGES: dict[Callable[[Path], None], tuple[str, str]] = {
    flip_a_pixel: ("pictures", "its pixels are not what its name says"),
    lose_a_truth: ("pictures", "the picture of its truth is missing"),
    raise_a_score: ("scores", "l1 is "),
    drop_a_row: ("counts", f"telea on {TASK}: a row of china@lama-thick-256/0 is missing"),
    repeat_a_row: ("counts", "2 rows a sample, the run has 1 repeats"),
    swap_two_hashes: ("hashes", "hashes of output, truth and mask do not give its composite hash"),
    swap_two_inputs: ("keys", "its ingredients do not give its output key"),
    move_a_row: ("records", "the row says it is of mean on"),
    claim_another_version: ("keys", f"telea on {TASK}: the manifest's entry, task, seed and numerics do not give"),
    claim_other_data: ("data sets", "content of stamps was 000"),
    drop_a_key: ("manifest", "'numerics' is a required property"),
    add_a_key: ("manifest", "entries[0]: Additional properties are not allowed ('rank' was unexpected)"),
    flip_a_byte: ("records", "its bytes do not agree with its hash"),
    flip_a_byte_of_the_samples: ("records", "samples.jsonl: line 1 is damaged (its sum does not agree)"),
    write_a_sample_of_no_task: ("samples", "the manifest has no such task"),
    polish_the_summary: ("summary", "tasks[0].cells[0].interval.value: 99.0 stored, "),
    break_the_summary: ("summary schema", "'n_total' is a required property"),
    polish_the_aggregates: ("aggregates", "stored, "),
    take_features_of_a_stranger: ("features", "no row has the picture that it was computed from"),
}


def test_a_whole_run_holds_in_every_line(run: Path, call: Callable[..., Any]) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    code, out, err = call("verify", run, "--rescore", "99")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines if not line.startswith("✓")] == ["– events"]
    assert lines[-1].endswith("4 of 4 kept outputs judged again, equal within 1e-05")
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_run_of_the_demo_holds_too(finished: Any) -> None:
    """Further metrics, another size, made by the command."""
    checks = harness.verify(finished.folder).checks
    assert [(check.name, check.problems) for check in checks if check.state == "wrong"] == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found_by_the_line_meant_for_it(run: Path, damage: Callable[[Path], None]) -> None:
    name, words = DAMAGES[damage]
    damage(run)
    done = harness.verify(run, rescore=99 if name == "scores" else 0)
    assert not done.ok
    (check,) = [check for check in done.checks if check.name == name]
    assert check.state == "wrong"
    assert any(words in problem for problem in check.problems), check
    if name in ("pictures", "scores", "summary", "features"):  # nothing else can be wrong
        assert {c.name for c in done.checks if c.state == "wrong"} <= {name, "summary", "aggregates"}


def test_wrong_lines_are_printed_and_counted(run: Path, call: Callable[..., Any]) -> None:
    drop_a_row(run)
    flip_a_byte_of_the_samples(run)
    code, out, _ = call("verify", run, "--rescore", "0")
    assert code == 1
    assert "✗ counts          1 wrong: every cell has every sample" in out
    assert "– scores          not asked for" in out
    assert "– summary         records or samples are damaged" in out
    code, out, _ = call("verify", run, "--format", "json")
    told = json.loads(out)
    assert (code, told["ok"], told["run"]) == (1, False, str(run))
    assert {check["name"]: check["state"] for check in told["checks"]}["counts"] == "wrong"


def test_a_terminal_without_unicode_gets_words_for_marks(run: Path) -> None:
    drop_a_row(run)
    args = ["verify", str(run), "--rescore", "0"]
    shown = CliRunner(charset="ascii").invoke(cli, args, catch_exceptions=False).stdout
    marks = {line.split()[0] for line in shown.splitlines() if not line.startswith(" ")}
    assert marks == {"ok", "WRONG", "-"}


def test_a_data_set_that_changed_or_is_not_here_is_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.golden import Stamps

    def line() -> Any:
        return next(check for check in harness.verify(run, rescore=0).checks if check.name == "data sets")

    monkeypatch.setattr(Stamps, "version", "2")
    assert any("version of stamps was 1, is 2" in problem for problem in line().problems)
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_classical")
    monkeypatch.setattr(plugins, "_cached", [])
    assert (line().state, line().said[:21]) == ("skipped", "stamps is not here: u")


def test_a_metric_that_changed_or_is_not_here_is_not_compared(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _rewrite(
        _telea(run), lambda rows: rows.__setitem__("metric_ids", rows["metric_ids"].str.replace('"l1": "', '"l1": "x'))
    )
    _edit(
        run / "manifest.json",
        lambda m: m["suite"]["tasks"][0]["metrics_info"].update(
            strange={**m["suite"]["tasks"][0]["metrics_info"]["l1"], "summary": "of a plugin that is not here"}
        ),
    )
    check = harness.verify(run, rescore=99).checks[-1]
    assert check.state == "ok"
    assert "not compared: l1 (changed since); strange (unknown metric 'strange'." in check.said


def test_a_run_that_was_stopped_is_checked_as_far_as_it_is(run: Path) -> None:
    for name in ("summary.json", "aggregates.parquet"):
        (run / name).unlink()
    _edit(run / "manifest.json", lambda m: m.update(status="interrupted"))
    drop_a_row(run)
    done = harness.verify(run)
    assert done.ok
    skipped = {check.name: check.said for check in done.checks if check.state == "skipped"}
    assert skipped["counts"] == skipped["summary"] == "the run is not complete (interrupted)"


def test_a_merged_folder_has_as_many_events_as_it_says(run: Path, tmp_path: Path) -> None:
    harness.merge([run], tmp_path / "merged")
    _edit(tmp_path / "merged" / "manifest.json", lambda m: m["merged"].update(events=1))
    (check,) = [check for check in harness.verify(tmp_path / "merged").checks if check.state == "wrong"]
    assert check.problems == ("events.jsonl has 0 lines, the manifest says 1",)


def test_a_run_without_kept_outputs_is_not_rescored(run: Path) -> None:
    opened = harness.open_run(run)
    samples = opened.samples()
    opened.artifacts.prune({*samples["truth"], *samples["mask"]})
    check = harness.verify(run).checks[-1]
    assert (check.state, check.said) == ("skipped", "no output was kept")


@pytest.mark.parametrize("cut", [False, True])
def test_a_picture_that_cannot_be_read_is_counted_and_opencv_is_silent(
    run: Path, cut: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """libpng speaks past Python: only the file descriptor hears it."""
    path = harness.open_run(run).artifact(read_rows(_telea(run))["output_hash"][0])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content[: -200 if cut else None])
    checks = {check.name: check for check in harness.verify(run, rescore=99).checks}
    assert checks["scores"].said == ("4 of 4 kept outputs judged again, 3 of 4 equal within 1e-05, 1 could not be read")
    assert checks["pictures"].problems == (f"{path}: damaged picture; remove it and run again",)
    assert len(checks["scores"].problems) == 1
    assert capfd.readouterr().err == ""


def test_outputs_that_differ_are_not_said_to_be_equal(run: Path) -> None:
    raise_a_score(run)
    said = harness.verify(run, rescore=99).checks[-1].said
    assert said == "4 of 4 kept outputs judged again, 2 of 4 equal within 1e-05, 2 not"


def test_a_folder_of_a_newer_harness_is_one_line(run: Path, mistake: Callable[..., str]) -> None:
    _edit(run / "manifest.json", lambda m: m.update(schema=99))
    told = mistake("verify", run)
    assert "was written by a newer harness (schema 99, this one reads 1): pip install --upgrade iq-harness" in told
    assert told == mistake("status", run)


def test_which_outputs_are_judged_again_follows_from_the_seed(run: Path) -> None:
    """Every score of telea is wrong: how many problems are found tells which of the four outputs were drawn."""
    _rewrite(_telea(run), lambda rows: rows.__setitem__("score:l1", rows["score:l1"] + np.float64(0.5)))
    found = [tuple(harness.verify(run, rescore=1, seed=seed).checks[-1].problems) for seed in (0, 0, 1, 2, 3, 4, 5)]
    assert found[0] == found[1]
    assert len(set(found)) > 1


def test_no_run_folder_is_one_line(mistake: Callable[..., str], tmp_path: Path) -> None:
    assert "is not a run folder" in mistake("verify", tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    assert "manifest.json is damaged: it holds no object" in mistake("verify", tmp_path)


def test_a_stale_row_of_a_run_that_was_stopped_is_not_held_to_newer_samples(run: Path) -> None:
    """As left where a data set changed, the run was continued, and it was stopped before the first new row."""
    (run / "aggregates.parquet").unlink()
    (run / "summary.json").unlink()

    def continued(manifest: dict[str, Any]) -> None:
        task = manifest["suite"]["tasks"][0]
        task["identity"]["content"] = "f" * 64
        manifest["status"] = "interrupted"
        for entry in manifest["entries"]:
            ingredients = [entry["identity"], task["identity"], manifest["seed"], manifest["numerics"]]
            manifest["cell_keys"][entry["reference"]][TASK] = digest(ingredients)

    _edit(run / "manifest.json", continued)
    opened = harness.open_run(run)
    samples = opened.samples().to_dict("records")
    lines = ShardWriter(run / "samples")
    for row in samples:
        pixels = 255 - opened.artifacts.get(row["truth"])
        opened.artifacts.put(pixels_hash(pixels), pixels)
        lines.append({str(key): value for key, value in row.items()} | {"truth": pixels_hash(pixels)})
    lines.close()
    wrong = {check.name: check.problems for check in harness.verify(run, rescore=99).checks if check.state == "wrong"}
    assert not wrong.keys() & {"hashes", "scores", "keys", "records", "pictures"}
    assert "data sets" in wrong  # the truth: they are not what this manifest says
    _edit(run / "manifest.json", lambda m: m.pop("cell_keys"))
    states = {check.name: check.state for check in harness.verify(run, rescore=99).checks}
    assert (states["hashes"], states["scores"]) == ("skipped", "skipped")


def test_a_data_set_that_is_not_here_hides_no_other(run: Path) -> None:
    def two_more(manifest: dict[str, Any]) -> None:
        (task,) = manifest["suite"]["tasks"]
        absent = [task | {"id": name, "dataset": name} for name in ("gone", "lost")]
        manifest["suite"]["tasks"] = [*absent, task | {"identity": task["identity"] | {"version": "0"}}]

    _edit(run / "manifest.json", two_more)
    (check,) = [check for check in harness.verify(run, rescore=0).checks if check.name == "data sets"]
    assert check.problems == (f"{TASK}: version of stamps was 0, is 1",)
    assert "gone is not here: " in check.said
    assert "lost is not here: " in check.said

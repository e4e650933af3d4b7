"""`harness merge`: several runs of one suite become one, whatever their order; what does not agree is told."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness import plugins
from harness.merging import resume_argv
from harness.store.files import write_json
from harness.store.keys import digest, pixels_hash
from harness.store.shards import parquet_path, read_rows, write_parquet

PLUGINS = "harness_classical,tools.golden"
TASK = "stamps-thick"
Content = dict[str, Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods on two stamps, every output kept. Tests copy it; none writes into it."""
    path = tmp_path_factory.mktemp("merge") / "whole"
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
def runs(whole: Path, tmp_path: Path) -> dict[str, Path]:
    """One entry each, as two machines would have made them, and a third that did not get telea's pixels again."""
    made = {
        "mean": _only(whole, tmp_path / "a" / "mean", "mean", "2026-11-23T01:00:00+00:00", "ada"),
        "telea": _only(whole, tmp_path / "b" / "telea", "telea", "2026-11-23T02:00:00+00:00", "bob"),
        "other": _only(whole, tmp_path / "c" / "other", "telea", "2026-11-23T03:00:00+00:00", "cyd"),
    }
    _alter(made["other"])
    return made


def _edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    change(manifest)
    write_json(path / "manifest.json", manifest)


def _only(source: Path, path: Path, entry: str, started: str, host: str) -> Path:
    """A copy with the rows of one entry, made at another time by another machine."""
    shutil.copytree(source, path)

    def change(manifest: dict[str, Any]) -> None:
        manifest["entries"] = [e for e in manifest["entries"] if e["reference"] == entry]
        manifest["cell_keys"] = {entry: manifest["cell_keys"][entry]}
        manifest["plan"] = digest([entry])[:8]  # as if only this one had been asked for
        manifest["started"] = started
        manifest["hardware"]["host"] = host
        manifest["argv"] = ["harness", "run", "--suite", "golden", "-m", entry, "--out=x", "--keep", "all"]

    _edit(path, change)
    for folder in [*path.glob("records/*"), *path.glob("features/*/*")]:
        if not folder.name.startswith((entry, "truth")):
            shutil.rmtree(folder)
    return path


def _rewrite(path: Path, entry: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    stem = harness.open_run(path).cell(entry, TASK)
    write_parquet(parquet_path(stem), change(read_rows(stem)))


def _alter(path: Path, levels: int = 3) -> None:
    """Change one pixel of telea's first output, its hashes and its score, as a machine with other pixels would."""
    run = harness.open_run(path)
    row = run.records().iloc[0]
    sample = run.samples().set_index("sample").loc[row["sample"]]
    pixels = run.artifacts.get(row["output_hash"])
    assert pixels is not None
    pixels[0, 0] = np.where(pixels[0, 0] > 127, pixels[0, 0] - levels, pixels[0, 0] + levels)
    name = pixels_hash(pixels)
    run.artifacts.put(name, pixels)

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[0, ["output_hash", "composite_hash"]] = [name, digest([name, sample["truth"], sample["mask"]])]
        rows.loc[0, "score:l1"] += 0.01
        return rows

    _rewrite(path, "telea", change)


def _plain(frame: pd.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    ordered = frame.sort_values(by)[sorted(frame)]
    return [dict(row) for row in json.loads(ordered.to_json(orient="records", double_precision=15))]


def _content(path: Path) -> Content:
    """Everything that a merged folder holds, in an order of its own."""
    run = harness.open_run(path)
    aggregates = run.aggregates()
    assert aggregates is not None
    return {
        "records": _plain(run.records(), ["entry", "sample"]),
        "samples": _plain(run.samples(), ["sample"]),
        "aggregates": _plain(aggregates, ["entry", "metric", "subset"]),
        "pictures": sorted(p.name for p in run.artifacts.folder.iterdir()),
        "features": {str(p.relative_to(path)): len(read_rows(p.with_suffix(""))) for p in path.glob("features/*/*/*")},
        "events": sorted(run.events(), key=str),
        "entries": sorted(e["reference"] for e in run.manifest["entries"]),
        "merged": run.manifest["merged"],
        "status": run.manifest["status"],
    }


def _tree(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def _wrong(path: Path) -> list[Any]:
    return [check for check in harness.verify(path, rescore=99).checks if check.state == "wrong"]


def test_runs_of_one_entry_each_become_the_run_of_both(whole: Path, runs: dict[str, Path], tmp_path: Path) -> None:
    before = [_tree(runs[name]) for name in ("mean", "telea")]
    done = harness.merge([runs["telea"], runs["mean"]], tmp_path / "out")
    assert (done.sources, done.rows, done.repeated, done.events) == (2, 4, 0, ())
    merged, original = _content(tmp_path / "out"), harness.open_run(whole)
    same = [{k: v for k, v in row.items() if k != "origin"} for row in merged["records"]]
    assert same == _plain(original.records(), ["entry", "sample"])
    aggregates = original.aggregates()
    assert aggregates is not None
    assert merged["aggregates"] == _plain(aggregates, ["entry", "metric", "subset"])
    assert set(merged["features"].values()) == {2}
    assert merged["status"] == "complete"
    hosts = {source["id"]: source["host"] for source in merged["merged"]["sources"]}
    assert {row["entry"]: hosts[row["origin"]] for row in merged["records"]} == {"mean": "ada", "telea": "bob"}
    history = harness.open_run(tmp_path / "out").manifest["history"]
    assert [call["hardware"]["host"] for call in history] == ["ada", "bob"]
    assert _wrong(tmp_path / "out") == []
    assert [_tree(runs[name]) for name in ("mean", "telea")] == before


def test_the_order_of_runs_does_not_matter(runs: dict[str, Path], tmp_path: Path) -> None:
    found = []
    for number, order in enumerate(itertools.permutations(runs.values())):
        harness.merge(order, tmp_path / f"out{number}")
        found.append(_content(tmp_path / f"out{number}"))
    assert all(content == found[0] for content in found[1:])
    assert len(found[0]["events"]) == 1


def test_merging_again_changes_nothing(runs: dict[str, Path], tmp_path: Path) -> None:
    a, b, c = runs.values()
    harness.merge([a, b, c], tmp_path / "once")
    once = _content(tmp_path / "once")
    harness.merge([tmp_path / "once"], tmp_path / "alone")
    harness.merge([tmp_path / "once", tmp_path / "once", b], tmp_path / "twice")
    harness.merge([b, c], tmp_path / "later")
    harness.merge([tmp_path / "later", a], tmp_path / "steps")
    for name in ("alone", "twice", "steps"):
        assert _content(tmp_path / name) == once, name


def test_another_value_is_an_event_and_both_are_kept(
    runs: dict[str, Path], tmp_path: Path, call: Callable[..., Any]
) -> None:
    code, out, err = call("merge", runs["other"], runs["telea"], "-o", "out")
    assert (code, err) == (3, "")
    assert "2 of them computed more than once, 1 reproducibility event" in out
    assert "output, l1 " in out
    assert "pictures by up to 3 levels; kept bob, not cyd" in out
    run = harness.open_run(tmp_path / "out")
    (event,) = run.events()
    kept, other = event["kept"], event["other"]
    assert (kept["host"], other["host"], event["levels"]) == ("bob", "cyd", 3)
    assert event["differs"] == ["output", "l1"]
    assert other["row"]["score:l1"] == pytest.approx(kept["row"]["score:l1"] + 0.01)
    assert kept["row"]["output_hash"] != other["row"]["output_hash"]
    assert all(run.artifact(side["row"]["output_hash"]).exists() for side in (kept, other))
    row = run.records().set_index("sample").loc[event["sample"]]
    assert row["output_hash"] == kept["row"]["output_hash"]
    assert row["output_key"] == event["key"]
    assert run.manifest["merged"]["events"] == 1
    assert _wrong(tmp_path / "out") == []
    assert "merged from 2 runs on bob, cyd; 1 reproducibility event: events.jsonl" in call("status", "out").out
    assert call("report", "out").code == 0
    assert "2 runs, 1 reproducibility event<" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(("change", "events"), [(9e-6, 0), (1.2e-5, 1), (None, 1)])
def test_scores_are_equal_within_1e_5(runs: dict[str, Path], tmp_path: Path, change: float | None, events: int) -> None:
    shutil.rmtree(runs["other"])
    other = _only(runs["telea"], runs["other"], "telea", "2026-11-23T03:00:00+00:00", "cyd")

    def altered(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[1, "score:psnr@hole"] = rows.loc[1, "score:psnr@hole"] + change if change else np.nan
        return rows

    _rewrite(other, "telea", altered)
    done = harness.merge([runs["telea"], other], tmp_path / "out")
    assert [event["differs"] for event in done.events] == [["psnr@hole"]] * events
    assert done.rows == 2
    assert done.repeated == 2


def test_a_result_is_kept_before_a_failure(runs: dict[str, Path], tmp_path: Path) -> None:
    def failed(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[0, ["status", "reason", "output_hash", "composite_hash"]] = ["failed", "out of luck", "", ""]
        return rows

    _rewrite(runs["telea"], "telea", failed)
    done = harness.merge([runs["telea"], runs["other"]], tmp_path / "out")
    assert [event["differs"] for event in done.events] == [["status"]]
    assert list(done.folder.records()["status"]) == ["ok", "ok"]
    assert done.events[0]["other"]["row"]["reason"] == "out of luck"


DISAGREEMENTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "suite": (lambda m: m["suite"].update(sha256="0" * 64), "suite.sha256 is"),
    "version": (lambda m: m["suite"].update(version=7), "suite.version is 1 in the one, 7"),
    "seed": (lambda m: m.update(seed=4), "seed is 0 in the one, 4"),
    "repeats": (lambda m: m.update(repeats=2), "repeats is 1"),
    "numerics": (lambda m: m["numerics"].update(device="cuda"), "numerics is"),
    "data": (lambda m: m["suite"]["tasks"][0]["identity"].update(content="1" * 64), "identity.content is"),
    "samples": (lambda m: m["suite"]["tasks"][0].update(samples=["x"]), f"task {TASK}: samples is"),
    "metrics": (lambda m: m["suite"]["tasks"][0]["metrics"].append("gmsd"), f"task {TASK}: metrics is"),
    "metric": (lambda m: m["suite"]["tasks"][0]["metrics_info"]["l1"].update(version="2"), "l1.version is"),
    "entry": (lambda m: m["entries"][0]["identity"].update(version="0"), "entry telea: identity.version is"),
    "key": (lambda m: m["cell_keys"]["telea"].update({TASK: "2" * 64}), f"entry telea on {TASK}: cell key is"),
}


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_what_does_not_agree_is_refused_naming_the_field(
    runs: dict[str, Path], tmp_path: Path, mistake: Callable[..., str], name: str
) -> None:
    change, words = DISAGREEMENTS[name]
    _edit(runs["other"], change)
    told = mistake("merge", runs["telea"], runs["other"], "-o", "out")
    assert words in told
    assert f"{runs['telea']} and {runs['other']} cannot be merged" in told
    assert not (tmp_path / "out").exists()


def test_other_pictures_or_other_metric_files_are_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    lines = (runs["other"] / "samples.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    rows[0] |= {"truth": "3" * 64}
    for row in rows:
        row.pop("crc")
    (runs["other"] / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(harness.HarnessError, match=r"sample china@lama-thick-256/0: hash of its truth is"):
        harness.merge([runs["telea"], runs["other"]], tmp_path / "out")
    _rewrite(runs["mean"], "mean", lambda rows: rows.assign(metric_ids=json.dumps({"l1": "another"})))
    with pytest.raises(harness.HarnessError, match=r"identity of metric l1 \(version, weights or library\) is"):
        harness.merge([runs["telea"], runs["mean"]], tmp_path / "out")


def test_places_that_cannot_be_merged_into_or_from_are_one_line(
    runs: dict[str, Path], tmp_path: Path, mistake: Callable[..., str]
) -> None:
    assert "is not a run folder" in mistake("merge", tmp_path, "-o", "out")
    assert "is not empty; give another --out" in mistake("merge", runs["mean"], "-o", runs["mean"])
    with harness.open_run(runs["mean"]).locked():
        told = mistake("merge", runs["mean"], runs["telea"], "-o", "out")
    assert f"is being written by process {os.getpid()}" in told
    next((runs["mean"] / "artifacts").glob("*.png")).write_bytes(b"\x89PNG no more")
    assert "damaged picture" in mistake("merge", runs["mean"], runs["telea"], "-o", "out")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


def test_a_merged_folder_is_continued_by_the_command_it_names(
    runs: dict[str, Path], tmp_path: Path, call: Callable[..., Any]
) -> None:
    _rewrite(runs["telea"], "telea", lambda rows: rows.iloc[:1])
    code, out, _ = call("merge", runs["telea"], runs["mean"], "-o", "out")
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("rows are missing")]
    command = line.split("go on with: harness ")[1].split()
    assert line in f"rows are missing; {call('status', 'out').last}"
    assert command == ["run", "--suite", "golden", "--keep", "all", "-m", "mean", "-m", "telea", "--out", "out"]
    code, _, err = call(*command, "--device", "cpu")
    assert code == 0, err
    lines = {line.split()[0]: line for line in err.splitlines() if " ok" in line}
    assert "all from before" in lines["mean"]
    assert "all from before" not in lines["telea"]
    run = harness.open_run(tmp_path / "out")
    assert run.manifest["status"] == "complete"
    assert len(run.manifest["merged"]["sources"]) == 2
    assert "holds another plan" in call("run", "--suite", "golden", "-m", "mean", "--out", "out").err
    assert len(run.records()) == 4
    assert _wrong(tmp_path / "out") == []
    again = harness.merge([tmp_path / "out", runs["mean"]], tmp_path / "again")
    assert (again.sources, again.rows) == (3, 4)  # who computed the missing row is a source of its own


@pytest.mark.parametrize(
    "methods",
    [["-m", "telea"], ["-mtelea"], ["--method", "telea"], ["--method=telea"], ["-mtelea", "-m", "mean"]],
)
def test_the_command_that_goes_on_names_every_entry_once_and_outputs_by_their_folder(methods: list[str]) -> None:
    manifest = {
        "history": [{"argv": ["harness", "run", "--suite", "demo", *methods, "--out=x", "--max-errors", "3"]}],
        "entries": [{"reference": "mylama", "folder": "/data/out"}, {"reference": "telea", "folder": ""}],
    }
    methods = ["-m", "mylama=folder:/data/out", "-m", "telea"]
    expected = ["harness", "run", "--suite", "demo", "--max-errors", "3", *methods, "--out", "OUT"]
    assert resume_argv(manifest, "OUT") == expected
    for entry in manifest["entries"]:
        entry.pop("folder")  # what an older harness wrote has none
    assert resume_argv(manifest, "OUT")[-6:] == ["-m", "mylama", "-m", "telea", "--out", "OUT"]


@pytest.mark.parametrize(
    ("repeats", "told"),
    [([3, 3], "complete"), ([3, 1], "interrupted"), ([1, 1], "interrupted"), ([3, 0], "interrupted")],
)
def test_what_draws_is_complete_with_all_its_repeats(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeats: list[int], told: str
) -> None:
    known = plugins.registry().specs["methods"]
    monkeypatch.setitem(known, "telea", dataclasses.replace(known["telea"], stochastic=True))

    def drawn(rows: pd.DataFrame) -> pd.DataFrame:
        first, second = (
            pd.concat([rows.iloc[[k]].assign(repeat=r) for r in range(n)] or [rows.iloc[:0]])
            for k, n in enumerate(repeats)
        )
        return pd.concat([first, second])

    _rewrite(runs["telea"], "telea", drawn)
    for name in ("mean", "telea"):
        _edit(runs[name], lambda manifest: manifest.update(repeats=3))
    merged = harness.merge([runs["mean"], runs["telea"]], tmp_path / "out")
    assert merged.rows == 2 + sum(repeats)
    assert merged.folder.manifest["status"] == told


def test_repeats_of_a_method_that_is_not_known_here_are_told_by_its_rows(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(plugins.registry().specs["methods"], "telea")
    for name in ("mean", "telea"):
        _edit(runs[name], lambda manifest: manifest.update(repeats=2))
    assert harness.merge([runs["mean"], runs["telea"]], tmp_path / "once").folder.manifest["status"] == "complete"
    _rewrite(runs["telea"], "telea", lambda rows: pd.concat([rows, rows.iloc[[0]].assign(repeat=1)]))
    assert harness.merge([runs["mean"], runs["telea"]], tmp_path / "more").folder.manifest["status"] == "interrupted"


KILLED = """
import os, sys
import harness
from harness.store import files, folder
from harness.merging import folder as merging

a, b, base = sys.argv[1:]
names = ("replace", "fsync")
real = {name: getattr(os, name) for name in names}
left = 0

def counted(name):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return real[name](*args, **kwargs)
    return call

def merge(out, kill):
    global left
    left = kill
    for name in names:
        setattr(os, name, counted(name))
    harness.merge([a, b], out)

merge(f"{base}/warm", 0)
kill, step = 1, 9
while True:
    out = f"{base}/out{kill}"
    child = os.fork()
    if child == 0:
        merge(out, kill)
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(kill, ended, os.path.exists(out), flush=True)
    if ended == 0:
        break
    if not os.path.exists(out):
        merge(out, 0)
    kill += step
"""


@pytest.fixture
def killed(runs: dict[str, Path], tmp_path: Path, warm: Any) -> list[tuple[int, int, bool]]:
    """Merges killed at one in nine of their renames and syncs, and done again where nothing had appeared."""
    script = textwrap.dedent(KILLED)
    command = ["-c", script, str(runs["telea"]), str(runs["other"]), str(tmp_path)]
    done = warm.run(command, cwd=tmp_path, env=os.environ, timeout=120)
    assert done.returncode == 0, done.stderr
    words = [line.split() for line in done.stdout.splitlines()]
    return [(int(kill), int(ended), there == "True") for kill, ended, there in words]


def test_a_killed_merge_leaves_nothing_or_everything(
    killed: list[tuple[int, int, bool]], tmp_path: Path, runs: dict[str, Path]
) -> None:
    assert [ended for _, ended, _ in killed[:-1]] == [9] * (len(killed) - 1)
    assert len(killed) >= 4
    harness.merge([runs["telea"], runs["other"]], tmp_path / "unbroken")
    for kill, _, _ in killed:
        assert _content(tmp_path / f"out{kill}") == _content(tmp_path / "unbroken")
    assert not list(tmp_path.glob(".*merging"))


def test_a_run_whose_task_is_a_path_writes_nothing_anywhere(runs: dict[str, Path], tmp_path: Path) -> None:
    escaped = "../../../escaped"
    run = runs["mean"]

    def rename(manifest: dict[str, Any]) -> None:
        manifest["suite"]["tasks"][0]["id"] = escaped
        manifest["cell_keys"] = {"mean": {escaped: manifest["cell_keys"]["mean"][TASK]}}

    stem = harness.open_run(run).cell("mean", TASK)
    rows = read_rows(stem)
    _edit(run, rename)
    write_parquet(parquet_path(stem.parent / escaped), rows.assign(task=escaped))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(harness.HarnessError, match=r"task '../../../escaped' cannot name a file"):
        harness.merge([run], tmp_path / "x" / "y" / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_current_folder_is_no_place_for_a_merged_one(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: Callable[..., str]
) -> None:
    assert "is not empty; give another --out" in mistake("merge", runs["mean"], "-o", ".")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "is the current folder" in mistake("merge", runs["mean"], "-o", ".")


def test_the_command_that_goes_on_keeps_plugins_and_names_every_task() -> None:
    call = ["harness", "--plugin", "m.py", "--debug", "run", "--suite", "demo", "--task", "t1", "-m", "m"]
    other = ["harness", "--plugin=n.py", "run", "--suite", "demo", "--task=t2", "-m", "n"]
    manifest = {
        "history": [{"argv": ["harness", "--debug", "merge", "run"]}, {"argv": []}, {"argv": call}, {"argv": other}],
        "entries": [{"reference": "m"}, {"reference": "n"}],
        "suite": {"tasks": [{"id": "t1"}, {"id": "t2"}]},
    }
    assert " ".join(resume_argv(manifest, "OUT")) == (
        "harness --plugin m.py --debug --plugin=n.py run --suite demo --task t1 --task t2 -m m -m n --out OUT"
    )
    manifest["history"] = manifest["history"][:2]
    assert resume_argv(manifest, "OUT") == []

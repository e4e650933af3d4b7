"""`harness leaderboard add`: only whole runs of the board's own protocol, and never a board lost."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import leaderboard, plugins
from harness.leaderboard.places import board_name, read_card
from harness.plugins import registry
from harness.runner import Run
from harness.runner.execute import finish
from harness.store.shards import parquet_path, read_rows, write_parquet
from harness.suites import Suite, load_suite
from harness.verifying import verify

TASK = "stamps-thick"
Edit = Callable[[Path, Callable[[Any], object]], None]


def _entries(board: Path) -> list[str]:
    return sorted(entry["reference"] for entry in harness.open_run(board).manifest["entries"])


def _tiers(board: Path) -> dict[str, tuple[str, str]]:
    return {row["entry"]: (row["tier"], row["by"]) for row in read_card(board)["rows"]}


def test_a_board_is_a_run_folder_that_everything_reads(board: Path) -> None:
    assert verify(board).ok
    states = {check.name: check.state for check in verify(board).checks}
    assert states["scores"] == "ok"
    assert states["pictures"] == "skipped"  # says that only some are kept
    assert _entries(board) == ["mean", "telea"]
    assert _tiers(board) == {"mean": ("measured here", ""), "telea": ("reproduced by a third party", "Ada")}
    assert not {".lock", "report.html"} & {path.name for path in board.iterdir()}
    assert sorted(path.name for path in board.parent.iterdir()) == ["v1-cpu"]
    names = {path.name for path in board.iterdir()}
    assert {"summary.json.gz", "samples.jsonl.gz"} <= names
    assert not {"summary.json", "samples.jsonl"} & names


def test_a_row_of_the_card_says_where_its_rows_come_from(board: Path, made: dict[str, Path]) -> None:
    manifest = harness.open_run(board).manifest
    sources = {source["id"]: source for source in manifest["merged"]["sources"]}
    for row in read_card(board)["rows"]:
        assert sources[row["source"]]["started"] == harness.open_run(made[row["entry"]]).manifest["started"]
        assert row["seconds"] == harness.open_run(made[row["entry"]]).manifest["seconds"]
    assert len(sources) == 2
    assert {call["source"] for call in manifest["history"]} == set(sources)  # no earlier `add` among them
    assert manifest["seconds"] >= sum(call["seconds"] for call in manifest["history"])


def test_tasks_and_metrics_that_lack_their_files_are_told_and_keep_nobody_out(
    made: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asking_more(path: Path) -> Suite:
        suite = load_suite(path)
        (task,) = suite.tasks
        stamps = dataclasses.replace(task, metrics=(*task.metrics, "fid_tf"))
        return dataclasses.replace(suite, tasks=(stamps, dataclasses.replace(task, id="brought", dataset="cityscapes")))

    monkeypatch.setattr("harness.verifying.protocol.load_suite", asking_more)
    run = tmp_path / "run"
    shutil.copytree(made["telea"], run)
    with pytest.raises(harness.HarnessError, match=f"tasks is {TASK} in the run, {TASK}, brought in the suite"):
        leaderboard.add(run, root=tmp_path / "boards")

    manifest = json.loads((run / "manifest.json").read_text())
    reasons = {"brought": "data set cityscapes is not here: harness data check cityscapes"}
    manifest["skipped"] = [{"what": what, "task": what, "reason": reason} for what, reason in reasons.items()]
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(harness.HarnessError, match=r"metrics is .* in the run, .* with fid_tf in the suite"):
        leaderboard.add(run, root=tmp_path / "boards")

    manifest["skipped"].append(
        {"what": "fid_tf", "task": TASK, "reason": "its primary metric y: needs the file x, licence: MIT, place: /x"}
    )
    (run / "manifest.json").write_text(json.dumps(manifest))
    board = leaderboard.add(run, root=tmp_path / "boards").board
    told = {skip["what"]: skip["reason"] for skip in harness.open_run(board.path).manifest["skipped"]}
    assert told == {"brought": "data set cityscapes is not here", "fid_tf": "its primary metric y: needs the file x"}


def test_adding_agrees_with_merging(board: Path, made: dict[str, Path], tmp_path: Path) -> None:
    merged = harness.merge([made["mean"], made["telea"]], tmp_path / "merged").folder.path
    tasks = [Run(harness.open_run(path)).summary.tasks[0] for path in (board, merged)]
    cells = [{(cell.entry, cell.metric, cell.subset): cell for cell in task.cells} for task in tasks]
    assert len(cells[0]) >= 8
    assert repr(sorted(cells[0].items())) == repr(sorted(cells[1].items()))
    assert [{(s.entry, s.rank) for s in task.standings} for task in tasks] == [{("mean", 2), ("telea", 1)}] * 2


def test_the_same_entry_again_is_one(root: Path, board: Path, made: dict[str, Path]) -> None:
    done = leaderboard.add(made["again"], root=root)
    assert (done.new, done.again) == ((), ("telea",))
    assert _entries(board) == ["mean", "telea"]
    assert _tiers(board)["telea"] == ("measured here", "")  # the stronger tier vouches for equal rows
    leaderboard.add(made["telea"], root=root, tier="reproduced by a third party", by="Bob")
    assert _tiers(board)["telea"] == ("measured here", "")


def test_an_entry_that_changed_needs_replace(
    root: Path, board: Path, made: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_card(board)
    with pytest.raises(
        harness.HarnessError, match=r"identity\.version is \"\d\" on the board, \"9\" in the run; --repl"
    ):
        leaderboard.add(made["newer"], root=root)
    assert read_card(board) == before
    done = leaderboard.add(made["newer"], root=root, replace=True)
    assert done.new == ("telea",)
    rows = harness.open_run(board).records()
    assert set(rows["entry"]) == {"mean", "telea"}
    assert {e["reference"]: e["version"] for e in harness.open_run(board).manifest["entries"]}["telea"] == "9"
    assert len(harness.open_run(board).manifest["merged"]["sources"]) == 2
    assert _tiers(board)["telea"] == ("measured here", "")
    leaderboard.add(made["mean"], root=root, replace=True)
    assert verify(board).ok


def test_replacing_every_entry_makes_the_board_anew(tmp_path: Path, made: dict[str, Path]) -> None:
    for name in ("telea", "newer"):
        done = leaderboard.add(made[name], root=tmp_path, replace=True)
    assert len(harness.open_run(done.board.path).manifest["merged"]["sources"]) == 1


def _without_outputs(run: Path, change: Callable[[Any], object]) -> None:
    """Change telea's rows as another machine might have made them, and all that follows from them."""
    opened = harness.open_run(run)
    stem = opened.cell("telea", TASK)
    rows = read_rows(stem)
    change(rows)
    write_parquet(parquet_path(stem), rows)
    for name in rows["output_hash"]:
        opened.artifact(name).unlink()
    finish(opened, registry())


def test_rows_that_are_not_reproduced_are_refused(root: Path, board: Path, runs: dict[str, Path]) -> None:
    _without_outputs(runs["again"], lambda rows: rows.__setitem__("score:l1", rows["score:l1"] + 0.01))
    with pytest.raises(
        harness.HarnessError, match=r"does not reproduce .* telea on stamps-thick, .*: l1 \(2 such rows"
    ):
        leaderboard.add(runs["again"], root=root)
    assert verify(board).ok


def _task(manifest: Any) -> Any:
    return manifest["suite"]["tasks"][0]


DIFFERENT: dict[str, tuple[Callable[[Any], object], str]] = {
    "masks": (lambda m: _task(m)["identity"].update(mask_version="7"), "identity.mask_version is"),
    "mask set": (lambda m: _task(m)["identity"].update(maskset="lama-thin-256"), "identity.maskset is"),
    "n": (lambda m: _task(m)["samples"].pop(), f"task {TASK}: samples is"),
    "metric version": (lambda m: _task(m)["metrics_info"]["l1"].update(version="2"), "l1.version is"),
    "resize": (lambda m: _task(m)["metrics_info"]["l1"].update(resize="to 32"), "l1.resize is"),
    "suite": (lambda m: m["suite"].update(sha256="0" * 64), "suite.sha256 is"),
    "numerics": (lambda m: m["numerics"].update(dtype="float16"), "numerics is"),
    "seed": (lambda m: m.update(seed=4), "seed is 0 on the board, 4 in the run"),
    "repeats": (lambda m: m.update(repeats=2), "repeats is 1 on the board, 2 in the run"),
    "tasks": (lambda m: m["suite"].update(tasks=[]), f"tasks is {TASK} on the board,  in the run"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_another_protocol_is_refused_and_the_field_named(
    root: Path, board: Path, runs: dict[str, Path], edit: Edit, name: str
) -> None:
    change, words = DIFFERENT[name]
    edit(runs["again"] / "manifest.json", change)
    before = (board / "manifest.json").read_bytes()
    with pytest.raises(harness.HarnessError) as refused:
        leaderboard.add(runs["again"], root=root)
    assert f"cannot stand on golden/v1-cpu: {words}" in str(refused.value) or words in str(refused.value)
    assert (board / "manifest.json").read_bytes() == before
    assert sorted(path.name for path in board.parent.iterdir()) == ["v1-cpu"]


def test_other_masks_are_seen_in_the_samples_themselves(root: Path, runs: dict[str, Path]) -> None:
    lines = [json.loads(line) for line in (runs["again"] / "samples.jsonl").read_text().splitlines()]
    lines[0]["mask"] = "3" * 64
    (runs["again"] / "samples.jsonl").write_text(
        "".join(json.dumps({k: v for k, v in row.items() if k != "crc"}) + "\n" for row in lines)
    )
    with pytest.raises(harness.HarnessError, match="hash of its mask is"):
        leaderboard.add(runs["again"], root=root)


def test_a_part_of_a_suite_begins_no_board(tmp_path: Path, runs: dict[str, Path], edit: Edit) -> None:
    with pytest.raises(harness.HarnessError, match=r"samples is 1 in the run, 2 with chelsea\S* in the suite"):
        leaderboard.add(runs["short"], root=tmp_path / "new")
    assert list((tmp_path / "new").rglob("*")) == []
    edit(runs["mean"] / "manifest.json", lambda m: _task(m)["metrics"].remove("l1"))
    with pytest.raises(harness.HarnessError, match=r"metrics is 3 in the run, 4 with l1 in the suite"):
        leaderboard.add(runs["mean"], root=tmp_path / "new")


def test_what_is_not_complete_or_whole_is_refused(root: Path, runs: dict[str, Path], edit: Edit) -> None:
    shard = parquet_path(harness.open_run(runs["again"]).cell("telea", TASK))
    content = bytearray(shard.read_bytes())
    output = harness.open_run(runs["telea"]).artifact(read_rows(shard.with_suffix(""))["output_hash"][0])
    output.write_bytes(harness.open_run(runs["telea"]).artifact(output.stem).read_bytes()[:-20])
    with pytest.raises(harness.HarnessError, match=r"is damaged: pictures: .*damaged picture.*harness verify"):
        leaderboard.add(runs["telea"], root=root)
    content[len(content) // 2] ^= 4
    shard.write_bytes(content)
    with pytest.raises(harness.HarnessError, match="not a readable Parquet file"):
        leaderboard.add(runs["again"], root=root)
    edit(runs["mean"] / "manifest.json", lambda m: m.update(status="interrupted"))
    with pytest.raises(harness.HarnessError, match=r"is not complete \(interrupted\): partial results are not ranked"):
        leaderboard.add(runs["mean"], root=root)


def test_a_board_s_address_is_suite_version_and_device_and_never_a_path(runs: dict[str, Path], edit: Edit) -> None:
    assert board_name({"suite": {"version": 3}, "numerics": {"device": "cuda"}}) == "v3-cuda"
    edit(runs["mean"] / "manifest.json", lambda m: m["numerics"].update(device="../../escaped"))
    with pytest.raises(harness.HarnessError, match=r"board 'v1-\.\./\.\./escaped' cannot name a file"):
        leaderboard.add(runs["mean"], root=runs["mean"].parent / "new")
    edit(runs["telea"] / "manifest.json", lambda m: m["suite"].update(name="../x"))
    with pytest.raises(harness.HarnessError, match=r"suite '\.\./x' cannot name a file"):
        leaderboard.add(runs["telea"], root=runs["mean"].parent / "new")
    with pytest.raises(harness.HarnessError, match="no tier 'reported'"):
        leaderboard.add(runs["newer"], tier="reported")


# ---- pictures


def test_pictures_are_those_of_as_many_samples_as_fit(tmp_path: Path, made: dict[str, Path]) -> None:
    none = leaderboard.add(made["telea"], root=tmp_path, megabytes=0)
    assert none.pictures == {TASK: []}
    assert list(none.board.path.glob("artifacts/*")) == []
    states = {check.name: check for check in verify(none.board.path).checks}
    assert (states["pictures"].state, states["scores"].state) == ("skipped", "skipped")
    assert "0 of 2 samples" in states["pictures"].said
    room = none.size / 1e6
    one = leaderboard.add(made["telea"], root=tmp_path, megabytes=room + 0.03, replace=True)
    assert [len(samples) for samples in one.pictures.values()] == [1]
    assert one.size <= (room + 0.03) * 1e6 + 200  # the names of the samples in the manifest
    assert len(list(one.board.path.glob("artifacts/*.png"))) == 3  # truth, mask, output
    both = leaderboard.add(made["telea"], root=tmp_path, replace=True)
    assert [len(samples) for samples in both.pictures.values()] == [2]


def test_what_random_weights_made_is_not_kept(tmp_path: Path, runs: dict[str, Path], edit: Edit) -> None:
    weights = {
        "name": "random",
        "kind": "random",
        "sha256": "random",
        "licence": "MIT",
        "trained_on": "",
        "origin": "x",
    }
    edit(runs["mean"] / "manifest.json", lambda m: m["entries"][0].update(weights=weights))
    finish(harness.open_run(runs["mean"]), registry())
    leaderboard.add(runs["mean"], root=tmp_path / "new")
    done = leaderboard.add(runs["telea"], root=tmp_path / "new")
    run = harness.open_run(done.board.path)
    kept = {path.stem for path in run.artifacts.folder.glob("*.png")}
    by = {entry: set(rows["output_hash"]) for entry, rows in run.records().groupby("entry")}
    assert not kept & by["mean"]
    assert by["telea"] & kept
    assert leaderboard.check(tmp_path / "new")[0].ok


# ---- never lost

KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from harness.leaderboard.places import boards
from harness.leaderboard.swapping import replacing

old, new, base = map(Path, sys.argv[1:])
real = os.rename
for number in range(4):
    root = base / str(number)
    shutil.copytree(old, root)
    board = root / "measured" / "golden" / "v1-cpu"
    child = os.fork()
    if child == 0:
        calls = 0

        def rename(source, target):
            global calls
            for moment in (0, 1):
                if 2 * calls + moment == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                if moment == 0:
                    real(source, target)
            calls += 1

        os.rename = rename
        with replacing(board) as work:
            shutil.copytree(new, work / "new")
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (found,) = boards([(root, False)])
    print(ended, found.id, len(list((found.path / "records").iterdir())), found.path.name, flush=True)
"""


def test_a_killed_add_leaves_the_old_board_or_the_new_one(
    made: dict[str, Path], published: Path, tmp_path: Path, warm: Any
) -> None:
    leaderboard.add(made["mean"], root=tmp_path / "old")
    new = published / "measured" / "golden" / "v1-cpu"
    command = ["-c", KILLED, str(tmp_path / "old"), str(new), str(tmp_path)]
    done = warm.run(command, cwd=tmp_path, env=os.environ, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    # before the first rename, after it, before the second, after it: a reader finds a whole board every time
    assert [line[:3] for line in lines] == [["-9", "golden/v1-cpu", n] for n in ("1", "1", "1", "2")]
    assert [line[3] for line in lines] == ["v1-cpu", "old", "old", "v1-cpu"]
    told = leaderboard.check(tmp_path / "1")[0].checks[0]
    assert "golden/v1-cpu: a killed add set it aside; the next harness leaderboard add puts it back" in told.problems
    for number in range(4):
        board = tmp_path / str(number) / "measured" / "golden" / "v1-cpu"
        leaderboard.add(made["telea"], root=tmp_path / str(number), megabytes=0)
        assert _entries(board) == ["mean", "telea"]
        assert [path.name for path in board.parent.iterdir()] == ["v1-cpu"]


def test_an_error_between_the_renames_puts_the_board_back(
    root: Path, board: Path, made: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    before, real = (board / "board.json").read_bytes(), os.rename

    def full(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(harness.HarnessError, match="No space left on device"):
        leaderboard.add(made["again"], root=root)
    assert (board / "board.json").read_bytes() == before
    assert [path.name for path in board.parent.iterdir()] == ["v1-cpu"]


def test_two_at_once_are_refused(root: Path, board: Path, made: dict[str, Path]) -> None:
    from harness.leaderboard.swapping import replacing

    with replacing(board) as work:
        with pytest.raises(harness.HarnessError, match="is being written by process"):
            leaderboard.add(made["again"], root=root)
        (work / "new").mkdir()
    assert list(board.iterdir()) == []


# ---- the command


def test_the_command_adds_to_the_user_s_own_boards(
    call: Callable[..., Any], made: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call("add", made["mean"])
    assert done.code == 0, done.err
    place = tmp_path / "home" / "leaderboards" / "measured" / "golden" / "v1-cpu"
    assert done.out.splitlines() == [
        "golden/v1-cpu: 1 added: mean",
        f"{sum(p.stat().st_size for p in place.rglob('*') if p.is_file()) / 1e6:.1f} MB; pictures of samples kept: "
        f"2 of {TASK}",
        f"board: {place}   (harness leaderboard show golden/v1-cpu)",
    ]
    monkeypatch.setattr(plugins, "_cached", [])
    again = call("add", made["mean"], "--by", "Ada")
    assert "stood there already, and agree: mean" in again.out
    refused = call("add", made["short"])
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "samples is" in refused.err

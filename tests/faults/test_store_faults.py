"""What a disk, a clock or a second process can do to a run folder: told in one line, and nothing wrong is ever read."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import resource
import shutil
import stat
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness import plugins
from harness.store.artifacts import Artifacts
from harness.store.files import write_json
from harness.store.keys import pixels_hash
from harness.store.shards import ShardWriter, parquet_path, read_jsonl, read_parquet, read_rows, seal, write_parquet

PLUGINS = "harness_classical,tools.golden"
ROWS = [{"sample": f"s{i}", "repeat": 0, "status": "ok", "score:psnr": 20.0 + i, "reason": ""} for i in range(3)]
GOLDEN = Path(__file__).parents[1] / "store" / "golden" / "v1"


@pytest.fixture(autouse=True)
def _stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", PLUGINS)
    monkeypatch.setattr(plugins, "_cached", [])


def _run(out: Path, keep: str = "all") -> harness.Run:
    return harness.run("golden", keep=keep, device="cpu", out=out, report=False)


def _facts(run: harness.Run) -> pd.DataFrame:
    frame = run.records.drop(columns=["seconds", "peak_mb"]).sort_values(["entry", "sample"], ignore_index=True)
    return frame[sorted(frame)]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Records of the same run on a sound disk, without times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", PLUGINS)
        patch.setattr(plugins, "_cached", [])
        return _facts(_run(tmp_path_factory.mktemp("unbroken") / "run"))


def _sound(path: Path) -> int:
    """Whatever of a run folder can be read is whole; returns how many records it has."""
    if not (path / "manifest.json").exists():
        return 0
    run = harness.open_run(path)
    records = run.records()
    for name in records.loc[records["status"] == "ok", "output_hash"] if len(records) else ():
        assert run.artifacts.get(name) is not None  # done only with its picture
    assert not list(path.rglob("*.tmp"))
    return len(records)


# ---- F3: power loss, a disk that does not sync


@pytest.mark.parametrize("first", [1, 5, 12])
def test_f3_a_sync_that_fails_stops_the_run_loudly_and_it_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: pd.DataFrame, first: int
) -> None:
    calls, real = [0], os.fsync

    def broken(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] >= first:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(harness.HarnessError, match=rf"^cannot write {tmp_path}\S+: Input/output error$"):
            _run(tmp_path / "run")
    manifest = tmp_path / "run" / "manifest.json"
    assert not manifest.exists() or json.loads(manifest.read_text())["status"] != "complete"
    pd.testing.assert_frame_equal(_facts(_run(tmp_path / "run")), unbroken)


def _may_trace() -> bool:
    probe = ["strace", "-o", os.devnull, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "true"]
    return (
        shutil.which("strace") is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    )


def test_f3_the_system_s_own_sync_error_ends_the_command_with_one_line(tmp_path: Path) -> None:
    if not _may_trace():
        pytest.skip("no strace here, or it may not trace")
    script = (
        "import sys; from pathlib import Path; from harness.store.shards import ShardWriter\n"
        "writer = ShardWriter(Path('cell')); writer.append({'sample': 'a', 'repeat': 0})\n"
        "from harness.errors import HarnessError\n"
        "try: writer.close()\n"
        "except HarnessError as error: print(error); sys.exit(2)"
    )
    traced = ["strace", "-f", "-o", os.devnull, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"]
    done = subprocess.run(
        [*traced, sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "cannot write cell.jsonl: Input/output error\n", "")


def test_f3_lines_are_removed_only_when_the_sealed_file_and_its_name_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "cell")
    steps: list[str] = []

    def noting(name: str, what: Callable[..., str]) -> None:
        real = getattr(os, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            steps.append(what(*args))
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, call)

    noting("fsync", lambda fd: "sync folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "sync file")
    noting("replace", lambda source, target: f"rename to {Path(target).name}")
    noting("unlink", lambda path, *rest: f"remove {Path(path).name}")
    seal(tmp_path / "cell")
    order = [step for step in steps if not step.endswith(".tmp")]
    assert order == ["sync file", "rename to cell.parquet", "sync folder", "remove cell.jsonl", "sync folder"]


@pytest.mark.parametrize("lost", [1, 700])
def test_f3_lost_tail_bytes_of_records_are_computed_again(tmp_path: Path, unbroken: pd.DataFrame, lost: int) -> None:
    run = _run(tmp_path / "run")
    stem = run.folder.cell("telea", "stamps-thick")
    rows = read_rows(stem)
    parquet_path(stem).unlink()
    writer = ShardWriter(stem)
    for row in rows.to_dict("records"):
        writer.append({str(key): value for key, value in row.items()})
    writer.close()
    lines = stem.with_name(stem.name + ".jsonl")
    os.truncate(lines, lines.stat().st_size - lost)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a torn last line, which is told
        pd.testing.assert_frame_equal(_facts(_run(tmp_path / "run")), unbroken)


# ---- F4: a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of so many kilobytes; calling again resizes it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = []

    def resize(kilobytes: int) -> Path:
        how = ["mount", "-t", "tmpfs", "-o", f"{'remount,' if mounted else ''}size={kilobytes}k", "tmpfs", str(place)]
        if subprocess.run(how, capture_output=True, check=False).returncode != 0:
            pytest.skip("may not mount a file system")
        mounted.append(kilobytes)
        return place

    yield resize
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("kilobytes", [16, 72, 124])
def test_f4_a_full_disk_is_one_line_with_what_is_needed_and_what_is_free_and_the_run_goes_on_later(
    small_disk: Callable[[int], Path], unbroken: pd.DataFrame, kilobytes: int
) -> None:
    run = small_disk(kilobytes) / "run"
    with pytest.raises(harness.HarnessError) as full:
        _run(run)
    told = re.fullmatch(
        rf"cannot write ({re.escape(str(run))}\S+): No space left on device \((\d+) bytes needed, (\d+) free\)",
        str(full.value),
    )
    assert told, full.value
    assert int(told[2]) > int(told[3]) - 4096  # a page of tmpfs
    assert not Path(told[1]).exists() or told[1].endswith((".jsonl", "manifest.json"))
    assert _sound(run) < len(unbroken) or kilobytes > 100
    small_disk(16_000)
    pd.testing.assert_frame_equal(_facts(_run(run)), unbroken)
    assert _sound(run) == len(unbroken)


def test_f4_a_limit_on_the_size_of_files_is_told_the_same_way(tmp_path: Path, unbroken: pd.DataFrame) -> None:
    """Where no file system may be mounted, this still tries a picture that is written in part."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # Python ignores the signal that comes with it
    try:
        (tmp_path / "run").mkdir()
        artifacts = Artifacts(tmp_path / "run")
        noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
        with pytest.raises(harness.HarnessError, match=r"\.png: File too large \(\d+ bytes needed, \d+ free\)$"):
            artifacts.put(pixels_hash(noise), noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "run").iterdir()) == []
    artifacts.put(pixels_hash(noise), noise)
    assert artifacts.get(pixels_hash(noise)) is not None


def test_f4_a_row_that_fits_only_in_part_is_cut_off_again(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path / "cell")
    writer.append(ROWS[0])
    whole = writer.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, hard))
    try:
        with pytest.raises(harness.HarnessError, match=r"cell\.jsonl: File too large \(\d+ bytes needed"):
            writer.append(ROWS[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert writer.path.read_bytes() == whole
    writer.append(ROWS[2])
    writer.close()
    assert list(read_rows(tmp_path / "cell")["sample"]) == ["s0", "s2"]


# ---- F6: two runs in one folder

RACE = """
import json, multiprocessing, os, sys
from pathlib import Path
from harness.errors import HarnessError
from harness.store import create_run
from harness.store.shards import ShardWriter

context = multiprocessing.get_context("fork")

def race(path, start, both, answers):
    start.wait()
    told = ""
    try:
        run = create_run(path, {"plan": "p"}, fresh=False)
        with run.locked():
            run.save_manifest()
            writer = ShardWriter(run.cell("entry", "task"))
            for i in range(20):
                writer.append({"sample": f"s{i}", "repeat": 0, "by": os.getpid()})
            writer.close()
            both.wait()
    except HarnessError as error:
        told = str(error)
        both.wait()
    answers.put((os.getpid(), told))

for number in range(int(sys.argv[1])):
    path, start, both, answers = Path(f"run{number}"), context.Barrier(2), context.Barrier(2), context.Queue()
    racers = [context.Process(target=race, args=(path, start, both, answers)) for _ in range(2)]
    for racer in racers: racer.start()
    found = [answers.get(timeout=30) for _ in racers]
    for racer in racers: racer.join(30)
    lines = next(path.glob("records/*/task.jsonl")).read_text().splitlines()
    print(json.dumps([found, [json.loads(line)["by"] for line in lines]]))
"""


def test_f6_of_two_runs_in_one_folder_one_writes_and_the_other_names_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, "20"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rounds) == 20
    for number, (found, writers) in enumerate(rounds):
        told = {pid: words for pid, words in found}
        (winner,) = [pid for pid, words in told.items() if not words]
        (refused,) = [words for words in told.values() if words]
        expected = f"run{number} is being written by process {winner} on {os.uname().nodename}; wait, or give another"
        assert refused.startswith(expected)
        assert writers == [winner] * 20


def test_f6_a_second_run_deletes_nothing_of_the_first(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "run")
    with harness.open_run(tmp_path / "run").locked():
        before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
        for fresh in (False, True):
            with pytest.raises(harness.HarnessError, match=rf"is being written by process {os.getpid()} on"):
                harness.run("golden", device="cpu", out=tmp_path / "run", fresh=fresh)
        assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before
    assert (tmp_path / "run" / ".lock").read_bytes() == b""  # the next one must not be taken for this process


# ---- F7: torn shards (JSON lines: tests/store/test_store.py)


def _write(stem: Path) -> None:
    writer = ShardWriter(stem)
    for row in ROWS:
        writer.append(row)
    writer.close()


def test_f7_a_sealed_shard_cut_at_any_byte_is_named_and_gives_no_row(tmp_path: Path) -> None:
    stem = tmp_path / "cell"
    _write(stem)
    seal(stem)
    path = parquet_path(stem)
    assert len(read_rows(stem)) == len(ROWS)
    for cut in reversed(range(path.stat().st_size)):
        os.truncate(path, cut)
        with pytest.raises(harness.HarnessError, match=r"cell\.parquet: not a readable Parquet file \("):
            read_rows(stem)


def test_f7_lines_cut_at_any_byte_give_whole_rows_only_and_a_warning(tmp_path: Path) -> None:
    stem = tmp_path / "cell"
    _write(stem)
    path = stem.with_name("cell.jsonl")
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        intact = whole[:cut].count(b"\n")
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            rows = read_rows(stem).to_dict("records")
        assert rows == ROWS[:intact]
        assert bool(told) == (cut > 0 and whole[cut - 1 : cut] != b"\n")


# ---- F10: flipped bits (pictures of data sets and weights: test_bit_rot.py, test_weights.py)


def _refusal(read: Callable[[], Any]) -> tuple[Any, str]:
    """What was read, and "", or None and the line that refuses it."""
    try:
        return read(), ""
    except harness.HarnessError as error:
        return None, str(error)


def _flipped(whole: bytes, count: int) -> Iterator[bytes]:
    """Copies with one bit flipped, another one each."""
    for bit in random.Random(0).sample(range(8 * len(whole)), count):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        yield bytes(damaged)


def test_f10_a_kept_picture_with_a_flipped_bit_is_refused_and_made_again(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    name, artifacts, refused = pixels_hash(noise), Artifacts(tmp_path), 0
    artifacts.put(name, noise)
    whole = artifacts.path(name).read_bytes()
    for damaged in _flipped(whole, 100):
        artifacts.path(name).write_bytes(damaged)
        pixels, told = _refusal(lambda: artifacts.get(name))
        if told:
            assert f"{name}.png: damaged picture" in told
            assert artifacts.get_sound(name) is None
            artifacts.put(name, noise)
            refused += 1
            pixels = artifacts.get(name)
        assert np.array_equal(pixels, noise)
    assert refused > 80
    artifacts.path(name).write_bytes(whole)
    artifacts.put(pixels_hash(255 - noise), 255 - noise)
    shutil.copyfile(artifacts.path(pixels_hash(255 - noise)), artifacts.path(name))  # a sound picture, but another one
    assert "its pixels are not what its name says" in _refusal(lambda: artifacts.get(name))[1]


def test_f10_no_flipped_bit_of_a_line_gives_another_row(tmp_path: Path) -> None:
    """Its rows are refused by the line's number; or the last newline was hit, and that row counts as torn."""
    stem = tmp_path / "cell"
    _write(stem)
    path = stem.with_name("cell.jsonl")
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for damaged in _flipped(path.read_bytes(), 600):
            path.write_bytes(damaged)
            rows, told = _refusal(lambda: read_jsonl(path))
            refused += bool(told)
            if told:
                assert re.search(r"cell\.jsonl: line [123] is damaged", told)
            else:
                assert rows == ROWS[:2]
    assert refused >= 592


def test_f10_no_flipped_bit_of_a_sealed_shard_gives_another_row(tmp_path: Path) -> None:
    path = tmp_path / "cell.parquet"
    write_parquet(path, pd.DataFrame(ROWS))
    refused = 0
    for damaged in _flipped(path.read_bytes(), 100):
        path.write_bytes(damaged)
        rows, told = _refusal(lambda: read_parquet(path).to_dict("records"))
        refused += bool(told)
        if told:
            assert "not a readable Parquet file" in told
        else:
            assert rows == ROWS  # a flip in the word that says where the hash stands
    assert refused >= 95


def test_f10_other_readers_of_parquet_do_not_mind_the_hash(tmp_path: Path) -> None:
    write_parquet(tmp_path / "cell.parquet", pd.DataFrame(ROWS))
    assert pd.read_parquet(tmp_path / "cell.parquet").to_dict("records") == ROWS


def test_f10_a_damaged_truth_is_named_and_comes_back_when_it_was_removed(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", keep="strips")
    path = run.folder.artifact(run.folder.samples()["truth"][0])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(harness.HarnessError, match=r"damaged picture.* remove it"):
        run.folder.artifacts.get(path.stem)
    path.unlink()
    assert _run(tmp_path / "run", keep="strips").folder.artifacts.get(path.stem) is not None


# ---- F30: clocks, time zones, locales


class Backwards(datetime):
    """A clock that is set back by an hour whenever somebody looks at it."""

    looks = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Backwards:
        cls.looks += 1
        return cls.fromtimestamp(1_700_000_000, tz) - timedelta(hours=cls.looks)


def test_f30_durations_do_not_follow_a_clock_that_is_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [0.0]

    def jumping() -> float:
        looks[0] -= 3600
        return 1_700_000_000 + looks[0]

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr("harness.runner.execute.datetime", Backwards)
    began = time.monotonic()
    run = _run(tmp_path / "run")
    manifest = run.folder.manifest
    assert manifest["started"] > manifest["ended"]  # the clock did go back
    assert 0 <= manifest["seconds"] <= time.monotonic() - began + 0.01
    assert run.records["seconds"].between(0, time.monotonic() - began).all()


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns"])
def test_f30_stamps_are_utc_in_every_time_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        manifest = _run(tmp_path / "run").folder.manifest
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    for key in ("started", "ended"):
        assert manifest[key].endswith("+00:00")
        assert abs(datetime.now(UTC) - datetime.fromisoformat(manifest[key])) < timedelta(minutes=2)


def test_f30_a_terminal_without_unicode_reads_the_same_folder(tmp_path: Path) -> None:
    """The manifest and its title hold letters beyond ASCII; the process's locale has none, its terminal some."""
    shutil.copytree(GOLDEN, tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    manifest["suite"]["title"] = "Zürich × Łódź"
    write_json(tmp_path / "run" / "manifest.json", manifest)
    settings = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [sys.executable, "-m", "harness", "status", "run"], cwd=tmp_path, env={**os.environ, **settings},
        capture_output=True, encoding="latin-1", timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Zürich × ?ód? v1: complete")
    assert done.stdout.count("2/2 ok") == 2

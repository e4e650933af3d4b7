"""Texts that a board keeps gzipped are read wherever plain ones are."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.errors import HarnessError
from harness.report.opened import Opened
from harness.store import open_run, packed
from harness.store.folder import create_run
from harness.store.packed import TEXTS, as_it_lies, pack, read_text, unpack, write_text

GOLDEN = Path(__file__).parent / "golden" / "v1"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The golden run with its texts packed."""
    folder = tmp_path / "run"
    shutil.copytree(GOLDEN, folder)
    for name in TEXTS:
        pack(folder / name)
    return folder


def test_a_packed_folder_says_what_the_plain_one_says(run: Path) -> None:
    assert not any((run / name).exists() for name in TEXTS)
    plain, small = open_run(GOLDEN), open_run(run)
    assert small.samples().equals(plain.samples())
    assert small.records().equals(plain.records())
    opened = Opened(run)
    assert opened.summary.to_dict() == Opened(GOLDEN).summary.to_dict()
    assert opened.samples.equals(plain.samples())
    states = [[(check.name, check.state) for check in harness.verify(of).checks] for of in (run, GOLDEN)]
    assert states[0] == states[1]


def test_the_same_text_is_the_same_bytes_whenever_it_is_packed(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "summary.json", tmp_path / "b" / "other.json"]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(b"the same" * 99)
        pack(file)
    first, second = (as_it_lies(file).read_bytes() for file in files)
    assert first == second
    assert first[4:8] == bytes(4)  # no time
    assert not first[3] & 8  # no name


def test_a_text_is_written_as_it_lies_and_unpacked_for_who_appends(tmp_path: Path) -> None:
    text = tmp_path / "summary.json"
    write_text(text, b"one")
    assert text.read_bytes() == read_text(text) == b"one"
    pack(text)
    write_text(text, b"two")
    assert not text.exists()
    assert gzip.decompress(as_it_lies(text).read_bytes()) == read_text(text) == b"two"
    unpack(text)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
    assert text.read_bytes() == b"two"
    unpack(text)
    assert text.read_bytes() == b"two"


def test_where_a_kill_left_both_the_plain_one_counts(tmp_path: Path) -> None:
    text = tmp_path / "summary.json"
    write_text(text, b"old")
    pack(text)
    text.write_bytes(b"new")
    assert read_text(text) == b"new"
    unpack(text)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_a_packed_run_that_goes_on_appends_to_its_samples(run: Path) -> None:
    before = open_run(run).samples()
    create_run(run, dict(open_run(run).manifest), fresh=False)
    assert (run / "samples.jsonl").exists()
    assert not (run / "samples.jsonl.gz").exists()
    assert as_it_lies(run / "summary.json") == run / "summary.json"
    assert not (run / "summary.json.gz").exists()  # derived from rows as they were
    assert open_run(run).samples().equals(before)


def test_a_fresh_run_leaves_nothing_packed_behind(run: Path) -> None:
    create_run(run, dict(open_run(run).manifest), fresh=True)
    assert not list(run.glob("*.gz"))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-9],
    "flipped": lambda content: content[:40] + bytes([content[40] ^ 255]) + content[41:],
    "another format": lambda content: b"PK" + content,
    "empty": lambda content: content[:2],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", TEXTS)
def test_damage_is_one_line_that_names_the_file(run: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    path = run / f"{name}.gz"
    path.write_bytes(damage(path.read_bytes()))
    opened = Opened(run)
    with pytest.raises(HarnessError, match=rf"{name}\.gz is damaged"):
        _ = opened.summary if name == "summary.json" else opened.samples
    wrong = [problem for check in harness.verify(run).checks if check.state == "wrong" for problem in check.problems]
    assert any(f"{name}.gz is damaged" in problem for problem in wrong)


def test_a_small_file_that_swells_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "TEXT_BYTES", 1 << 20)
    (run / "summary.json.gz").write_bytes(gzip.compress(json.dumps("x" * (2 << 20)).encode()))
    with pytest.raises(HarnessError, match="more than 1 MiB"):
        _ = Opened(run).summary


def test_a_packed_text_is_not_read_through_a_link_out_of_the_folder(run: Path) -> None:
    for name in TEXTS:
        inside = run / f"{name}.gz"
        inside.rename(run.parent / inside.name)
        inside.symlink_to(run.parent / inside.name)
    for read in (lambda: Opened(run).summary, lambda: Opened(run).samples):
        with pytest.raises(HarnessError, match="leads out of"):
            read()

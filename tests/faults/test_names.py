"""Folders as people have them: names that no one would choose, loops, pipes, files that cannot be read, ways out."""

from __future__ import annotations

import html
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness
from harness.application import inpaint_files
from harness.datasets.decode import ImageError, decode, encode_png
from harness.datasets.folder import Folder, scan
from harness.errors import HarnessError

ODD = [
    "a\nb", "\x1b[31mred", "\u202egnp.exe", "..", "...", "..%2f..%2fetc%2fpasswd", "..\\..\\x", "-rf", "--help", "CON",
    "nul", "🎈🎈", "日本", "e\u0301", "\u00e9", "A", "a", "x" * 251, "<img src=x onerror=alert(1)>", "&lt;b&gt;",
    "![i](http:beacon)", "=1+1", "%s{}", "a b ", "$(touch pwned)", "`id`", "|x|", "'; DROP", "\ufeffbom", "a@b",
]  # fmt: skip
NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=30), min_size=4, max_size=8
)


def _picture(seed: int) -> bytes:
    return encode_png(np.random.default_rng(seed).integers(0, 256, (24, 24, 3), np.uint8))


def _fill(folder: Path, names: list[str]) -> list[str]:
    """Pictures by those names, the first of them damaged; returns the names that files got, sorted."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    files = sorted({f"{name}.png" for name in names if len(name.encode()) <= 251})
    for number, name in enumerate(files):
        (folder / name).write_bytes(_picture(number) if number else b"<html>")
    return files


def _judge(folder: Path, out: Path, files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Run, and see that every name is a record's id and nowhere anything else."""
    before = {path for path in out.parent.rglob("*") if out not in path.parents}
    run = harness.run("mine", ["mean"], metrics=["psnr"], device="cpu", out=out)
    ids = [f"{name}@centre-square/0" for name in files]
    assert sorted(run.records["sample"]) == sorted(ids)
    assert (run.records["status"] == "failed").sum() == 1
    failed = run.records[run.records["status"] == "failed"]["reason"].iloc[0]
    assert failed.isprintable()
    page = run.folder.report_path.read_text(encoding="utf-8")
    shown = [name for name in files if html.escape(name) in page]
    assert shown  # the pictures of the report are titled by names
    for name in files:
        assert name not in page or html.escape(name) == name
    after = {path for path in out.parent.rglob("*") if out not in path.parents}
    assert after - before <= {out}
    assert not any("\x1b" in text for text in capsys.readouterr())


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system refuses such names")
def test_odd_names_go_through_a_run_as_they_are(
    tmp_path: Path, as_suite: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    files = _fill(tmp_path / "pictures", ODD)
    assert len(files) == len(ODD)  # case twins and both forms of é among them
    as_suite(tmp_path / "pictures")
    _judge(tmp_path / "pictures", tmp_path / "run", files, capsys)


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system refuses such names")
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES)
def test_any_text_as_a_name_goes_through_a_run(
    names: list[str],
    tmp_path_factory: pytest.TempPathFactory,
    drawn: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = tmp_path_factory.mktemp("drawn")
    files = _fill(place / "pictures", names)
    drawn(place / "pictures")
    _judge(place / "pictures", place / "run", files, capsys)


@pytest.fixture
def drawn(tmp_path: Path, as_suite: Callable[[Path], None]) -> Callable[[Path], None]:
    """Point the one suite of this test at another folder."""
    link = tmp_path / "link"
    as_suite(link)

    def point(folder: Path) -> None:
        link.unlink(missing_ok=True)
        link.symlink_to(folder)

    return point


# ---- what lies in a folder and is no picture


def test_loops_pipes_sockets_and_ways_out_are_reported_and_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "one.png").write_bytes(_picture(0))
    (tmp_path / "secret.png").write_bytes(_picture(1))
    (inside / "up.png").symlink_to("../secret.png")
    (inside / "etc.png").symlink_to("/etc/passwd")
    (inside / "a.png").symlink_to("b.png")
    (inside / "b.png").symlink_to("a.png")
    (inside / "sub" / "round").symlink_to("..")
    (inside / "out").symlink_to(tmp_path)
    os.mkfifo(inside / "pipe.png")
    monkeypatch.chdir(inside)  # the name of a socket may have 107 bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        found = scan(inside)
    assert found.images == ("one.png",)
    assert dict(found.skipped) == {
        "a.png": "not a regular file",
        "b.png": "not a regular file",
        "etc.png": "a link that leads out of the folder",
        "out": "a link to a folder is not followed",
        "pipe.png": "not a regular file",
        "socket.png": "not a regular file",
        "sub/round": "a link to a folder is not followed",
        "up.png": "a link that leads out of the folder",
    }


def test_a_pipe_a_device_and_a_file_of_gigabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "huge.png").touch()
    os.truncate(tmp_path / "huge.png", 3 << 30)  # sparse: it takes no room
    (tmp_path / "mask.png").write_bytes(encode_png(np.ones((24, 24), bool)))
    for path, words in (
        ("pipe.png", "not a file"),
        ("/dev/zero", "not a file"),
        ("huge.png", "3221225472 bytes, more"),
    ):
        with pytest.raises(ImageError, match=words):
            decode(tmp_path / path)
        with pytest.raises(HarnessError, match=words):
            list(inpaint_files("mean", [tmp_path / path], tmp_path / "mask.png", tmp_path / "new", warn=print))


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A folder that a user without rights can enter; pytest's own cannot be."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
        (place / "locked").chmod(0o755)


def test_files_and_folders_that_may_not_be_read_are_named(public_place: Path) -> None:
    for name in ("locked.png", "sound.png"):
        (public_place / name).write_bytes(_picture(0))
    (public_place / "locked").mkdir()
    for name in ("locked.png", "locked"):
        (public_place / name).chmod(0)
    root = os.geteuid() == 0
    try:
        if root:  # who may read everything
            os.seteuid(65534)
        folder = Folder(public_place)
        with pytest.raises(ImageError, match=r"locked\.png: cannot be read: Permission denied") as caught:
            folder.load("locked.png")
    finally:
        if root:
            os.seteuid(0)
    assert folder.ids() == ("locked.png", "sound.png")
    assert folder.scanned.skipped == (("locked", "cannot be listed: Permission denied"),)
    assert "\n" not in str(caught.value)

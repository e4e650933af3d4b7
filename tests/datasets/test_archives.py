"""Archives that nobody vouches for: what they may hold comes out whole, what they may not leaves nothing behind."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.datasets.archives import Limits, unpack
from harness.errors import HarnessError

TREE = {"set/a.png": b"picture a", "set/b/c.jpg": b"picture c" * 600, "set/b/empty.txt": b"", "set/ü.txt": b"\0" * 1024}
KINDS = {"x.tar": "w:", "x.tar.gz": "w:gz", "x.tar.bz2": "w:bz2", "x.tar.xz": "w:xz"}


def tar_of(path: Path, mode: str, *members: tuple[str, bytes | dict[str, object]]) -> Path:
    """A tar file: name → content, or name → attributes of its header."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, what in members:
            info = tarfile.TarInfo(name)
            content = what if isinstance(what, bytes) else b""
            info.size = len(content)
            for key, value in (what if isinstance(what, dict) else {}).items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(content) if isinstance(what, bytes) else None)
    return path


def zip_of(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", [*KINDS, "x.zip", "x.misnamed"])
def test_files_and_folders_come_out_whole(tmp_path: Path, name: str) -> None:
    path, members = tmp_path / name, list(TREE.items())
    if name in KINDS:
        tar_of(path, KINDS[name], ("./set", {"type": tarfile.DIRTYPE}), *members)
    else:
        zip_of(path, ("set/", b""), *members)
    done = unpack(path, tmp_path / "new" / "data")
    assert contents(done.folder) == TREE
    assert (done.files, done.bytes) == (4, sum(map(len, TREE.values())))
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["data"]  # nothing beside it


def test_permissions_of_the_archive_are_not_taken_over(tmp_path: Path) -> None:
    header = {"mode": 0o6777, "size": 0}
    done = unpack(tar_of(tmp_path / "x.tar", "w:", ("run.sh", header)), tmp_path / "out")
    assert (done.folder / "run.sh").stat().st_mode & 0o7111 == 0


OUTSIDE = Path(tempfile.gettempdir()) / f"harness-evil-{os.getpid()}.txt"


def _link(kind: bytes, to: str) -> dict[str, object]:
    return {"type": kind, "linkname": to}


EVIL: dict[str, tuple[list[tuple[str, bytes | dict[str, object]]], str]] = {
    "traversal": ([("good.txt", b"1"), ("../out.txt", b"2")], "'../out.txt' leads out of the folder"),
    "hidden traversal": ([("a/b/../../../out.txt", b"2")], "leads out of the folder"),
    "absolute": ([(str(OUTSIDE), b"2")], "is an absolute name"),
    "drive": ([("C:/evil.txt", b"2")], "is an absolute name"),
    "backslashes": ([("..\\out.txt", b"2")], "has a backslash or a control character"),
    "newline": ([("a\nError: fine.txt", b"2")], r"'a\nError: fine.txt' has a backslash or a control character"),
    "no UTF-8": ([("a\udcff.txt", b"2")], "is no UTF-8"),
    "symbolic link": ([("a", _link(tarfile.SYMTYPE, "/etc")), ("a/evil", b"2")], "is a symbolic link to '/etc'"),
    "inner link": ([("a.txt", b"1"), ("b", _link(tarfile.SYMTYPE, "a.txt"))], "is a symbolic link to 'a.txt'"),
    "hard link": ([("passwd", _link(tarfile.LNKTYPE, "../../etc/passwd"))], "is a hard link to"),
    "character device": ([("null", {"type": tarfile.CHRTYPE})], "is a device, a pipe"),
    "pipe": ([("pipe", {"type": tarfile.FIFOTYPE})], "is a device, a pipe"),
    "twice": ([("a.txt", b"1"), ("a.txt", b"2")], "is in it twice"),
    "two cases": ([("A/a.txt", b"1"), ("a/b.txt", b"2")], "are one name where case does not count"),
    "two forms of ü": ([("\u00fc.txt", b"1"), ("u\u0308.txt", b"2")], "are one name"),
    "file and folder": ([("a", b"1"), ("a/b.txt", b"2")], "is both a file and a folder"),
    "folder and file": ([("a/b.txt", b"2"), ("a", b"1")], "is both a file and a folder"),
    "long name": ([("a" * 256, b"2")], "is too long or too deep"),
    "deep": ([("a/" * 40 + "b", b"2")], "is too long or too deep"),
    "ratio": ([(f"{n}.bin", bytes(3_000_000)) for n in range(3)], "times the archive's size"),
    "count": ([(f"{n}.txt", b"") for n in range(41)], "more than the 40 members"),
    "size": ([(f"{n}.bin", os.urandom(5_000_000)) for n in range(3)], "makes more than 12,000,000 bytes"),
    "nothing": ([("a", {"type": tarfile.DIRTYPE})], "holds no file"),
}
SMALL = Limits(files=40, total=12_000_000, ratio_from=5_000_000)


def _nothing_left(place: Path, *kept: str) -> None:
    assert {p.name for p in place.iterdir()} == set(kept)


def _refused(path: Path, words: str, limits: Limits = SMALL) -> None:
    with pytest.raises(HarnessError) as caught:
        unpack(path, path.parent / "out", limits)
    told = str(caught.value)
    assert words in told
    assert path.name in told
    assert "\n" not in told
    _nothing_left(path.parent, path.name)


@pytest.mark.parametrize("name", EVIL)
def test_an_evil_tar_is_refused_in_one_line_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    members, words = EVIL[name]
    place = tmp_path / "place"
    place.mkdir()
    _refused(tar_of(place / "evil.tar.gz", "w:gz", *members), words)
    _nothing_left(tmp_path, "place")
    assert not OUTSIDE.exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "name", [n for n in EVIL if all(isinstance(w, bytes) for _, w in EVIL[n][0]) and "UTF" not in n]
)
def test_an_evil_zip_is_refused_in_one_line_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    members, words = EVIL[name]
    place = tmp_path / "place"
    place.mkdir()
    _refused(zip_of(place / "evil.zip", *((n, w) for n, w in members if isinstance(w, bytes))), words)
    _nothing_left(tmp_path, "place")


def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path) -> None:
    for form, words in ((0o120777, "is a symbolic link"), (0o020666, "is a device or a pipe")):
        info = zipfile.ZipInfo("link")
        info.external_attr = form << 16
        with zipfile.ZipFile(tmp_path / "evil.zip", "w") as packed:
            packed.writestr(info, "/etc/passwd")
        _refused(tmp_path / "evil.zip", words)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_of(tmp_path / "evil.zip", ("a.txt", b"1")).read_bytes())
    for header, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(header) + flags] |= 1
    (tmp_path / "evil.zip").write_bytes(data)
    _refused(tmp_path / "evil.zip", "is encrypted")


def test_a_zip_whose_headers_lie_about_sizes_is_refused(tmp_path: Path) -> None:
    """The directory says 10 bytes, the data unpack to a million."""
    data = bytearray(zip_of(tmp_path / "evil.zip", ("a.txt", bytes(1_000_000))).read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    (tmp_path / "evil.zip").write_bytes(data)
    _refused(tmp_path / "evil.zip", "damaged or cut off after 'a.txt'")


def test_a_header_that_wants_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """An extended header is read whole, and says its own length."""
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    (tmp_path / "evil.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"x" * 4096)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _refused(tmp_path / "evil.tar", "a header of 4294967296 bytes")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_member_larger_than_the_free_disk_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import harness.datasets.archives as archives

    path = tar_of(tmp_path / "x.tar", "w:", ("a.bin", bytes(5000)))
    usage = archives.shutil.disk_usage(tmp_path)._replace(free=SMALL.reserve + 4999)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: usage)
    _refused(path, "the disk would be full")
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: usage._replace(free=SMALL.reserve + 5000))
    assert unpack(path, tmp_path / "out").bytes == 5000


@pytest.mark.parametrize("kind", [*KINDS, "x.zip"])
def test_a_damaged_or_cut_off_archive_is_refused(tmp_path: Path, kind: str) -> None:
    """Cut at 60 places: never less than all of it without an error. tarfile itself takes most cuts for the end."""
    members = [(f"{n}.bin", os.urandom(700)) for n in range(8)]
    path = tmp_path / kind
    whole = (tar_of(path, KINDS[kind], *members) if kind in KINDS else zip_of(path, *members)).read_bytes()
    end = len(whole) - 10_240 + 512 if kind == "x.tar" else len(whole)  # a tar is padded after its end mark
    end = whole.rindex(members[-1][1]) + 1024 if kind == "x.tar" else end
    for cut in {*range(0, end, max(1, end // 60)), end - 1}:
        path.write_bytes(whole[:cut])
        with pytest.raises(HarnessError) as caught:
            unpack(path, tmp_path / "out")
        assert "\n" not in str(caught.value)
        _nothing_left(tmp_path, kind)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_flipped_bits_never_write_outside_and_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("flipped")
    path = place / "x"
    whole = bytearray(
        tar_of(path, "w:", *TREE.items()).read_bytes()[:8192]
        if data.draw(st.booleans())
        else zip_of(path, *TREE.items()).read_bytes()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(whole)
    try:
        unpack(path, place / "out")
    except HarnessError as error:
        assert "\n" not in str(error)  # noqa: PT017
        _nothing_left(place, "x")
    else:
        _nothing_left(place, "x", "out")


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", ("a.txt", b"1"))
    out = tmp_path / "out"
    out.mkdir()
    assert unpack(path, out).files == 1
    with pytest.raises(HarnessError, match="is there already and not an empty folder"):
        unpack(path, out)
    assert contents(out) == {"a.txt": b"1"}
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(HarnessError, match="is there already"):
        unpack(path, tmp_path / "link")


KILLED = """
import sys
from pathlib import Path
from harness.datasets import archives
write = archives._write
def slowly(archive, member, target):
    write(archive, member, target)
    print("wrote", flush=True)
    sys.stdin.readline()
archives._write = slowly
archives.unpack(Path("x.tar"), Path("out"))
"""


def test_a_kill_leaves_no_half_data_set_and_the_next_call_clears_up(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "x.tar", "w:", *TREE.items())
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"wrote\n"
        with pytest.raises(HarnessError, match="another process is unpacking into"):
            unpack(path, tmp_path / "out")
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out").exists()
    assert contents(tmp_path / ".out.unpacking") == {"set/a.png": TREE["set/a.png"]}
    assert contents(unpack(path, tmp_path / "out").folder) == TREE
    _nothing_left(tmp_path, "x.tar", "out")


def test_what_is_no_archive_is_one_line(tmp_path: Path) -> None:
    cases: dict[str, Callable[[Path], object]] = {
        "neither a zip nor a tar": lambda p: p.write_bytes(b"<html>404</html>" * 99),
        "No such file": lambda p: None,
        "not a file": lambda p: p.mkdir(),
    }
    for words, make in cases.items():
        path = tmp_path / words.replace(" ", "-")
        make(path)
        with pytest.raises(HarnessError, match=words):
            unpack(path, tmp_path / "out")

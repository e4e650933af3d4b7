"""Pickles of data sets: plain data comes out as it went in, nothing else is executed."""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.datasets.decode import decode
from harness.datasets.pickles import load_plain, read_verification_bin
from harness.errors import HarnessError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


def written(place: Path, data: bytes) -> Path:
    path = place / "x.bin"
    path.write_bytes(data)
    return path


@settings(max_examples=80, deadline=None)
@given(PLAIN, st.sampled_from(PROTOCOLS))
def test_plain_data_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, value: Any, protocol: int
) -> None:
    path = written(tmp_path_factory.mktemp("plain"), pickle.dumps(value, protocol))
    assert load_plain(path) == value


ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.asfortranarray(np.arange(24, dtype=">i4").reshape(2, 3, 4)),
    np.array([True, False]),
    np.array(["ab", "ü"]),
    np.array([b"ab", b"c"]),
    np.zeros((0, 3), np.uint8),
    np.float64(0.5),
    np.bool_(True),
    np.int16(-3),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", ARRAYS, ids=lambda value: f"{value.dtype}{list(value.shape)}")
def test_arrays_and_scalars_come_out_as_they_went_in(tmp_path: Path, value: Any, protocol: int) -> None:
    found, again = load_plain(written(tmp_path, pickle.dumps([value, {"again": value}], protocol)))
    assert np.array_equal(found, value)
    assert (found.dtype, found.shape, type(found)) == (value.dtype, value.shape, type(value))
    assert np.array_equal(again["again"], value)


def test_strings_of_python_2_come_as_bytes(tmp_path: Path) -> None:
    """`pickle.dumps((['\\xff\\xd8'], [True]), 2)` of Python 2.7, in which JPEG files are `str`."""
    data = b"\x80\x02]q\x01U\x02\xff\xd8q\x02a]q\x03\x88a\x86q\x04."
    assert load_plain(written(tmp_path, data)) == ([b"\xff\xd8"], [True])


def jpeg(grey: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 12), (grey, grey, grey)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_verification_files_of_insightface(tmp_path: Path, protocol: int) -> None:
    pictures = [jpeg(grey) for grey in (0, 60, 120, 180)]
    for stored in (pictures, [np.frombuffer(one, np.uint8) for one in pictures]):
        for same in ([True, False], [np.True_, np.False_], np.array([True, False])):
            found = read_verification_bin(written(tmp_path, pickle.dumps((stored, same), protocol)))
            assert found.same == [True, False]
            assert all(type(one) is bool for one in found.same)
            assert found.images == pictures
            assert decode(found.images[1]).pixels.mean() == pytest.approx(60, abs=2)


@pytest.mark.parametrize(
    "value",
    [
        ([], []), ([b"1", b"2"], [True, False]), ([b"1", "2"], [True]), ([b"1", b"2"], ["yes"]), [1, 2, 3], {"a": 1},
        5, ([b"1", np.zeros((2, 2, 2), np.uint8)], [True]), (7, [True]),
    ],
    ids=lambda value: str(value).replace("\n", ""),
)  # fmt: skip
def test_a_verification_file_of_another_content_is_one_line(tmp_path: Path, value: Any) -> None:
    with pytest.raises(HarnessError, match=r"x\.bin: .*pictures") as caught:
        read_verification_bin(written(tmp_path, pickle.dumps(value)))
    assert "\n" not in str(caught.value)


class Calls:
    """Pickled as a call of a function with arguments."""

    def __init__(self, function: Callable[..., Any], *args: Any, state: Any = None) -> None:
        self.parts = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.parts


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def name(module: str, attribute: str) -> bytes:
    return short(module) + short(attribute) + b"\x93"


def evil(marker: Path) -> dict[str, tuple[bytes, str]]:
    """Each would make a folder called `marker`, or take the machine's memory."""
    target = str(marker)
    line = f"__import__('os').mkdir({target!r})"
    reconstruct = np.zeros(1).__reduce__()[0]
    objects = np.array([Calls(os.mkdir, target)], dtype=object)
    make = short("mkdir") + b"\x86"
    return {
        "os.mkdir": (pickle.dumps(Calls(os.mkdir, target)), "would run 'posix.mkdir'"),
        "os.system": (pickle.dumps(Calls(os.system, f"mkdir {target}")), "would run 'posix.system'"),
        "eval": (pickle.dumps(Calls(eval, line)), "would run 'builtins.eval'"),
        "protocol 0": (f"cos\nmkdir\n(S'{target}'\ntR.".encode(), "would run 'os.mkdir'"),
        "inst": (f"(S'{target}'\nios\nmkdir\n.".encode(), "opcode INST"),
        "obj": (b"(" + b"cos\nmkdir\n" + f"S'{target}'\no.".encode(), "opcode OBJ"),
        "newobj": (b"\x80\x02cbuiltins\nobject\n)\x81.", "opcode NEWOBJ"),
        "persistent id": (b"Psomewhere\n.", "opcode PERSID"),
        "extension": (b"\x80\x02\x82\x01.", "opcode EXT1"),
        "inside a list": (pickle.dumps(([jpeg(1), Calls(os.mkdir, target)], [True])), "would run 'posix.mkdir'"),
        "getattr chain": (b"\x80\x04" + name("builtins", "getattr") + name("os", "path") + make + b"R.", "getattr'"),
        "dotted name": (b"\x80\x04" + name("numpy", "os.mkdir") + short(target) + b"\x85R.", "'numpy.os.mkdir'"),
        "dotted allowed name": (b"\x80\x04" + name("numpy", "dtype.__class__") + b".", "'numpy.dtype.__class__'"),
        "numpy.load": (pickle.dumps(Calls(np.load, target)), "would run 'numpy.load'"),
        "object array": (pickle.dumps(objects), "type 'O8'"),
        "object array, protocol 2": (pickle.dumps(objects, 2), "type 'O8'"),
        "_reconstruct of objects": (
            pickle.dumps(Calls(reconstruct, np.ndarray, (0,), b"b", state=(1, (1,), np.dtype(object), False, [1]))),
            "type 'O8'",
        ),
        "compound type": (pickle.dumps(np.zeros(2, [("a", "i4")])), "of type"),
        "dates": (pickle.dumps(np.array(["2020-01-01"], "M8[D]")), "of type"),
        "more shape than bytes": (
            pickle.dumps(Calls(reconstruct, np.ndarray, (0,), b"b", state=(1, (1 << 40,), np.dtype("u1"), 0, b"1"))),
            "not of its shape",
        ),
        "BUILD on a function": (
            b"\x80\x04" + name("numpy", "dtype") + b"}" + short("_call") + short("x") + b"sb.", "changes what it imp",
        ),
        "zeros": (b"\x80\x04" + name("builtins", "bytes") + b"J\xff\xff\xff\x7f\x85R.", "calls bytes"),
        "ndarray called": (b"\x80\x04" + name("numpy", "ndarray") + b"K\x05\x85R.", "calls numpy.ndarray"),
        "a function as data": (b"\x80\x04" + name("numpy", "dtype") + b".", "a type or a function"),
        "an array without state": (
            b"\x80\x04" + name("numpy.core.multiarray", "_reconstruct") + b")R.", "a type or a function",
        ),
        "memo bomb": (b"\x80\x02Nr" + struct.pack("<I", 0x7FFFFFFF) + b".", "place 2147483647 of its memo"),
        "memo bomb in text": (b"Np2147483647\n.", "place 2147483647 of its memo"),
        "bytes bomb": (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.", "not a readable pickle"),
        "frame bomb": (b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b"N.", "not a readable pickle"),
        "holds itself": (b"\x80\x02]q\x00h\x00a.", "or holds itself"),
        "deep": (b"]" * 200 + b"a" * 199 + b".", "nested more than 32 deep"),
        "encoded": (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00utf8\x86R.", "than latin1"),
        "empty": (b"", "not a readable pickle"),
        "no pickle": (jpeg(0), "not a readable pickle"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", evil(Path("x")))
def test_an_evil_file_is_refused_in_one_line_and_runs_nothing(tmp_path: Path, kind: str) -> None:
    marker = tmp_path / "executed"
    data, words = evil(marker)[kind]
    with pytest.raises(HarnessError) as caught:
        load_plain(written(tmp_path, data))
    assert words in str(caught.value)
    assert "x.bin: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not marker.exists()


def test_the_evil_files_are_evil(tmp_path: Path) -> None:
    """With Python's own reader they make their folder."""
    for kind in ("os.mkdir", "os.system", "eval", "protocol 0", "inst", "obj", "inside a list", "object array"):
        marker = tmp_path / kind.replace(" ", "-").replace(".", "-")
        pickle.loads(evil(marker)[kind][0])
        assert marker.exists(), kind


def test_a_short_file_that_unfolds_without_end_costs_nothing(tmp_path: Path) -> None:
    """Thirty lists, each twice in the next one: a thousand million leaves for whoever copies them."""
    value: list[Any] = []
    for _ in range(30):
        value = [value, value]
    found = load_plain(written(tmp_path, pickle.dumps(value)))
    assert found[0] is found[1]


PAIRS = b"K\x05\x94" + b"".join(b"h" + bytes([place]) + b"\x86\x94" for place in range(60))
"""Sixty tuples, each twice in the next one: hashing or showing the last takes 2**60 steps, and no signal ends it."""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80\x04}" + PAIRS + b"K\x01s.", "holds a dict with tuples as keys"),
        (b"\x80\x04}" + PAIRS + b"0}(h\x3cK\x01u.", "opcode POP"),
        (b"\x80\x04" + PAIRS + b"}(K\x01K\x02h\x3cK\x01u.", "holds a dict with tuples as keys"),
        (b"\x80\x04(" + PAIRS + b"K\x01d.", "holds a dict with tuples as keys"),
        (b"\x80\x04" + PAIRS + b"q\xc8(h\xc8Nd.", "place 200 of its memo"),
        (b"\x80\x04" + PAIRS + b"q\x64(h\x64Nd.", "holds a dict with tuples as keys"),
        (b"\x80\x04}" + PAIRS + b"NbK\x01s.", "holds a dict with tuples as keys"),
        (b"\x80\x04" + name("numpy", "dtype") + b"\x94" + PAIRS[:-1] + b"\x85R.", "of type"),
    ],
    ids=["SETITEM", "POP", "SETITEMS", "DICT", "memo 200", "memo 100", "BUILD", "type"],
)
def test_a_short_file_that_would_be_hashed_or_shown_without_end_is_refused_at_once(
    tmp_path: Path, data: bytes, words: str
) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom harness.datasets.pickles import load_plain\n"
        "load_plain(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(written(tmp_path, data))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert words in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_keys_of_dicts_are_plain_and_values_may_be_tuples(tmp_path: Path, protocol: int) -> None:
    value = {"a": (1, 2), 2: ((),), b"c": [(3, 4)], None: {1.5: ("x",) * 5}, True: ()}
    assert load_plain(written(tmp_path, pickle.dumps((value, [value]), protocol))) == (value, [value])
    for key in ((), (1,), (1, 2), ("a", "b", "c"), (1, 2, 3, 4)):
        with pytest.raises(HarnessError, match="holds a dict with tuples as keys"):
            load_plain(written(tmp_path, pickle.dumps([{1: 2, key: 3}, {key: 1}], protocol)))


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"")
    os.truncate(path, 1 << 33)  # sparse: it takes no room
    with pytest.raises(HarnessError, match=r"x\.bin: 8,589,934,592 bytes, more than the 4,294,967,296"):
        load_plain(path)
    with pytest.raises(HarnessError, match="more than the 3 that"):
        load_plain(written(tmp_path, pickle.dumps([1])), max_bytes=3)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot be read: No such file"):
        load_plain(tmp_path / "none.bin")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: pickle.dumps(ARRAYS[0])[:-20] + tail))
def test_any_bytes_are_data_or_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = written(tmp_path_factory.mktemp("any"), data)
    try:
        load_plain(path)
    except HarnessError as error:
        assert "\n" not in str(error)  # noqa: PT017

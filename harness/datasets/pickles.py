"""Pickles that data sets are published as (LFW's `.bin`, split lists), read without being able to run anything.

A pickle is a program. This reader executes only the opcodes of plain data (lists, tuples, dicts, str, bytes, bool,
int, float, None) and of numpy arrays and scalars of plain types; a name that it would import is looked up in a table of
seven, and nothing of numpy is driven by the file: a type is read from its name, an array is made of its bytes.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from harness.errors import HarnessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_BYTES", "Verification", "load_plain", "read_verification_bin"]

MAX_BYTES = 4 << 30
"""ours: the largest of the verification files that are in use (CFP, 7,000 pairs) has 0.1 GB."""
DEEPEST = 32
MOST_AXES = 8
PLAIN_TYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|[SU][0-9]{1,6})|bool|u?int(?:8|16|32|64)|float(?:16|32|64)")
OPCODES = frozenset(
    re.findall(
        r"\w+",
        """
        PROTO FRAME STOP MARK GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL REDUCE BUILD
        NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
        STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
        BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 EMPTY_LIST LIST APPEND APPENDS
        EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT DICT SETITEM SETITEMS
        """,
    )
)
PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))


class _Refused(Exception):
    """Why a pickle is not read, without the file's name."""


def load_plain(path: Path, *, max_bytes: int = MAX_BYTES) -> Any:
    """The lists, tuples, dicts, strings, bytes, numbers and arrays of a pickle. Strings of Python 2 come as bytes.

    Raises:
        HarnessError: one line: a file that is larger than `max_bytes`, damaged, or holds anything else; names what it
            would have imported.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise HarnessError(f"{path}: {size:,} bytes, more than the {max_bytes:,} that are read of a pickle")
        data = path.read_bytes()
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        _check_opcodes(data)
        return _settled(_Unpickler(io.BytesIO(data), encoding="bytes").load(), {}, 0)
    except _Refused as refused:
        raise HarnessError(f"{path}: {refused}; only plain data and arrays are read of a pickle") from refused
    except Exception as error:  # what a damaged pickle raises is any of a dozen types
        words = " ".join(str(error).split())[:120]
        raise HarnessError(f"{path}: not a readable pickle ({type(error).__name__}: {words})") from error


class Verification(NamedTuple):
    """Pictures in pairs: `images[2 k]` and `images[2 k + 1]` (files, mostly JPEG) are pair k, `same[k]` its truth."""

    images: list[bytes]
    same: list[bool]


def read_verification_bin(path: Path, *, max_bytes: int = MAX_BYTES) -> Verification:
    """Read InsightFace's `lfw.bin`, `cfp_fp.bin`, …: a pickle of (list of encoded pictures, list of bool).

    Raises `HarnessError` for what `load_plain` refuses, and for another content.
    """
    found = load_plain(path, max_bytes=max_bytes)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise HarnessError(f"{path}: expected (pictures, same), as InsightFace's .bin files have it")
    pictures, same = (part if isinstance(part, list | tuple) else _items(part) for part in found)
    images = [_encoded(picture) for picture in pictures]
    truths = [bool(one) for one in same if isinstance(one, bool | np.bool_ | int)]
    if None in images or len(truths) != len(same) or len(images) != 2 * len(truths) or not images:
        raise HarnessError(f"{path}: {len(images)} pictures for {len(same)} pairs of truths, or of other types")
    return Verification([image for image in images if image is not None], truths)


def _items(part: Any) -> list[Any]:
    return list(part) if isinstance(part, np.ndarray) and part.ndim == 1 else []


def _encoded(picture: Any) -> bytes | None:
    """A picture's file: bytes, or the uint8 vector that an OpenCV encoder makes."""
    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim in (1, 2):
        return picture.tobytes()
    return bytes(picture) if isinstance(picture, bytes | bytearray) else None


# ---- before anything is executed


def _check_opcodes(data: bytes) -> None:
    """Refuse opcodes of anything but plain data, places in the memo that would need gigabytes, and tuples as keys."""
    stack = _Stack()
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data), 1):
        if opcode.name not in OPCODES:
            raise _Refused(f"holds objects (opcode {opcode.name})")
        # a pickler numbers its memo from 0; the C unpickler makes room for any number that it is told
        if opcode.name in PUTS and int(argument or 0) > count:
            raise _Refused(f"names place {argument} of its memo after {count} steps")
        stack.step(opcode, argument)


class _Stack:
    """Which values on a pickle's stack and in its memo are tuples, without making them.

    A tuple that holds the one before it twice, sixty times over, is hashed in 2**60 steps, and only tuples can be: no
    other key of a dict takes longer than its own bytes.
    """

    def __init__(self) -> None:
        self._tuples: list[bool] = []
        self._marks: list[int] = []
        self._memo: dict[int, bool] = {}

    def step(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        """Follow one opcode of `OPCODES`; refuse one that uses a tuple as a key. Raises too where one lacks values."""
        stack, name = self._tuples, opcode.name
        if name in PUTS or name == "MEMOIZE":
            self._memo[len(self._memo) if name == "MEMOIZE" else int(argument)] = stack[-1]
        elif name in GETS:
            stack.append(self._memo[int(argument)])
        elif name == "MARK":
            self._marks.append(len(stack))
        elif name == "BUILD":  # of a tuple and None it leaves the tuple
            stack.pop()
        else:
            taken = list(opcode.stack_before)
            if pickletools.markobject in taken:
                taken = taken[: taken.index(pickletools.markobject)]
                start = self._marks.pop()
                marked, stack[start:] = stack[start:], []
            else:
                marked = stack[-2:]
            if name in ("SETITEM", "SETITEMS", "DICT") and any(marked[::2]):
                raise _Refused("holds a dict with tuples as keys")
            if taken:
                del stack[-len(taken) :]
            stack.extend(made is pickletools.pytuple for made in opcode.stack_after)


# ---- the names


class _Name:
    """What a name stands for: may be called, and nothing of it can be changed (opcode BUILD sets attributes)."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *args: Any) -> Any:
        return self._call(*args)

    def __setstate__(self, state: Any) -> None:
        raise _Refused("changes what it imported")


class _Type:
    """`numpy.dtype(name, align, copy)`, then its state, of which the byte order counts."""

    __slots__ = ("plain",)

    def __init__(self, name: Any, *_: Any) -> None:
        text = name.decode("ascii") if isinstance(name, bytes) else name
        if not isinstance(text, str):  # never shown: a short file can make a value whose text has no end
            raise _Refused(f"holds a numpy array of type {type(text).__name__}")
        if not PLAIN_TYPE.fullmatch(text):
            raise _Refused(f"holds a numpy array of type {text[:40]!r}")
        self.plain: np.dtype[Any] = np.dtype(text)

    def __setstate__(self, state: Any) -> None:
        order, *compound = state[1:5]
        order = order.decode("ascii") if isinstance(order, bytes) else order
        if compound != [None] * 3 or order not in ("<", ">", "|", "="):
            raise _Refused("holds a numpy array of a compound type")
        if order in ("<", ">"):
            self.plain = self.plain.newbyteorder("<" if order == "<" else ">")


class _Array:
    """`numpy…_reconstruct(ndarray, (0,), b"b")`, then its state: (version, shape, type, is_fortran, bytes)."""

    __slots__ = ("value",)

    def __init__(self, *_: Any) -> None:
        self.value: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        *_, shape, kind, fortran, raw = state
        self.value = _array(raw, kind, shape, "F" if fortran else "C")


def _array(raw: Any, kind: Any, shape: Any, order: Any = "C") -> NDArray[Any]:
    """An array of its own from its bytes; Python 2 wrote them as str."""
    if not isinstance(kind, _Type) or not isinstance(raw, bytes | bytearray):
        raise _Refused("holds a numpy array of objects")
    if not isinstance(shape, tuple) or len(shape) > MOST_AXES or not all(type(n) is int and n >= 0 for n in shape):
        raise _Refused("holds a numpy array of no shape")
    if math.prod(shape) * kind.plain.itemsize != len(raw) or order not in ("C", "F"):
        raise _Refused("holds a numpy array whose bytes are not of its shape")
    return np.frombuffer(raw, kind.plain).reshape(shape, order=order).copy()


def _scalar(kind: Any, raw: Any) -> Any:
    return _array(raw, kind, (1,))[0]


def _latin1(text: Any, encoding: Any) -> bytes:
    """`_codecs.encode`, by which older protocols write bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1", "latin-1"):
        raise _Refused("encodes text in another way than latin1")
    return text.encode("latin1")


def _no_bytes(*args: Any) -> bytes:
    """`bytes()`, by which older protocols write empty ones; of a number it would be as many zeros."""
    if args:
        raise _Refused("calls bytes")
    return b""


def _not_called(*_: Any) -> None:
    raise _Refused("calls numpy.ndarray")


NAMES = {
    "_codecs.encode": _Name(_latin1),
    **{f"{builtins}.bytes": _Name(_no_bytes) for builtins in ("builtins", "__builtin__")},
    "numpy.dtype": _Name(_Type),
    "numpy.ndarray": _Name(_not_called),
    **{f"numpy.{core}.multiarray._reconstruct": _Name(_Array) for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _Name(_scalar) for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _Name(_array) for core in ("core", "_core")},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        """Look a name up in the table; nothing is imported."""
        name = f"{module_name}.{global_name}"
        if name not in NAMES:
            raise _Refused(f"would run {name[:80]!r}")
        return NAMES[name]


def _settled(value: Any, done: dict[int, Any], depth: int) -> Any:
    """The same value with its arrays in place, each container made once however often it is referred to."""
    if id(value) in done:
        return done[id(value)]
    if depth > DEEPEST:
        raise _Refused(f"is nested more than {DEEPEST} deep, or holds itself")
    if isinstance(value, _Name | _Type) or (isinstance(value, _Array) and value.value is None):
        raise _Refused("holds a type or a function where data is expected")
    if isinstance(value, _Array):
        made: Any = value.value
    elif isinstance(value, list | tuple):
        made = type(value)(_settled(item, done, depth + 1) for item in value)
    elif isinstance(value, dict):
        made = {_settled(k, done, depth + 1): _settled(v, done, depth + 1) for k, v in value.items()}
    else:
        return value
    done[id(value)] = made
    return made

"""What a Python callable computes, as far as it can be told without running it: the identity of its rows."""

from __future__ import annotations

import hashlib
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any
from uuid import uuid4

from harness.store.keys import digest

__all__ = ["callable_digest"]

ATOMS = frozenset((type(None), bool, int, float, complex, str, bytes, type(...)))
_HELD: dict[int, tuple[object, str]] = {}
"""Identities of this process by `id`. An entry leaves as its object dies, before another can have its place."""


def callable_digest(function: Callable[..., Any]) -> str:
    """sha256 over everything that a callable computes with: what it reaches, and what that reaches in turn.

    By content: the code of functions, their constants, defaults, and the values of what they close over and of the
    globals that they name, where those are plain (numbers, text, containers of them) or functions again. By name:
    modules, builtins, and classes of other packages. Anything else (an object with a state, a network, a class beside
    the function) has an identity that lasts as long as the object, and until its attributes and slots, the items of a
    container, what a `partial` binds, or the numbers in its arrays and tensors change: rows of it are never taken up
    again by another process. Other states (of a generator of random numbers, of a class that is patched) are not seen.
    """
    places: dict[int, int] = {}
    reached: list[Any] = []

    def told(value: Any) -> str | int:
        """A plain value itself, or the place among what is reached: so that cycles end."""
        if type(value) in ATOMS:
            return repr(value)
        if id(value) not in places:
            places[id(value)] = len(reached)
            reached.append(value)
        return places[id(value)]

    told(function)
    package = _package(function)
    parts = [_parts(value, told, package) for value in reached]  # grows while it is read
    if type(function) is FunctionType and any(part[0] == "object" for part in parts):
        parts.append(["object", _identity(function)])  # the next function around an object may be of its next state
    return digest(parts)


def _package(value: Any) -> str:
    return str(getattr(value, "__module__", None)).partition(".")[0]


def _parts(value: Any, told: Callable[[Any], str | int], package: str) -> list[Any]:
    """What one value is made of, JSON-able."""
    kind = type(value)
    if kind in (list, tuple):
        return [kind.__name__, [told(item) for item in value]]
    if kind is dict:
        return ["dict", [[told(key), told(item)] for key, item in value.items()]]
    if kind in (set, frozenset) and all(type(item) in ATOMS for item in value):
        return [kind.__name__, sorted(repr(item) for item in value)]  # their order changes with every process
    if kind is FunctionType:
        return ["function", *_function_parts(value, told)]
    if kind is MethodType:
        return ["method", told(value.__func__), told(value.__self__)]
    if kind is ModuleType:
        return ["module", value.__name__]
    if kind is BuiltinFunctionType and (value.__self__ is None or type(value.__self__) is ModuleType):
        return ["builtin", value.__module__, value.__qualname__]
    if isinstance(value, type) and _package(value) != package:
        return ["class", value.__module__, value.__qualname__]
    state = getattr(value, "__dict__", None)
    inside = [told(one) for one in _inside(value)]
    return ["object", _identity(value), _numbers(value), told(state) if type(state) is dict else None, inside]


def _inside(value: Any) -> Iterator[Any]:
    """What an object holds beside its `__dict__`: slots, a partial's parts, items. Never by methods of its own class:
    they may compute or count."""
    if isinstance(value, partial):
        yield from (value.func, value.args, value.keywords)
    for kind in type(value).__mro__:
        if "__slots__" in vars(kind):
            for name, slot in vars(kind).items():
                if isinstance(slot, MemberDescriptorType):
                    yield name
                    yield from _filled(slot, value)
    if isinstance(value, dict):
        items: Any = OrderedDict.items if isinstance(value, OrderedDict) else dict.items
        for key, item in items(value):
            yield from (key, item)
    bases: tuple[Any, ...] = (list, tuple, deque, set, frozenset)
    for base in bases:
        if isinstance(value, base):
            yield from base.__iter__(value)


def _filled(slot: MemberDescriptorType, value: Any) -> Iterator[Any]:
    try:
        yield slot.__get__(value)
    except AttributeError:  # nothing was assigned to it yet
        return


def _numbers(value: Any) -> list[str]:
    """What an array or a tensor holds: a network that is trained on between two runs is another one in the second."""
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_meta:
        value = value.detach().resolve_conj().resolve_neg().cpu().contiguous()
        kind, raw = str(value.dtype), value.reshape(-1).view(torch.uint8).numpy()
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        kind, raw = str(value.dtype), np.frombuffer(value.tobytes(), np.uint8)
    else:
        return []
    return [kind, str(tuple(value.shape)), hashlib.sha256(raw).hexdigest()]


def _function_parts(function: FunctionType, told: Callable[[Any], str | int]) -> list[Any]:
    code = function.__code__
    space = function.__globals__
    named = {name: told(space[name]) for name in sorted(_names(code)) if name in space}
    cells = [_content(cell, told) for cell in function.__closure__ or ()]
    return [_code_parts(code), told(function.__defaults__), told(function.__kwdefaults__), cells, named]


def _content(cell: Any, told: Callable[[Any], str | int]) -> str | int | None:
    try:
        return told(cell.cell_contents)
    except ValueError:  # nothing was assigned to it yet
        return None


def _nested(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _names(code: CodeType) -> set[str]:
    """Names that a function or one inside it looks up: globals, and attributes, which may be globals' namesakes."""
    return set(code.co_names).union(*(_names(inner) for inner in _nested(code)))


def _code_parts(code: CodeType) -> list[Any]:
    constants = [_code_parts(c) if isinstance(c, CodeType) else _constant(c) for c in code.co_consts]
    return [code.co_code.hex(), constants, list(code.co_names)]


def _constant(value: Any) -> str:
    return repr(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)


def _identity(value: object) -> str:
    """Of an object in this process: unlike its `id`, never given to another one."""
    place = id(value)
    if place not in _HELD:
        try:
            held: object = weakref.ref(value, lambda _: _HELD.pop(place, None))
        except TypeError:
            held = value  # kept for good, and its place with it
        _HELD[place] = (held, uuid4().hex)
    return _HELD[place][1]

"""What a plugin may not do while it is loaded: print, exit, misspell a hook, be written for other hooks."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType

import pluggy

from harness.errors import HarnessError, UnknownName
from harness.hookspecs import API, Hooks

__all__ = ["HookManager", "WrongApi", "check_api", "check_hooks", "quietly"]


class HookManager(pluggy.PluginManager):
    """Asks only what is named like a hook whether it is one; pluggy would ask everything in a module."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Whether `plugin.name` is a hook, and with which options."""
        if not name.startswith("harness_"):
            return None
        if isinstance(plugin, ModuleType) and isinstance(value := vars(plugin).get(name), FunctionType):
            return getattr(value, "harness_impl", None)  # what pluggy comes to as well, by way of `inspect`
        return super().parse_hookimpl_opts(plugin, name)


@contextlib.contextmanager
def quietly(when: str) -> Iterator[None]:
    """Whatever a plugin prints, and an attempt to exit, is its fault and becomes an error."""
    out = io.StringIO()
    kept = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = out  # not by two context managers of contextlib's: this is done twice a plugin
    try:
        yield
    except SystemExit as stop:
        raise HarnessError(f"calls sys.exit({stop.code!r}) {when}") from stop
    finally:
        sys.stdout, sys.stderr = kept
    if out.getvalue().strip():
        raise HarnessError(f"prints {when}: {out.getvalue().strip().splitlines()[0][:80]!r}")


def check_hooks(module: ModuleType) -> None:
    """Refuse a misspelt hook: pluggy sees only marked functions, an author may also have forgotten the mark."""
    for name, value in vars(module).items():
        if name.startswith("harness_") and callable(value):
            if name not in vars(Hooks):
                known = [hook for hook in vars(Hooks) if hook.startswith("harness_")]
                raise UnknownName("hook", name, known, "harness/hookspecs.py")
            if not hasattr(value, "harness_impl"):
                raise HarnessError(f"hook {name} lacks the @hookimpl mark")


class WrongApi(HarnessError):
    """A plugin for other hooks than these."""


def check_api(module: ModuleType) -> None:
    """Refuse a plugin that says it is written for other hooks; one that says nothing means the present ones."""
    stated = getattr(module, "HARNESS_API", API)
    if stated != API:
        raise WrongApi(f"is written for plugin API {stated}, this harness has API {API}")

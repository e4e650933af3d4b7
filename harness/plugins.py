"""Finds plugins, isolates a broken one, answers look-ups by name.

A plugin is a module named by an entry point in group `harness`. One that does not import, misspells a hook, repeats
a name, prints at import or calls `sys.exit` is reported and set aside; nothing else breaks. `HARNESS_PLUGINS=a,b`
loads these modules instead of the installed entry points (an empty value: none); `HARNESS_STRICT_PLUGINS=1` raises.
Files named by `--plugin` (`harness.plugin_files`) come last; a broken one of them is an error.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import pluggy

from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.hookspecs import API, Hooks
from harness.plugin_files import load_plugin_file, plugin_files
from harness.plugin_rules import HookManager, WrongApi, check_api, check_hooks, quietly
from harness.plugin_search import installed_plugins
from harness.specs import (
    DatasetSpec,
    DegradationSpec,
    EmbedderSpec,
    MaskSetSpec,
    MethodSpec,
    MetricSpec,
    PageSpec,
    Requirement,
    Spec,
    SuiteSpec,
)
from harness.strategies import PARAM

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = [
    "BUILTIN",
    "KINDS",
    "PluginReport",
    "Registry",
    "build_registry",
    "load_target",
    "missing",
    "observers",
    "registry",
]

BUILTIN = "harness.builtin"
KINDS: Mapping[str, type[Any]] = {
    "methods": MethodSpec,
    "datasets": DatasetSpec,
    "metrics": MetricSpec,
    "embedders": EmbedderSpec,
    "suites": SuiteSpec,
    "masks": MaskSetSpec,
    "degradations": DegradationSpec,
    "pages": PageSpec,
}
_HOOKS = {
    "harness_register_methods": (MethodSpec,),
    "harness_register_datasets": (DatasetSpec,),
    "harness_register_metrics": (MetricSpec,),
    "harness_register_embedders": (EmbedderSpec,),
    "harness_register_suites": (SuiteSpec,),
    "harness_register_degradations": (DegradationSpec, MaskSetSpec),
    "harness_register_pages": (PageSpec,),
}
_T = TypeVar("_T")


class PluginReport(NamedTuple):
    """What became of one plugin: `state` ok or broken, the one-line cause, the traceback, and what it registered.

    `fix` says what to do about a broken one, "" for the others.
    """

    name: str
    module: str
    home: Callable[[], Distribution] | Path | None = None
    state: str = "ok"
    cause: str = ""
    trace: str = ""
    fix: str = ""
    registered: tuple[str, ...] = ()

    # Metadata is parsed when somebody asks: with 200 plugins it would double the time of every command.
    @property
    def distribution(self) -> str:
        """The installed package or the file that brings it; "" for a module named by `HARNESS_PLUGINS`."""
        return str(self.home or "") if isinstance(self.home, Path | None) else self.home().name

    @property
    def version(self) -> str:
        """The installed package's."""
        return "" if isinstance(self.home, Path | None) else self.home().version


@dataclass
class Registry:
    """Every registered spec by kind and name, and the report of every plugin."""

    manager: pluggy.PluginManager
    specs: dict[str, dict[str, Spec]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    reports: list[PluginReport] = field(default_factory=list)

    def get(self, kind: str, name: str) -> Spec:
        """The spec called `name` (or an alias of it). Raises `UnknownName`, or the broken plugin's own story."""
        found = self.specs[kind].get(self.aliases.get((kind, name), name))
        if found is not None:
            return found
        for report in self.reports:
            if report.state == "broken" and name in (
                report.name,
                report.module,
                report.module.removeprefix("harness_"),
            ):
                raise HarnessError(f"plugin '{report.name}' is broken: {report.cause}\n{report.trace}")
        words = {"masks": "mask set", "datasets": "data set"}.get(kind, kind.removesuffix("s"))
        raise UnknownName(words, name, self.specs[kind], f"harness list {kind}")

    def method(self, name: str) -> MethodSpec:
        """A method's spec; `metric:<name>` and `pyiqa:<name>` are metrics of whole pictures."""
        prefix, colon, metric = name.partition(":")
        if colon and name not in self.specs["methods"]:
            from harness.metrics.assessing import PREFIXES, metric_method

            if prefix in PREFIXES:
                return metric_method(name, self.metric(metric if prefix == "metric" else name))
        return cast(MethodSpec, self.get("methods", name))

    def dataset(self, name: str) -> DatasetSpec:
        """A data set's spec."""
        return cast(DatasetSpec, self.get("datasets", name))

    def mask_set(self, name: str) -> MaskSetSpec:
        """A mask set's spec."""
        return cast(MaskSetSpec, self.get("masks", name))

    def degradation(self, name: str) -> DegradationSpec:
        """A degradation's spec."""
        return cast(DegradationSpec, self.get("degradations", name))

    def suite(self, name: str) -> SuiteSpec:
        """A suite's spec."""
        return cast(SuiteSpec, self.get("suites", name))

    def embedder(self, name: str) -> EmbedderSpec:
        """A feature extractor's spec."""
        return cast(EmbedderSpec, self.get("embedders", name))

    def metric(self, name: str) -> MetricSpec:
        """A metric's spec; `pyiqa:<name>` is any metric of pyiqa."""
        if name.startswith("pyiqa:") and name not in self.specs["metrics"]:
            from harness.metrics.specs import pyiqa_spec

            return pyiqa_spec(name.removeprefix("pyiqa:"))
        return cast(MetricSpec, self.get("metrics", name))

    def all(self, kind: str) -> Iterator[Spec]:
        """Specs of one kind, by name."""
        yield from (self.specs[kind][name] for name in sorted(self.specs[kind]))

    def add(self, spec: Spec, owner: str) -> list[str]:
        """Register one spec; a name or alias that is taken is an error of the plugin that comes second.

        So is a method's parameter with the name that the engine reads itself: it would never reach the method.
        Returns what is registered now, as "kind:name".
        """
        if isinstance(spec, MethodSpec) and PARAM in spec.params:
            raise HarnessError(
                f"method {spec.name} has a parameter '{PARAM}', which every reference has already: "
                "give it another name, or state MethodSpec(strategy=…)"
            )
        kind = next(kind for kind, cls in KINDS.items() if isinstance(spec, cls))
        for name in (spec.name, *getattr(spec, "aliases", ())):
            taken = self.owners.get((kind, name))
            if taken is not None:
                raise HarnessError(f"{kind.removesuffix('s')} name '{name}' is already registered by plugin '{taken}'")
        for alias in getattr(spec, "aliases", ()):
            self.aliases[kind, alias] = spec.name
            self.owners[kind, alias] = owner
        self.specs[kind][spec.name] = spec
        self.owners[kind, spec.name] = owner
        return [f"{kind.removesuffix('s')}:{name}" for name in (*getattr(spec, "aliases", ()), spec.name)]

    def drop(self, owner: str) -> None:
        """Forget everything that one plugin registered."""
        for kind, name in [key for key, who in self.owners.items() if who == owner]:
            self.specs[kind].pop(name, None)
            self.aliases.pop((kind, name), None)
            del self.owners[kind, name]


def _candidates() -> list[PluginReport]:
    """Every plugin there may be, as reported if nothing goes wrong."""
    files = [PluginReport(path.stem, path.stem, path) for path in plugin_files()]
    return [PluginReport(BUILTIN, BUILTIN), *_named_or_installed(), *files]


def _named_or_installed() -> Iterator[PluginReport]:
    wanted = os.environ.get("HARNESS_PLUGINS")
    if wanted is not None:
        for module in filter(None, map(str.strip, wanted.split(","))):
            yield PluginReport(module.removeprefix("harness_"), module)
        return
    yield from (PluginReport(*found) for found in installed_plugins())


def _collect(registry: Registry, module: ModuleType, owner: str) -> tuple[str, ...]:
    """Call one plugin's register hooks; returns what it registered as "kind:name", aliases too."""
    taken: list[str] = []
    for hook, allowed in _HOOKS.items():
        implementation = getattr(module, hook, None)
        if implementation is None:
            continue

        def register(spec: Spec, hook: str = hook, allowed: tuple[type[Any], ...] = allowed) -> None:
            if not isinstance(spec, allowed):
                raise HarnessError(f"{hook} was given a {type(spec).__name__}")
            taken.extend(registry.add(spec, owner))

        implementation(register=register)
    return tuple(taken)


def _broken(plugin: PluginReport, error: Exception) -> PluginReport:
    """Set a plugin aside; raise where its author asked for that, or the user named it on the command line."""
    if os.environ.get("HARNESS_STRICT_PLUGINS") == "1" or plugin.module == BUILTIN:
        raise error
    cause = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
    first = (cause.splitlines() or [""])[0]
    if isinstance(plugin.home, Path):
        raise HarnessError(f"plugin file {plugin.home}: {first}") from error
    import traceback  # here: most plugins work

    trace = "".join(traceback.format_exception(error))
    return plugin._replace(state="broken", cause=first, trace=trace, fix=_fix(plugin, error))


def _fix(plugin: PluginReport, error: Exception) -> str:
    package = plugin.distribution or plugin.module
    if isinstance(error, WrongApi):
        return f"install the version of {package} for plugin API {API}"
    if isinstance(error, ModuleNotFoundError):
        return f"install what brings the module {error.name}, or leave it out: pip uninstall {package}"
    return f"its traceback: harness show {plugin.name}; leave it out: pip uninstall {package}"


def _load(registry: Registry, plugin: PluginReport) -> PluginReport:
    name, file = plugin.name, plugin.home if isinstance(plugin.home, Path) else None
    if registry.manager.has_plugin(name):
        return _broken(plugin, HarnessError(f"the plugin name '{name}' is already taken"))
    try:
        with quietly("at import"):
            module = load_plugin_file(file) if file else importlib.import_module(plugin.module)
        check_api(module)
        check_hooks(module)
        registry.manager.register(module, name=name)
        registry.manager.check_pending()
        with quietly("while registering"):
            registered = _collect(registry, module, name)
        if file and not registry.manager.get_hookcallers(module):
            raise HarnessError("it has no hook: mark a function harness_register_methods with @hookimpl")
    except Exception as error:
        registry.drop(name)
        if registry.manager.has_plugin(name):
            registry.manager.unregister(name=name)
        return _broken(plugin, error)
    return plugin._replace(registered=registered)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Modules and specs stay: to look for garbage among them, time and again, takes a tenth of listing 200 plugins."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_nothing_to_collect()
def build_registry() -> Registry:
    """Load every plugin afresh."""
    manager = HookManager("harness")
    manager.add_hookspecs(Hooks)
    built = Registry(manager)
    for candidate in _candidates():
        built.reports.append(_load(built, candidate))
    return built


_cached: list[Registry] = []


def registry() -> Registry:
    """The process's registry, built at first use."""
    if not _cached:
        _cached.append(build_registry())
    return _cached[0]


def missing(requires: tuple[Requirement, ...]) -> str:
    """ "" when every requirement can be found, else one line: what is missing and the pip line that brings it."""
    from importlib.util import find_spec

    absent = [need for need in requires if find_spec(need.module) is None]
    if not absent:
        return ""
    wanted = dict.fromkeys(need.pip for need in absent)  # one extra may bring several modules
    pip = " ".join(f"'{name}'" if "[" in name else name for name in wanted)
    return f"needs {', '.join(need.module for need in absent)}: pip install {pip}"


def load_target(
    spec: MethodSpec | DatasetSpec | MaskSetSpec | DegradationSpec | MetricSpec | EmbedderSpec | PageSpec,
) -> Any:
    """Import the class or function that a spec names. Raises `MissingRequirement` when an extra is absent."""
    line = missing(getattr(spec, "requires", ()))
    if line:
        raise MissingRequirement(f"{spec.name} {line}")
    module, _, attribute = spec.target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def observers(hook: str) -> list[tuple[str, Callable[..., None]]]:
    """Implementations of one observer hook with their plugins' names, to be called one by one."""
    caller = getattr(registry().manager.hook, hook)
    return [(impl.plugin_name, impl.function) for impl in reversed(caller.get_hookimpls())]

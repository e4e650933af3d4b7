"""Suites: versioned, named lists of tasks, written as TOML and read into frozen dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError, UnknownName
from harness.places import file_name
from harness.specs import Spec, SuiteSpec, Value
from harness.strategies import Strategy

__all__ = ["Suite", "Task", "load_suite", "load_suites", "parse_suite", "suite_named", "task_of"]


@dataclass(frozen=True, eq=False, repr=False)
class Task(Value):
    """Data set + mask set + mask role + what it gives + metrics, one of them primary.

    Attributes:
        dataset: data set reference, `name[k=v]`.
        limit: first so many images of it; 0 is all.
        maskset: mask set reference, "" for none.
        masks: masks per image; with `rotate`, image i gets mask number i mod the set's count instead of 0.
        role: mask role, `hole` or `region`.
        gives: batch fields the task can give; a method is given their intersection with its needs.
        oracle: batch fields beyond these for methods tagged `oracle` alone, which are shown and never ranked.
        degradation: what is done to a picture before a restorer sees it, `name[k=v]`; "" for nothing.
        metrics: columns, `name` or `name@region`; set metrics among them.
        primary: the one column that ranks.
        strategy: how pictures larger than its side are brought before a method (`harness.strategies`), "" for the
            method's own way; what a reference says overrules it.
        bar: which bar a learned method is held to against the floors.
    """

    id: str
    title: str
    dataset: str
    metrics: tuple[str, ...]
    primary: str
    capability: Literal["assess", "restore", "inpaint"] = "inpaint"
    limit: int = 0
    maskset: str = ""
    masks: int = 1
    rotate: bool = False
    role: str = "hole"
    gives: tuple[str, ...] = ("image", "mask")
    oracle: tuple[str, ...] = ()
    bar: Literal["", "superior", "noninferior"] = ""
    strategy: str = ""
    degradation: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Suite(Value):
    """A suite as read: its tasks, the methods run when none are named, and the hash of its file."""

    name: str
    version: int
    title: str
    summary: str
    cost: str
    methods: tuple[str, ...]
    tasks: tuple[Task, ...]
    sha256: str

    def task(self, id: str) -> Task:
        """The task called `id`."""
        return next(task for task in self.tasks if task.id == id)


def _task(suite: str, table: Mapping[str, Any]) -> Task:
    known = {f.name for f in fields(Task)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise HarnessError(f"suite {suite}: task {table.get('id', '?')} has unknown keys {', '.join(unknown)}")
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    try:
        task = Task(**values)
    except TypeError as error:
        raise HarnessError(f"suite {suite}: task {table.get('id', '?')}: {error}") from error
    file_name(f"suite {suite}: task", task.id)
    Strategy.parse(task.strategy)
    if task.degradation and (task.capability != "restore" or task.maskset):
        raise HarnessError(f"suite {suite}: task {task.id} has a degradation: capability restore, and no masks")
    if not set(task.oracle) <= {"mask"}:
        raise HarnessError(f"suite {suite}: task {task.id}: oracles can be told a mask, nothing else")
    if "operator" in task.gives and not task.degradation:
        raise HarnessError(f"suite {suite}: task {task.id} gives the operator of no degradation")
    if task.primary not in task.metrics:
        raise HarnessError(f"suite {suite}: primary metric {task.primary} of task {task.id} is not among its metrics")
    return task


def task_of(table: Mapping[str, Any]) -> Task:
    """The task that a manifest describes; what the manifest says beyond a suite file is left out."""
    return _task("of the manifest", {f.name: table[f.name] for f in fields(Task) if f.name in table})


def parse_suite(name: str, content: bytes) -> Suite:
    """Read a suite from the bytes of its TOML file. Raises `HarnessError` naming the key at fault."""
    import hashlib  # here, for every command reads the names of suites
    import tomllib

    try:
        table = tomllib.loads(content.decode())
        tasks = tuple(_task(name, task) for task in table["task"])
        suite = Suite(
            name=table["name"],
            version=int(table["version"]),
            title=table["title"],
            summary=table["summary"],
            cost=table["cost"],
            methods=tuple(table["methods"]),
            tasks=tasks,
            sha256=hashlib.sha256(content).hexdigest(),
        )
    except (tomllib.TOMLDecodeError, KeyError, UnicodeDecodeError) as error:
        raise HarnessError(f"suite {name}: {type(error).__name__}: {error}") from error
    if len({task.id for task in tasks}) != len(tasks):
        raise HarnessError(f"suite {name}: two tasks share an id")
    return suite


def load_suite(spec: SuiteSpec) -> Suite:
    """Read the TOML file that a suite's spec names."""
    from importlib.resources import files  # here, as above

    package, _, path = spec.resource.partition(":")
    return parse_suite(spec.name, files(package).joinpath(path).read_bytes())


def suite_named(text: str, look_up: Callable[[str], SuiteSpec]) -> Suite:
    """A registered suite, or that of a user's own file: a path that ends in `.toml`.

    Raises:
        HarnessError: an unknown name, a file that is no suite, or one that calls itself as a registered suite does.
    """
    if not text.endswith(".toml"):
        return load_suite(look_up(text))
    path = Path(text)
    try:
        suite = parse_suite(path.name, path.read_bytes())
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read: {error.strerror}") from error
    file_name(f"{path}: suite", suite.name)
    try:
        look_up(suite.name)
    except UnknownName:
        return suite
    raise HarnessError(f"{path}: its name '{suite.name}' is that of a registered suite; give it another")


def load_suites(specs: Iterable[Spec]) -> tuple[list[Suite], dict[str, str]]:
    """Every suite that can be read, and by name what is wrong with the others: a plugin's may be broken."""
    suites, broken = list[Suite](), dict[str, str]()
    for spec in specs:
        if isinstance(spec, SuiteSpec):
            try:
                suites.append(load_suite(spec))
            except (HarnessError, ImportError, OSError) as error:
                broken[spec.name] = str(error)
    return suites, broken

"""What can be registered: frozen, torch-free descriptions. A `target` is "module:Class", imported at first use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "RANKABLE_SOURCES",
    "Capability",
    "DatasetSpec",
    "DegradationSpec",
    "EmbedderSpec",
    "MaskSetSpec",
    "MethodSpec",
    "MetricSpec",
    "PageSpec",
    "Paper",
    "Param",
    "ParamValue",
    "Requirement",
    "Spec",
    "SuiteSpec",
    "Value",
    "WeightsSpec",
]

RANKABLE_SOURCES = 200
"""A set metric over fewer sources (clusters) is diagnostic: never ranked, nobody's bar, whatever its interval."""

Capability = Literal["assess", "restore", "inpaint"]
ParamValue = str | int | float | bool


class Value:
    """Equality, hash and repr of a frozen dataclass, for those that every command makes.

    `dataclass` would write and compile the three anew for each class, which took a twelfth of a start.
    """

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


@dataclass(frozen=True, eq=False, repr=False)
class Paper(Value):
    """Where a method or metric comes from. `url` is an arXiv id, DOI or repository name with commit."""

    title: str
    venue: str
    year: int
    url: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Param(Value):
    """One parameter that a reference may set: `name[k=v]`. The default's type is the parameter's type.

    `result_changing=False` marks a parameter that cannot change the output (a chunk size), so it stays out of keys.
    """

    default: ParamValue
    help: str
    choices: tuple[ParamValue, ...] = ()
    result_changing: bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Requirement(Value):
    """An importable module that a method or metric needs, and the pip words that bring it."""

    module: str
    pip: str


@dataclass(frozen=True, eq=False, repr=False)
class WeightsSpec(Value):
    """A checkpoint of a method.

    `resource` ("package:path") is a file shipped inside a plugin; `file` is the name looked for in
    `HARNESS_HOME/weights/<method>/`, or in the folder of the method that it is `of`. A file whose sha256 differs from a
    stated `sha256` is refused. `importer` ("module:function") reads the published checkpoint where that is of another
    format: `harness weights import` calls `function(path)` and writes the arrays that it returns, by state dict entry,
    to `file`.
    """

    name: str
    kind: Literal["official", "mini", "random"]
    licence: str
    origin: str
    resource: str = ""
    file: str = ""
    sha256: str = ""
    trained_on: str = ""
    parameters_m: float | None = None
    fetch: str = ""
    importer: str = ""
    of: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class MethodSpec(Value):
    """Something to be judged.

    Attributes:
        name: lower-case short name, also the reference's name.
        target: "module:Class"; the class is called as `Class(setup, **params)` (see `harness.interfaces.Setup`).
        needs: batch fields the method reads; it is given only what the task gives and it needs.
        roles: mask roles it understands (`hole`, `region`).
        weights: first one present is the default; empty for methods without weights.
        wraps: the capability of an inner method that the engine resolves and hands in (`outer:inner`). Both are then
            shown what either `needs`, in the `roles` that both have.
        supplies: of a wrapper, the batch fields that it makes for the inner method itself: nobody else gives them.
        optimises: metrics the method optimises: shown for it, never ranked.
        tags: free labels the engine knows: `floor` (a baseline), `smooth` (no texture), `exemplar`, `oracle`.
        strategy: how the engine brings pictures before it that are larger than it was made for, `resize-up-512`
            (`harness.strategies`); "" where it takes any size. A task or a reference may say otherwise.
        parity: scope of proven agreement with the official network.
    """

    name: str
    capabilities: tuple[Capability, ...]
    target: str
    version: str
    summary: str
    licence: str
    paper: Paper | None = None
    params: Mapping[str, Param] = field(default_factory=dict)
    weights: tuple[WeightsSpec, ...] = ()
    needs: frozenset[str] = frozenset({"image", "mask"})
    roles: tuple[str, ...] = ("hole",)
    requires: tuple[Requirement, ...] = ()
    wraps: Capability | None = None
    supplies: frozenset[str] = frozenset()
    optimises: tuple[str, ...] = ()
    stochastic: bool = False
    batchable: bool = True
    tags: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    strategy: str = ""
    parity: Literal["", "full", "base only", "successor", "no reference exists"] = ""
    card: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class DatasetSpec(Value):
    """A source of images. `target` is called as `Class(**params)`; `gives` are the sample fields it fills."""

    name: str
    target: str
    version: str
    summary: str
    licence: str
    gives: frozenset[str] = frozenset({"image"})
    params: Mapping[str, Param] = field(default_factory=dict)
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class MaskSetSpec(Value):
    """Which masks an inpainter is given. `target` is called as `Class(**params)`; seeded by itself."""

    name: str
    target: str
    version: str
    summary: str
    source: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class DegradationSpec(Value):
    """What is done to a clean image before a restorer sees it. `target` is called as `Class(**params)`."""

    name: str
    target: str
    version: str
    summary: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class MetricSpec(Value):
    """A number about outputs. Every part of the protocol that changes the number is stated here.

    Attributes:
        kind: `sample` (one value an output), `set` (one value a cell), `table` (from records).
        regions: regions it can be restricted to by `name@region`; "" is the whole image.
        uses: what it compares: `output`, `truth`, `mask`, `shown` (the picture before the edit, or the observation),
            `labels` (the data set's, whether or not methods are given them), `operator` (what a degradation did).
        unit, colour, range, reduction, resize, extractor: the protocol, in words.
        higher_is_better: None where neither is: the best value is a finite one (1 for a ratio), so it never ranks.
        mean: how a table averages samples; a ratio's mean is geometric (half and twice weigh alike).
        bounds: smallest and largest possible value, None for unbounded.
        diagnostic: never ranked (a set metric below `RANKABLE_SOURCES` never is, whatever this says).
        equals: whose published number this is (paper, library or evaluation script), and the largest difference from
            it that a test of ours measured; "" where it is nobody else's.
    """

    name: str
    target: str
    version: str
    kind: Literal["sample", "set", "table"]
    higher_is_better: bool | None
    summary: str
    licence: str
    uses: frozenset[str] = frozenset({"output", "truth"})
    regions: tuple[str, ...] = ("",)
    unit: str = ""
    colour: str = "RGB"
    range: str = "[0, 1]"
    reduction: str = "mean over pixels and channels, then mean over samples"
    resize: str = "none"
    extractor: str = ""
    bounds: tuple[float | None, float | None] = (None, None)
    params: Mapping[str, Param] = field(default_factory=dict)
    requires: tuple[Requirement, ...] = ()
    paper: Paper | None = None
    diagnostic: bool = False
    digits: int = 3
    mean: Literal["arithmetic", "geometric"] = "arithmetic"
    equals: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class EmbedderSpec(Value):
    """A feature extractor for set metrics; `target` is called as `Class(device)`."""

    name: str
    target: str
    version: str
    dimension: int
    summary: str
    licence: str
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class SuiteSpec(Value):
    """A versioned list of tasks. `resource` is "package:file.toml", read by `harness.suites`."""

    name: str
    resource: str
    summary: str
    aliases: tuple[str, ...] = field(default=())


@dataclass(frozen=True, eq=False, repr=False)
class PageSpec(Value):
    """A page of the dashboard.

    Attributes:
        name: the page's address, lower case.
        target: "module:function"; called as `function(catalogue)` inside a running Streamlit app, with the
            `harness_dashboard.catalogue.Catalogue` of the boards and runs that may be looked at.
        section: heading of the navigation under which the page stands.
        icon: a Material symbol by name ("leaderboard"), or "".
    """

    name: str
    target: str
    version: str
    title: str
    summary: str
    section: str = "More"
    icon: str = ""
    requires: tuple[Requirement, ...] = ()


Spec = MethodSpec | DatasetSpec | MaskSetSpec | DegradationSpec | MetricSpec | EmbedderSpec | SuiteSpec | PageSpec

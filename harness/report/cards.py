"""What is known of methods and suites before anything is run, gathered for their cards. Torch-free, no method imported.

Registered specs come from whoever looks them up (`harness.plugins.Registry` fits `Known`), suites as mappings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, Protocol, cast

from harness.errors import HarnessError
from harness.places import locate
from harness.report import words
from harness.report.badges import Badge
from harness.report.board import Row, TaskView
from harness.report.markdown import Section, sections
from harness.specs import DatasetSpec, MaskSetSpec, MethodSpec, MetricSpec, Requirement, Spec, WeightsSpec

__all__ = [
    "Checkpoint",
    "Known",
    "MethodCard",
    "MetricLine",
    "Place",
    "Published",
    "SuiteCard",
    "TaskCard",
    "capabilities",
    "chosen",
    "method_cards",
    "suite_cards",
]


class Known(Protocol):
    """A registry, as far as cards need one."""

    def get(self, kind: str, name: str) -> Spec:
        """The spec of this kind and name. Raises `HarnessError` where there is none."""

    def metric(self, name: str) -> MetricSpec:
        """A metric's spec. Raises `HarnessError` where there is none."""

    def all(self, kind: str) -> Iterator[Spec]:
        """Specs of one kind, by name."""


@dataclass(frozen=True)
class Published:
    """A board or run as far as cards point to it: `address` is the link to one of its tasks, "" for none."""

    title: str
    views: Mapping[str, TaskView]
    suite: Mapping[str, Any]
    address: Callable[[TaskView], str]


@dataclass(frozen=True)
class Place:
    """Where an entry of a method stands on one task: rank with its interval in words, primary score with its own."""

    board: str
    task: str
    row: Row
    rank: str
    score: str
    address: str


@dataclass(frozen=True)
class Checkpoint:
    """Weights of a method, and whether their file is on this machine. `file` is where it belongs, "" where shipped."""

    spec: WeightsSpec
    here: bool
    file: str


@dataclass(frozen=True)
class MethodCard:
    """A method's card.

    Attributes:
        lacking: what must be installed before it can run here, "" for nothing.
        notes: the author's own card, in sections; `problem` says why it cannot be read.
        commands: what a command does and the command, to repeat what is claimed.
        places: where it stands on boards.
    """

    spec: MethodSpec
    lacking: str
    weights: tuple[Checkpoint, ...]
    notes: tuple[Section, ...]
    problem: str
    commands: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]

    @property
    def words(self) -> str:
        """What a search looks through, lower case: name, summary, paper, tags, weights."""
        spec = self.spec
        paper = f"{spec.paper.title} {spec.paper.venue} {spec.paper.year}" if spec.paper else ""
        weights = " ".join(f"{one.name} {one.kind}" for one in spec.weights)
        return " ".join([spec.name, *spec.aliases, spec.summary, paper, *sorted(spec.tags), weights]).casefold()

    @property
    def badges(self) -> list[Badge]:
        """Capabilities, tags, proven agreement with the official network, and what keeps it from running here."""
        found = [Badge(name, "what it can do") for name in self.spec.capabilities]
        if self.spec.parity:
            tone: Literal["good", "kind"] = "good" if self.spec.parity == "full" else "kind"
            found.append(
                Badge(f"parity: {self.spec.parity}", "how far its network was shown to be the official one", tone)
            )
        elif self.spec.weights:
            found.append(Badge("parity: not shown", "nobody compared its network with the official one", "alert"))
        found += [Badge(tag) for tag in sorted(self.spec.tags)]
        if self.lacking:
            found.append(Badge("cannot run here", self.lacking, "alert"))
        return found


@dataclass(frozen=True)
class MetricLine:
    """A metric column of a task. `spec` is None where it is not registered here."""

    column: str
    region: str
    primary: bool
    spec: MetricSpec | None


@dataclass(frozen=True)
class TaskCard:
    """A task as its suite's file has it, with what is registered of its data and masks; None: not registered here."""

    task: Mapping[str, Any]
    dataset: DatasetSpec | None
    masks: MaskSetSpec | None
    metrics: tuple[MetricLine, ...]


@dataclass(frozen=True)
class SuiteCard:
    """A suite's card. `boards` are titles and addresses of boards of this suite's name, with their suite version."""

    suite: Mapping[str, Any]
    tasks: tuple[TaskCard, ...]
    boards: tuple[tuple[str, str, int], ...]


def method_cards(
    known: Known, lacking: Callable[[tuple[Requirement, ...]], str], suites: Sequence[Mapping[str, Any]],
    boards: Sequence[Published],
) -> list[MethodCard]:  # fmt: skip
    """A card for each registered method, by name.

    Args:
        lacking: says in one line which of some requirements are absent, "" for none (`harness.plugins.missing`).
        suites: what `suite_cards` takes, for the commands that run a method.
    """
    specs = [spec for spec in known.all("methods") if isinstance(spec, MethodSpec)]
    return [_method_card(spec, lacking(spec.requires), suites, boards) for spec in specs]


def _method_card(
    spec: MethodSpec, lacking: str, suites: Sequence[Mapping[str, Any]], boards: Sequence[Published]
) -> MethodCard:
    notes, problem = _notes(spec)
    return MethodCard(
        spec=spec,
        lacking=lacking,
        weights=tuple(_checkpoint(spec.name, weights) for weights in spec.weights),
        notes=notes,
        problem=problem,
        commands=tuple(_commands(spec, suites)),
        places=tuple(_places(spec.name, boards)),
    )


def _checkpoint(method: str, weights: WeightsSpec) -> Checkpoint:
    shipped = weights.resource or weights.kind == "random"
    # Not the folder's own path: a page that is published tells nothing of the machine that made it.
    file = "" if shipped else f"HARNESS_HOME/weights/{method}/{weights.file}"
    return Checkpoint(weights, weights.kind == "random" or locate(method, weights) is not None, file)


def _notes(spec: MethodSpec) -> tuple[tuple[Section, ...], str]:
    if not spec.card:
        return (), "its author wrote none"
    package, _, inside = spec.card.partition(":")
    try:
        return tuple(sections(files(package).joinpath(inside).read_text(encoding="utf-8"))), ""
    except (OSError, ImportError, ValueError) as error:
        return (), f"{spec.card} cannot be read: {error}"


def _commands(spec: MethodSpec, suites: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for suite in suites:
        if any(task["capability"] in spec.capabilities for task in suite["tasks"]):
            yield f"run it on {suite['title']}", f"harness run --suite {suite['name']} -m {spec.name}"
    package = spec.target.partition(":")[0].partition(".")[0]
    if spec.weights and _has(package, "train.py"):
        yield "train its weights", f"harness train {spec.name} --recipe mini"
    if spec.weights and _has(package, "parity.py"):
        yield "compare its network with the official one’s outputs", f"harness parity {spec.name}"
    yield "check it as a plugin", f"harness check {spec.name}"


def _has(package: str, file: str) -> bool:
    try:
        return files(package).joinpath(file).is_file()
    except ImportError:  # its package is not here; the card says what is lacking
        return False


def _places(method: str, boards: Sequence[Published]) -> Iterator[Place]:
    for board in boards:
        for view in board.views.values():
            info = view.info[view.summary.primary]
            for row in view.judged:
                if row.entry["method"] != method:
                    continue
                score = words.interval(row.scores[view.summary.primary], info["digits"])
                told = f"{score} {info['unit']} {view.summary.primary}".replace("  ", " ")
                of = sum(other.standing.ranked for other in view.rows if other.standing.table == row.standing.table)
                rank = f"{words.rank_range(row.standing)} of {of}" if row.standing.ranked else "not ranked"
                yield Place(board.title, view.summary.title, row, rank, told, board.address(view))


def capabilities(cards: Sequence[MethodCard]) -> list[str]:
    """What the methods can do, each once, by name."""
    return sorted({name for card in cards for name in card.spec.capabilities})


def chosen(cards: Sequence[MethodCard], capability: str = "", text: str = "") -> list[MethodCard]:
    """Cards of one capability ("": any) in whose `words` every word of `text` stands."""
    wanted = text.casefold().split()
    return [
        card
        for card in cards
        if (not capability or capability in card.spec.capabilities) and all(word in card.words for word in wanted)
    ]


def suite_cards(suites: Sequence[Mapping[str, Any]], known: Known, boards: Sequence[Published]) -> list[SuiteCard]:
    """A card for each suite, given as `dataclasses.asdict` of a `harness.suites.Suite`."""
    return [
        SuiteCard(
            suite,
            tuple(_task_card(task, known) for task in suite["tasks"]),
            tuple(
                (board.title, board.address(next(iter(board.views.values()))), int(board.suite["version"]))
                for board in boards
                if board.suite["name"] == suite["name"] and board.views
            ),
        )
        for suite in suites
    ]


def _task_card(task: Mapping[str, Any], known: Known) -> TaskCard:
    lines = []
    for column in task["metrics"]:
        name, _, region = column.partition("@")
        lines.append(MetricLine(column, region, column == task["primary"], _metric(known, name)))
    lines.sort(key=lambda line: not line.primary)
    dataset, masks = _found(known, "datasets", task["dataset"]), _found(known, "masks", task["maskset"])
    return TaskCard(task, cast("DatasetSpec | None", dataset), cast("MaskSetSpec | None", masks), tuple(lines))


def _metric(known: Known, name: str) -> MetricSpec | None:
    try:
        return known.metric(name)
    except HarnessError:
        return None  # the card says that it is not registered here


def _found(known: Known, kind: str, reference: str) -> Spec | None:
    """The spec that `name[k=v]` names; None for "" and for what is not registered here."""
    try:
        return known.get(kind, reference.partition("[")[0]) if reference else None
    except HarnessError:
        return None

"""How well fills can be told from photographs by a detector that never saw the photograph, nor even the method.

Ours: the paper segments only to train its generator. The network and the loss are the paper's (`segmenter.py`,
`losses.py`), small and trained anew for every fold on finished outputs: a substitute, for few pictures, of U-IDS.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.optim import Adam

from harness.errors import HarnessError
from harness.stats.intervals import mean_intervals
from harness.stats.model import Interval, plain
from harness_scat.losses import tell_apart
from harness_scat.segmenter import Segmenter, halves, pixel_auroc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole, Pixels

__all__ = ["CrossFit", "Finding", "Fold", "Painting", "Row", "Settings", "cross_fit", "fit", "plan_folds"]

WARM_UP_STEPS = 10
PROBABILITY_LEVELS = 255


@dataclass(frozen=True, eq=False)
class Painting:
    """A filled picture.

    Attributes:
        method: who filled it. `photograph`: what makes pictures dependent (a run's cluster). `sample`: its own name.
        picture, truth: uint8 H×W×3; equal outside `hole`, bool H×W.
    """

    method: str
    photograph: str
    sample: str
    picture: Pixels
    truth: Pixels
    hole: Hole


@dataclass(frozen=True)
class Settings:
    """What decides the detectors (all of it ours): enough for eight photographs in some ten seconds a training.

    Attributes:
        folds: into how many parts the photographs are split.
        steps, batch, side, learning_rate: of each training, on crops of `side` px (a multiple of 64) and their truths.
        width, detail: of the network (`Segmenter`).
    """

    folds: int = 2
    steps: int = 150
    batch: int = 8
    side: int = 64
    learning_rate: float = 5e-3
    width: int = 8
    detail: float = 8.0


class Fold(NamedTuple):
    """One training: places of the paintings that it sees and of those that it judges.

    `left_out` is the method that it never sees, "" where it sees all.
    """

    number: int
    left_out: str
    trained: tuple[int, ...]
    judged: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Finding:
    """A painting before one of its two detectors.

    Attributes:
        unseen: whether the detector never saw the method.
        auroc: pixels of the hole against the others, in the filled picture.
        control: the same detector, hole and pixels, in the truth: what place and content alone tell.
        generated: uint8 H×W, probability of being generated times 255.
    """

    painting: Painting
    unseen: bool
    auroc: float
    control: float
    generated: NDArray[np.uint8]


@dataclass(frozen=True)
class Row:
    """A method's pixel AUROC, its control, and their difference, each with its interval over photographs.

    0.5 cannot be told from real; a difference whose interval is above 0 is told by more than place and content.
    """

    method: str
    unseen: bool
    auroc: Interval
    control: Interval
    difference: Interval


@dataclass(frozen=True, eq=False)
class CrossFit:
    """The answer: rows by method, what they average, and what it took."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    settings: Settings
    seed: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the maps."""
        samples = [
            {"method": j.painting.method, "photograph": j.painting.photograph, "sample": j.painting.sample,
             "unseen": j.unseen, "auroc": j.auroc, "control": j.control}
            for j in self.findings
        ]  # fmt: skip
        return {
            "settings": asdict(self.settings),
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "rows": [plain(row) for row in self.rows],
            "samples": samples,
        }


def plan_folds(paintings: Sequence[Painting], folds: int, seed: int = 0) -> list[Fold]:
    """Every fold with all methods, then with each method left out (where there are two or more).

    A photograph stands in one part, whoever filled it and however often; a detector judges the part that it was not
    trained on. Raises `HarnessError` where there are fewer photographs than parts.
    """
    photographs = sorted({painting.photograph for painting in paintings})
    if not 2 <= folds <= len(photographs):
        raise HarnessError(f"{len(photographs)} photographs cannot be split into {folds} parts: 2 or more, one each")
    order = np.random.default_rng(seed).permutation(len(photographs))
    part = {photographs[index]: place % folds for place, index in enumerate(order)}
    methods = sorted({painting.method for painting in paintings})
    found = []
    for number in range(folds):
        for left_out in ["", *(methods if len(methods) > 1 else [])]:
            trained = [p.method != left_out and part[p.photograph] != number for p in paintings]
            judged = [left_out in ("", p.method) and part[p.photograph] == number for p in paintings]
            found.append(Fold(number, left_out, _places(trained), _places(judged)))
    return [fold for fold in found if fold.judged]


def _places(chosen: Sequence[bool]) -> tuple[int, ...]:
    return tuple(index for index, wanted in enumerate(chosen) if wanted)


def fit(paintings: Sequence[Painting], settings: Settings, seed: int) -> Segmenter:
    """A detector of these paintings, in eval mode; decided by its arguments alone.

    Each step shows crops of fills beside the same crops of the truth, under the paper's segmentation loss.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Segmenter(settings.width, settings.detail)
    optimiser = Adam(network.parameters(), settings.learning_rate, betas=(0.9, 0.99))
    rng = np.random.default_rng(seed)
    for step in range(settings.steps):
        rise, fall = (step + 1) / WARM_UP_STEPS, 2 * (1 - step / settings.steps)
        optimiser.param_groups[0]["lr"] = settings.learning_rate * min(1.0, rise, fall)
        chosen = rng.integers(len(paintings), size=settings.batch)
        crops = [_crop(paintings[index], settings.side, rng) for index in chosen]
        filled, truth, hole = (np.stack(column) for column in zip(*crops, strict=True))
        judged = network(_signed(np.concatenate([filled, truth])))
        loss = tell_apart("nsgan", *halves(judged), torch.from_numpy(hole)[:, None].float()).pixels
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval().requires_grad_(False)


def _crop(painting: Painting, side: int, rng: np.random.Generator) -> tuple[Pixels, Pixels, Hole]:
    """A square of the picture, its truth and its hole, mirrored half of the time; small pictures repeat their edge."""
    height, width = painting.hole.shape
    top, left = (int(rng.integers(max(length - side, 0) + 1)) for length in (height, width))
    step = -1 if rng.random() < 0.5 else 1
    rows = np.arange(top, top + side).clip(max=height - 1)
    columns = np.arange(left, left + side).clip(max=width - 1)[::step]
    where = np.ix_(rows, columns)
    return painting.picture[where], painting.truth[where], painting.hole[where]


def _signed(pictures: NDArray[np.uint8]) -> Tensor:
    """uint8 [N,H,W,3] -> [N,3,H,W] in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def _judge(network: Segmenter, painting: Painting, unseen: bool) -> Finding:
    hole = torch.from_numpy(painting.hole)
    valid, control = (network(_signed(p[None])).segmented()[0, 0] for p in (painting.picture, painting.truth))
    generated = (PROBABILITY_LEVELS * (-valid).sigmoid()).round().byte().numpy()
    return Finding(painting, unseen, pixel_auroc(valid, hole), pixel_auroc(control, hole), generated)


def cross_fit(paintings: Sequence[Painting], settings: Settings | None = None, seed: int = 0) -> CrossFit:
    """Train a detector a fold and judge every painting twice: method seen on other photographs, and method unseen.

    Everything is decided by ``paintings`` in their order, ``settings`` and ``seed``; it takes one thread. Paintings
    whose hole is nothing or everything have no AUROC and are left out. Intervals are the harness's (studentised cluster
    bootstrap over photographs; Student's t below ten; none below four); they do not count the chance of a training.

    Raises:
        HarnessError: too few photographs for the folds. MissingRequirement: torchmetrics is not here.
    """
    settings = settings or Settings()
    began = time.perf_counter()
    usable = [painting for painting in paintings if painting.hole.any() and not painting.hole.all()]
    judged = []
    with _one_thread():
        for fold in plan_folds(usable, settings.folds, seed):
            network = fit([usable[index] for index in fold.trained], settings, seed)
            judged += [_judge(network, usable[index], bool(fold.left_out)) for index in fold.judged]
    return CrossFit(tuple(_rows(judged, seed)), tuple(judged), settings, seed, time.perf_counter() - began)


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _rows(judged: Sequence[Finding], seed: int) -> Iterator[Row]:
    for method in dict.fromkeys(j.painting.method for j in judged):
        for unseen in (False, True):
            own = [j for j in judged if j.painting.method == method and j.unseen == unseen]
            if own:
                values = np.array([[j.auroc, j.control, j.auroc - j.control] for j in own])
                intervals = mean_intervals(values, [j.painting.photograph for j in own], seed=seed)
                yield Row(method, unseen, *intervals)

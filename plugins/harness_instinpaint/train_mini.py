"""How the small editor is trained: one network for an instruction, for one with a mask, and for one without a source.

From the paper: the U-Net and the text transformer from scratch on the latents of a first stage that stays as it is,
source beside noise; in one of five the instruction names what is not there, and the target is the source. All else
is ours: the network predicts what the edit adds to the source, so that it knows from the start how to leave a picture
alone; it is held to that where something changes more than elsewhere; it tells where that is, and is taught what every
place shows, from which the words select; noisy steps, which need the text, are drawn more often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW, Optimizer

from harness.nn.diffusion import Diffusion
from harness.nn.first_stage import SHIPPED, first_stage_sha256, load_first_stage
from harness.nn.word_list import list_encoder
from harness.training.data import step_rng
from harness.training.latents import cached_latents
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_instinpaint.checkpoint import FIRST_STAGE
from harness_instinpaint.network import STEPS, InstInpaint, Prediction, betas, mini
from harness_instinpaint.pairs import HELD_OUT, Asked, coarse_mask, open_pairs
from harness_instinpaint.sampling import Told, sampled, sampler, start_of
from harness_instinpaint.selection import attribute_loss

__all__ = ["Course", "Edits", "Mini", "mini_recipe"]

VALIDATION_SEED = 7_919
MOVED = 3.0  # 8-bit levels by which a square changes that counts as changed


@dataclass(frozen=True)
class Course:
    """Everything that decides the training; ours, but for ``absent`` and the schedule.

    Attributes:
        absent: share of instructions that name what is not there.
        masked, sourceless: shares that are told a coarse mask, and that are shown no source.
        noisier: a step is the largest of so many even draws.
        changed: further weight of places that the edit changes.
        sourceless_weight: of what is shown no source; its error is of another size.
        where, shows: weights of the log-odds that a place changes, and of those of what it shows.
        judged, judged_steps: held-out edits of a validation, and the steps of each.
    """

    batch: int = 32
    absent: float = 0.2
    masked: float = 0.35
    sourceless: float = 0.08
    noisier: int = 2
    changed: float = 8.0
    sourceless_weight: float = 0.05
    where: float = 1.0
    shows: float = 0.1
    learning_rate: float = 1.5e-3
    last_rate: float = 0.03
    decay_from: float = 0.5
    warm_up_steps: int = 150
    weight_decay: float = 1e-3
    clip: float = 1.0
    average: float = 0.998
    judged: int = 64
    judged_steps: int = 10


class Edits(NamedTuple):
    """Edits as tensors: latents ``[N, C, h, w]``, places that change and masks ``[N, 1, h, w]``, words ``[N, T]``, what
    places show ``[N, kinds, h, w]``."""

    source: Tensor
    target: Tensor
    changed: Tensor
    where: Tensor
    ids: Tensor
    shows: Tensor


class Mini:
    """A `harness.training.recipe.Recipe`; needs what `render_instructions` wrote, and a first stage."""

    method = "instinpaint"
    name = "mini"
    autocast = False

    def __init__(self, data: Path, seed: int, first: Path = SHIPPED, course: Course | None = None) -> None:
        self.course = course or Course()
        self.average = self.course.average
        self.seed = seed
        self.config = mini()
        self.pairs = open_pairs(data)
        self.digest = first_stage_sha256(first)
        self.first = load_first_stage(first)
        self.latents = cached_latents(self.pairs.packed, self.first.encode, self.digest, data)
        self.diffusion = Diffusion(betas())
        self.encode = list_encoder(self.config.words, self.config.text.longest)
        self._seen: dict[tuple[int, int], np.ndarray[Any, Any]] = {}

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: InstInpaint(self.config)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        c = self.course
        return {
            MODEL: AdamW(networks[MODEL].parameters(), c.learning_rate, betas=(0.9, 0.99), weight_decay=c.weight_decay)
        }

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        c, rng = self.course, step_rng(self.seed, step)
        train = self.pairs.part(None, -HELD_OUT)
        asked = [train.draw(rng, c.absent) for _ in range(c.batch)]
        told = rng.random(c.batch) < c.masked
        edits = self._edits(asked, told, rng)
        noise = rng.standard_normal(edits.source.shape, dtype=np.float32)
        return edits._asdict() | {
            "noise": torch.from_numpy(noise),
            "t": torch.from_numpy(rng.integers(STEPS, size=(c.noisier, c.batch)).max(0)),
            "shown": torch.from_numpy((rng.random(c.batch) >= c.sourceless).astype(np.float32)),
        }

    def _edits(self, asked: list[Asked], told: np.ndarray[Any, Any], rng: np.random.Generator) -> Edits:
        cells = self.latents.shape[-1]
        changed = np.stack([self._changed(each, cells) for each in asked])[:, None]
        where = np.stack(
            [
                coarse_mask(self.pairs.silhouette(each), cells, rng) if mask else np.zeros((cells, cells), np.float32)
                for each, mask in zip(asked, told, strict=True)
            ]
        )[:, None]
        coded = [
            torch.from_numpy(np.stack([self.latents[int(e.mirrored), n] for e, n in zip(asked, some, strict=True)]))
            for some in ([e.source for e in asked], [e.target for e in asked])
        ]
        return Edits(
            coded[0].float(),
            coded[1].float(),
            torch.from_numpy(changed),
            torch.from_numpy(where),
            torch.tensor([self.encode(each.prompt) for each in asked]),
            torch.from_numpy(np.stack([self.pairs.shown(each, cells) for each in asked])),
        )

    def _changed(self, asked: Asked, cells: int) -> np.ndarray[Any, Any]:
        """Which squares the edit changes, 0 or 1; found once for each pair."""
        pair = (asked.source, asked.target)
        if pair not in self._seen:
            apart = self.pairs.changed(asked._replace(mirrored=False), cells)
            self._seen[pair] = (apart > MOVED).astype(np.float32)
        found = self._seen[pair]
        return found[:, ::-1] if asked.mirrored else found

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        c, network = self.course, parts.networks[MODEL]
        target, changed, shown = batch["target"], batch["changed"], batch["shown"][:, None, None, None]
        noisy = self.diffusion.noisy(target, batch["t"], batch["noise"])
        source = batch["source"] * shown
        meaning = parts.accelerator.unwrap_model(network).read(batch["ids"])
        prediction: Prediction = network(noisy, source, batch["t"], meaning, batch["where"])
        assert prediction.where is not None
        assert prediction.shows is not None
        error = (source + prediction.told - target).square()
        weight = shown * (1 + c.changed * changed) + (1 - shown) * c.sourceless_weight
        odds = functional.binary_cross_entropy_with_logits(prediction.where, changed, reduction="none")
        # what is not shown cannot be told
        visible = torch.where(shown > 0, batch["shows"], -1)
        losses = {
            "start": (weight * error).mean(),
            "where": c.where * (shown * odds).mean(),
            "shows": c.shows * attribute_loss(prediction.shows, visible, self.config.attributes),
        }
        parts.descend(torch.stack(list(losses.values())).sum(), MODEL, c.clip)
        return {name: value.detach() for name, value in losses.items()}

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """Of held-out scenes: noise error, and what a few steps make of plain and absent instructions.

        `removed`: share of edits that are nearer to the target than to the source where the two differ; `elsewhere`:
        mean squared change outside of that, against that of the removal itself; `obeyed`: share of absent instructions
        by which some place was changed as much as a removal does.
        """
        assert isinstance(model, InstInpaint)
        c, held = self.course, self.pairs.part(-HELD_OUT, None)
        rng = step_rng(VALIDATION_SEED, 0)
        scores: dict[str, float] = {}
        rows: list[Tensor] = []
        for kind, masked in (("", False), ("mask_", True)):
            asked = [held.draw(rng, 0.0) for _ in range(c.judged)]
            edits = Edits(*(x.to(device) for x in self._edits(asked, np.full(c.judged, masked), rng)))
            made = self._edited(model, edits, rng, told=masked)
            scores |= {f"{kind}{name}": value for name, value in _removal(edits, made).items()}
            if not masked:
                scores["noise"] = self._noise_error(model, edits, rng)
                rows = [edits.source[:6], made[:6], edits.target[:6]]
        asked = [held.draw(rng, 1.0) for _ in range(c.judged)]
        edits = Edits(*(x.to(device) for x in self._edits(asked, np.zeros(c.judged, bool), rng)))
        apart = (self._edited(model, edits, rng, told=False) - edits.source).square().mean(1).flatten(1).amax(1)
        scores["obeyed"] = float((apart > OBEYED).float().mean())
        first = self.first.to(device)
        return Validation(scores, torch.stack([first.decode(row) / 2 + 0.5 for row in rows]).clamp(0, 1))

    def _edited(self, model: InstInpaint, edits: Edits, rng: np.random.Generator, *, told: bool) -> Tensor:
        noise = torch.from_numpy(rng.standard_normal(edits.source.shape, dtype=np.float32)).to(edits.source)
        given = Told(edits.source, model.read(edits.ids), edits.where if told else None)
        return sampled(model, sampler(self.course.judged_steps), noise, given).latent

    def _noise_error(self, model: InstInpaint, edits: Edits, rng: np.random.Generator) -> float:
        """Mean squared error of the noise that the prediction implies, at evenly spaced steps."""
        count = len(edits.source)
        t = torch.linspace(20, STEPS - 20, count).long().to(edits.source.device)
        noise = torch.from_numpy(rng.standard_normal(edits.source.shape, dtype=np.float32)).to(edits.source)
        noisy = self.diffusion.noisy(edits.target, t, noise)
        prediction = model(noisy, edits.source, t, model.read(edits.ids))
        start = start_of(model, self.diffusion, prediction, noisy, t, edits.source)
        return float((self.diffusion.noise_from_start(noisy, t, start) - noise).square().mean())

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self.config),
            "settings": asdict(self.course),
            "seed": self.seed,
            FIRST_STAGE: self.digest,
            "data": [self.pairs.packed.describe()],
        }


OBEYED = 0.5
"""ours: mean squared change of a latent's channels that counts as one; a removal's is about 1."""


def _removal(edits: Edits, made: Tensor) -> dict[str, float]:
    inside, outside = edits.changed, 1 - edits.changed
    to_target, to_source = ((made - x).square() for x in (edits.target, edits.source))
    removed = (inside * to_target).sum((1, 2, 3)) < (inside * to_source).sum((1, 2, 3))
    whole = (edits.target - edits.source).square()
    elsewhere = (outside * to_source).sum() / (inside * whole).sum()
    return {"removed": float(removed.float().mean()), "elsewhere": float(elsewhere)}


def mini_recipe(data: Path, seed: int, *, first_stage: str = "") -> Mini:
    """The recipe of the small editor. ``first_stage``: a file of that recipe; "": the one that ships."""
    return Mini(data, seed, Path(first_stage) if first_stage else SHIPPED)

"""What people answered, and what is made of it: frozen dataclasses, without numpy or pandas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.stats.model import Interval

__all__ = [
    "Answer",
    "Ceiling",
    "Choice",
    "MetricAgreement",
    "PairPreference",
    "Preferences",
    "RaterQuality",
    "Strength",
    "StudyResults",
]

Choice = Literal["left", "right", "same"]
MIRRORED: dict[Choice, Choice] = {"left": "right", "right": "left", "same": "same"}


@dataclass(frozen=True)
class Answer:
    """One rater's answer to one pair of pictures.

    Attributes:
        rater: a pseudonym. `trial`: its id in the study.
        sample, cluster: what was shown, and what its picture hangs together with (photograph, scene, identity).
        left, right: entries, in a catch trial whatever names the two pictures.
        repeats: the trial whose pair this one shows again, "" for none.
        better: in a catch trial the side that attentive people choose, "" in every other.
        seconds: from the pictures' appearance to the answer.
    """

    rater: str
    trial: str
    sample: str
    cluster: str
    left: str
    right: str
    choice: Choice
    repeats: str = ""
    better: Literal["left", "right", ""] = ""
    seconds: float = float("nan")

    @property
    def counts(self) -> bool:
        """Whether strengths rest on it: neither a catch trial nor a repeat."""
        return not self.better and not self.repeats

    @property
    def preferred(self) -> str:
        """The entry that was preferred, "" for neither."""
        return {"left": self.left, "right": self.right, "same": ""}[self.choice]

    def mirrored(self) -> Answer:
        """The same answer had the sides been the other way round."""
        better: Literal["left", "right", ""] = "" if not self.better else "right" if self.better == "left" else "left"
        return Answer(
            self.rater, self.trial, self.sample, self.cluster, self.right, self.left, MIRRORED[self.choice],
            self.repeats, better, self.seconds,
        )  # fmt: skip


@dataclass(frozen=True)
class Strength:
    """One entry of a study.

    Attributes:
        strength: log-strength θ, of mean 0 over the entries.
        preferred: chance to be preferred to another entry of the study, a tie counted half, mean over the others.
        rank, rank_lo, rank_hi, group: as of `ranks.places`.
        wins, losses, ties: answers, each of one pair.
        unbounded: it (nearly) never lost or won, so that only the prior keeps its strength finite.
    """

    entry: str
    strength: Interval
    preferred: Interval
    rank: int
    rank_lo: int
    rank_hi: int
    group: str
    wins: int
    losses: int
    ties: int
    unbounded: bool


@dataclass(frozen=True)
class PairPreference:
    """Two entries: answers for each and for neither, the model's chance that `a` is preferred (a tie counted half) with
    its interval, and p of "equally strong", raw and after Holm; NaN where too few clusters tell an interval."""

    a: str
    b: str
    for_a: int
    for_b: int
    same: int
    chance: Interval
    p: float
    p_holm: float


@dataclass(frozen=True)
class Preferences:
    """What a study's answers say.

    Attributes:
        strengths: best first. `pairs`: every pair, in the order of `strengths`.
        nu: how readily people answer "same" to two equally strong entries: P(tie) = ν / (2 + ν).
        answers, raters, pictures: what all of it rests on.
        by_rater: whether intervals are of other raters too, or of these only.
    """

    strengths: tuple[Strength, ...]
    pairs: tuple[PairPreference, ...]
    nu: float
    answers: int
    raters: int
    pictures: int
    by_rater: bool


@dataclass(frozen=True)
class RaterQuality:
    """How far a rater can be relied on; counts of answers.

    Attributes:
        answers: all of them. `catches`, `passed`: catch trials answered, and answered as attentive people do.
        repeats, consistent: pairs shown again with the sides swapped, and answered alike.
        lefts, rights, sames: by side, without catch trials.
        seconds: median a trial.
        excluded: why the rater's answers do not count, "" where they do.
    """

    rater: str
    answers: int
    catches: int
    passed: int
    repeats: int
    consistent: int
    lefts: int
    rights: int
    sames: int
    seconds: float
    excluded: str


@dataclass(frozen=True)
class Ceiling:
    """How well people agree with themselves and with each other, as a metric's agreement is counted: the share of pairs
    decided both times in which the same entry was preferred. `alpha`: Krippendorff's, of all three answers; NaN where
    nobody judged what another did."""

    own: Interval
    others: Interval
    alpha: float


@dataclass(frozen=True)
class MetricAgreement:
    """How often a metric orders a pair as a rater did.

    Attributes:
        share: of decided answers; a metric that cannot tell the two apart counts half.
        ties: answers counted half. `undefined`: answers left out, for the metric has no value for one of the two.
    """

    column: str
    share: Interval
    ties: int
    undefined: int


@dataclass(frozen=True)
class StudyResults:
    """All that a study's answers say.

    Attributes:
        preferences: None where strengths cannot be told, and `reason` says why.
        raters: everybody who answered, those who do not count among them.
        metrics: best agreement first.
    """

    preferences: Preferences | None
    reason: str
    raters: tuple[RaterQuality, ...]
    ceiling: Ceiling
    metrics: tuple[MetricAgreement, ...]

    @property
    def excluded(self) -> int:
        """Raters whose answers do not count."""
        return sum(bool(rater.excluded) for rater in self.raters)

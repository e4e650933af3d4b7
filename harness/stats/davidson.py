"""Strengths from paired comparisons with ties: the model of Davidson (1970), fitted by Newton's method.

R. R. Davidson, On extending the Bradley–Terry model to accommodate ties in paired comparison experiments, JASA 65
(1970) 317–328. With strengths π and θ = log π:

    P(i over j) = π_i / (π_i + π_j + ν √(π_i π_j)),   P(tie) = ν √(π_i π_j) / (π_i + π_j + ν √(π_i π_j))

so the three outcomes have logits θ_i, θ_j and log ν + (θ_i + θ_j) / 2: linear in (θ, log ν), hence the log-likelihood
is concave and Newton's method with halved steps finds its one maximum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.stats.clusters import Floats, Ints

__all__ = ["PRIOR_SD", "all_pairs", "fit", "groups_apart", "model_errors", "probabilities", "unbounded"]

PRIOR_SD = 3.0
"""ours: every log-strength and log ν is held by a normal prior of mean 0 and this standard deviation. An entry that
never lost has no finite estimate without one (Ford 1957); odds of e³ ≈ 20 : 1 against the mean are one deviation, so
that a few dozen answers outweigh it."""

STEPS = 60
HALVINGS = 30
TOLERANCE = 1e-10
NUDGE = 1e-4


def all_pairs(entries: int) -> Ints:
    """Every pair (i, j) of E entries with i < j, [P, 2]."""
    return np.stack(np.triu_indices(entries, 1), axis=1).astype(np.int64)


def fit(counts: Floats, entries: int, *, prior_sd: float = PRIOR_SD) -> tuple[Floats, Floats]:
    """Most probable log-strengths and log ν of R data sets at once.

    Args:
        counts: [R, P, 3], of every pair (i, j) of `all_pairs(entries)` how often i was preferred, j was, and neither;
            weights of resamples may be any numbers ≥ 0.
        prior_sd: of the normal prior, see `PRIOR_SD`.

    Returns:
        θ [R, E], whose mean is 0 (the prior's maximum), and log ν [R].
    """
    design = _design(entries)
    parameters = np.zeros((len(counts), entries + 1))
    value = _objective(parameters, counts, design, prior_sd)
    for _ in range(STEPS):
        step = _newton_step(parameters, counts, design, prior_sd)
        size = np.ones(len(counts))
        for _ in range(HALVINGS):
            tried = parameters + size[:, None] * step
            reached = _objective(tried, counts, design, prior_sd)
            worse = reached < value - TOLERANCE * (1.0 + np.abs(value))
            if not worse.any():
                break
            size = np.where(worse, size / 2, size)
        parameters, value = tried, reached
        if np.abs(step).max() < TOLERANCE**0.5:
            break
    strengths = parameters[:, :-1]
    return strengths - strengths.mean(axis=1, keepdims=True), parameters[:, -1]


def probabilities(strengths: Floats, log_nu: Floats) -> Floats:
    """P(i preferred), P(j preferred), P(tie) of every pair, [R, P, 3], of θ [R, E] and log ν [R]."""
    parameters = np.concatenate([strengths, log_nu[:, None]], axis=1)
    return _softmax(_logits(parameters, _design(strengths.shape[1])))


def model_errors(
    statistic: Callable[[Floats, Floats], Floats], strengths: Floats, log_nu: Floats, counts: Floats
) -> Floats:
    """Standard errors [S] that a statistic has by the model alone: the delta method over the inverse curvature.

    Resamples of answers that all agree do not differ, and their spread would be 0: no error can be smaller than this.

    Args:
        statistic: of θ [R, E] and log ν [R] to [R, S].
        strengths, log_nu: θ [1, E] and log ν [1], as `fit` gives them.
        counts: [1, P, 3], as `fit` takes them.
    """
    at = np.concatenate([strengths, log_nu[:, None]], axis=1)
    covariance = np.linalg.inv(_curvature(at, counts, _design(strengths.shape[1]), PRIOR_SD)[0])
    steps = NUDGE * np.eye(at.shape[1])
    above, below = (statistic((at + s)[:, :-1], (at + s)[:, -1]) for s in (steps, -steps))
    slopes = (above - below) / (2 * NUDGE)
    errors: Floats = np.sqrt(np.einsum("is,ij,js->s", slopes, covariance, slopes))
    return errors


def groups_apart(compared: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of entries that no chain of comparisons joins, of a symmetric [E, E]; one group where all are joined."""
    return _components(compared | compared.T, directed=False)


def unbounded(beats: NDArray[np.bool_]) -> list[int]:
    """Entries whose strength only the prior holds, of [E, E]: whether the row was preferred to the column, or tied.

    Ford's condition: the maximum is finite exactly when from every entry a chain of "was preferred to or tied with"
    leads to every other. Named are the entries outside the largest set within which that holds (ours: of equally
    large ones, all entries).
    """
    found = sorted(_components(beats, directed=True), key=len, reverse=True)
    if len(found) == 1:
        return []
    alone = len(found[0]) > len(found[1])
    return sorted(entry for group in (found[1:] if alone else found) for entry in group)


def _components(relation: NDArray[np.bool_], *, directed: bool) -> list[list[int]]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(csr_array(relation), directed=directed, connection="strong")
    return [np.nonzero(labels == group)[0].tolist() for group in range(count)]


def _design(entries: int) -> Floats:
    """Logits are linear in (θ, log ν): coefficients [P, 3, E + 1]."""
    pairs = all_pairs(entries)
    rows = np.arange(len(pairs))
    design = np.zeros((len(pairs), 3, entries + 1))
    for side in (0, 1):
        design[rows, side, pairs[:, side]] = 1.0
        design[rows, 2, pairs[:, side]] = 0.5
    design[:, 2, entries] = 1.0
    return design


def _logits(parameters: Floats, design: Floats) -> Floats:
    flat = parameters @ design.reshape(-1, design.shape[-1]).T
    return flat.reshape(len(parameters), *design.shape[:2])


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    normalised: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return normalised


def _objective(parameters: Floats, counts: Floats, design: Floats, prior_sd: float) -> Floats:
    """Log-likelihood and log-prior [R], up to a constant."""
    logits = _logits(parameters, design)
    top = logits.max(axis=-1, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
    total: Floats = (counts * logs).sum(axis=(1, 2)) - (parameters**2).sum(axis=1) / (2 * prior_sd**2)
    return total


def _newton_step(parameters: Floats, counts: Floats, design: Floats, prior_sd: float) -> Floats:
    chances = _softmax(_logits(parameters, design))
    surplus = counts - counts.sum(axis=-1, keepdims=True) * chances
    gradient = surplus.reshape(len(counts), -1) @ design.reshape(-1, design.shape[-1]) - parameters / prior_sd**2
    curvature = _curvature(parameters, counts, design, prior_sd)
    step: Floats = np.linalg.solve(curvature, gradient[..., None])[..., 0]
    return step


def _curvature(parameters: Floats, counts: Floats, design: Floats, prior_sd: float) -> Floats:
    """Minus the second derivative of `_objective`, [R, E + 1, E + 1]."""
    width = design.shape[-1]
    flat = design.reshape(-1, width)
    chances = _softmax(_logits(parameters, design))
    trials = counts.sum(axis=-1)
    squares = (flat[:, :, None] * flat[:, None, :]).reshape(len(flat), -1)
    second = ((trials[..., None] * chances).reshape(len(counts), -1) @ squares).reshape(-1, width, width)
    means = np.einsum("rpo,poi->rpi", chances, design) * np.sqrt(trials)[..., None]
    curvature: Floats = second - means.transpose(0, 2, 1) @ means + np.eye(width) / prior_sd**2
    return curvature

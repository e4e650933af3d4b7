"""What is asked of metrics. A set metric is asked on made-up features (its embedder has checks of its own), a table
metric about a made-up assessor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.testing.conformance.model import Fault, NotHere, check, one_line

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.metric import MetricSubject

__all__ = ["bounds", "determinism", "direction", "ideal", "metric_batch", "metric_input_kept", "regions", "values"]

TOLERANCE = 1e-4
SLACK = 1e-5


@check("metric", stage="ready")
def values(subject: MetricSubject) -> str:
    """Real photographs with noise get one finite value a sample, under the metric's own name; features, and an
    assessor's scores, a value and an interval around it.
    """
    found = subject.base
    if subject.per_sample:
        return ", ".join(f"{float(value.mean()):.4g}" for value in found.values())
    for value, low, high in (row.tolist() for row in found.values()):
        if not low <= value <= high:
            raise Fault(f"the interval [{low:.4g}, {high:.4g}] does not hold the value {value:.4g}")
    return ", ".join(f"{float(row[0]):.4g}" for row in found.values())


def _means(subject: MetricSubject) -> list[float]:
    return [float(value.mean() if subject.per_sample else value[0]) for value in subject.base.values()]


@check("metric")
def direction(subject: MetricSubject) -> str:
    """More noise on real photographs (features moved further, noisier scores) is worse in the direction that the spec
    declares.
    """
    import numpy as np

    from harness.testing.conformance.pictures import spearman

    if subject.spec.higher_is_better is None:
        raise NotHere("it declares no better direction")
    means = _means(subject)
    sign = -1 if subject.spec.higher_is_better else 1
    found = spearman(np.arange(len(means), dtype=float), sign * np.array(means))
    if not found > 0:
        word = "higher" if subject.spec.higher_is_better else "lower"
        told = ", ".join(f"{mean:.4g}" for mean in means)
        raise Fault(f"declared: {word} is better; with more damage it goes {told}: turn higher_is_better")
    return f"Spearman with damage {found:+.2f}"


@check("metric")
def bounds(subject: MetricSubject) -> str:
    """Its values lie within the bounds that the spec declares."""
    low, high = subject.spec.bounds
    every = [float(v) for value in subject.base.values() for v in (value if subject.per_sample else value[:1])]
    if low is not None and min(every) < low - SLACK:
        raise Fault(f"{min(every):.4g} is below the declared bound {low}")
    if high is not None and max(every) > high + SLACK:
        raise Fault(f"{max(every):.4g} is above the declared bound {high}")
    return f"[{low if low is not None else '-∞'}, {high if high is not None else '∞'}]"


@check("metric")
def ideal(subject: MetricSubject) -> str:
    """Output equal to truth gives the best value: the declared bound, 1 for a ratio, else none of the ladder's beats
    it.
    """
    spec = subject.spec
    if not subject.per_sample or "truth" not in spec.uses:
        raise NotHere("it compares no output with its own truth")
    found = subject.values(subject.batch(subject.truths, subject.truths))
    if spec.higher_is_better is None:
        wanted = 1.0 if spec.mean == "geometric" else None
    else:
        wanted = spec.bounds[1 if spec.higher_is_better else 0]
    if wanted is None:
        sign = 1 if spec.higher_is_better else -1
        beaten = max(sign * mean for mean in _means(subject)) > sign * float(found.mean())
        if spec.higher_is_better is not None and beaten:
            raise Fault(f"equal pictures get {float(found.mean()):.4g}, and a damaged one a better value")
        return f"{float(found.mean()):.4g}"
    if float((found - wanted).abs().max()) > TOLERANCE * max(1.0, abs(wanted)):
        raise Fault(f"equal pictures get {float(found.mean()):.6g}, the declared best value is {wanted:g}")
    return f"{wanted:g}"


@check("metric")
def metric_batch(subject: MetricSubject) -> str:
    """A batch gives what its samples give alone, in whatever order, within 1e-5 of the value."""
    import torch

    from harness.testing.conformance.tensors import noisy

    if not subject.per_sample:
        raise NotHere("it is given no batch")
    images = noisy(subject.truths, 12.0)
    whole = subject.base[12.0]
    alone = torch.cat(
        [subject.values(subject.batch(images[i : i + 1], subject.truths[i : i + 1], masks=_masks(i))) for i in range(3)]
    )
    order = [2, 0, 1]
    turned = subject.values(
        subject.batch(images[order], subject.truths[order], masks=torch.cat([_masks(i) for i in order]))
    )
    worst = max(
        float(((a - b).abs() / b.abs().clamp(min=1)).max()) for a, b in ((alone, whole), (turned, whole[order]))
    )
    if worst > SLACK:
        raise Fault(
            f"a sample's value changes by {worst:.2g} with its batch (at most {SLACK}): reduce over axes 1 to 3 only"
        )
    return f"within {worst:.1e}"


def _masks(number: int) -> Any:
    from harness.testing.conformance.subjects.metric import SIZE
    from harness.testing.conformance.tensors import holes

    return holes(3, SIZE)[number : number + 1]


@check("metric")
def regions(subject: MetricSubject) -> str:
    """Every declared region has finite values where it holds pixels and NaN where it is empty."""
    import torch

    from harness.testing.conformance.tensors import noisy

    named = [region for region in subject.spec.regions if region]
    if not subject.per_sample or not named:
        raise NotHere("it declares no region")
    images, truths = noisy(subject.truths, 12.0), subject.truths
    for region in named:
        metric = subject.build(region=region)
        found = subject.values(subject.batch(images, truths, region), metric)
        if not bool(torch.isfinite(found).all()):
            raise Fault(f"@{region} is not finite where the region holds pixels")
        masks = torch.full((len(images), 1, *images.shape[-2:]), 1.0 if region == "known" else 0.0)
        try:
            found = subject.values(subject.batch(images, truths, region, masks), metric)
        except Exception as error:
            raise Fault(f"@{region} of an empty region raised {one_line(error)}: give NaN") from error
        if not bool(found.isnan().all()):
            raise Fault(f"@{region} of an empty region gives {float(found[0]):.4g}: an undefined value is NaN")
    return ", ".join(named)


@check("metric")
def metric_input_kept(subject: MetricSubject) -> str:
    """Neither the pictures (the features, the scores) nor the mask are changed."""
    import copy
    import pickle

    import torch

    from harness.testing.conformance.tensors import noisy

    if not subject.per_sample:
        given = subject.given(1.0)
        told = pickle.dumps(copy.deepcopy(given))
        subject.built.reduce(*given)
        if pickle.dumps(copy.deepcopy(given)) != told:
            raise Fault("reduce changes what it is given: work on a copy")
        return ""
    batch = subject.batch(noisy(subject.truths, 12.0), subject.truths)
    before = {name: value.clone() for name, value in vars(batch).items() if isinstance(value, torch.Tensor)}
    subject.values(batch)
    changed = [name for name, value in before.items() if not torch.equal(getattr(batch, name), value)]
    if changed:
        raise Fault(f"changes batch.{changed[0]}: every metric after it judges that; work on a copy")
    return ""


@check("metric")
def determinism(subject: MetricSubject) -> str:
    """Twice the same gives the same value, whatever the global generators hold."""
    from harness.testing.conformance.answers import seed_everything
    from harness.testing.conformance.subjects.metric import SHIFTS
    from harness.testing.conformance.tensors import noisy

    if subject.per_sample:
        batch = subject.batch(noisy(subject.truths, 12.0), subject.truths)
        first, second = subject.base[12.0], subject.values(batch, seed=12345)
    else:
        seed_everything(12345)
        first, second = subject.base[SHIFTS[0]], subject.reduced(SHIFTS[0])
    change = float((first - second).abs().max())
    if not change <= SLACK:
        raise Fault(f"a second call with other global seeds differs by {change:.2g}: use a generator of its own")
    return ""

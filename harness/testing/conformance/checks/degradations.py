"""What is asked of degradations."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harness.testing.conformance.model import Fault, NotHere, check, one_line
from harness.testing.conformance.process import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from torch import Tensor

    from harness.interfaces import Degraded, Operator
    from harness.plugins import PluginReport
    from harness.testing.conformance.subjects.degradation import DegradationSubject

__all__ = ["again", "differentiable", "digest", "explains", "generators", "observations", "pseudo_inverse"]

ROUNDING = 0.51 / 255
MOST_SIGMAS = 6.5
"""ours: of 60,000 normal numbers none is so far out but one time in 200,000."""
STEP = 1e-3
SLOPE = 0.02
"""ours: how far a slope by differences in float32 may be from the gradient's, of the larger one."""
_CODE = """
from harness.plugins import registry
from harness.testing.conformance.checks.degradations import digest
from harness.testing.conformance.subjects import subject_of
from harness.testing.conformance.targets import find_targets
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = digest(subject_of(find_targets("degradation:" + name, registry())[0]).degraded())
    except Exception:
        found[name] = ""  # what it raises is another check's business
answer(found)
"""


@lru_cache(maxsize=8)
def _elsewhere(names: tuple[str, ...], plugin: PluginReport) -> Mapping[str, str]:
    """Digests by reference as one other process gives them: a plugin's are asked together, for starting costs most."""
    found: Mapping[str, str] = ask(_CODE, *names, plugin=plugin)
    return found


def digest(made: Iterable[Degraded]) -> str:
    """sha256 of observations: shapes and pixels, of exposures too."""
    hasher = hashlib.sha256()
    for one in made:
        for array in (one.picture, one.exposures):
            hasher.update(b"none" if array is None else f"{array.shape}".encode() + array.tobytes())
    return hasher.hexdigest()


def _told(subject: DegradationSubject) -> Iterator[tuple[Operator, Tensor, Tensor]]:
    """(operator, clean picture [1,3,H,W], observation [1,3,h,w]) of every sample. Raises `NotHere` if none is told."""
    import torch

    for one, made in zip(subject.samples, subject.base, strict=True):
        if made.operator is None:
            raise NotHere("it tells no operator")
        clean, seen = (
            torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255 for levels in (one.image, made.picture)
        )
        yield made.operator, clean, seen


@check("degradation", stage="ready")
def observations(subject: DegradationSubject) -> str:
    """Photographs of three shapes give uint8 h×w×3 observations, exposures (if any) of the photograph's size, and an
    operator (if any) whose `sigma` is a number from 0 on.
    """
    sizes = [f"{made.picture.shape[1]}×{made.picture.shape[0]}" for made in subject.base]
    told = "no operator" if subject.base[0].operator is None else f"σ {subject.base[0].operator.sigma:g}"
    return f"{', '.join(sizes)}; {told}"


@check("degradation")
def again(subject: DegradationSubject) -> str:
    """Equal seeds give equal observations, in a new object and in another process too."""
    first = digest(subject.base)
    if digest(subject.degraded(subject.build())) != first:
        raise Fault("degraded again, pictures differ: draw everything from generators seeded by `seed`")
    target = subject.target
    owned = {name for (kind, name), who in target.registry.owners.items()
             if (kind, who) == ("degradations", target.plugin.name)}  # fmt: skip
    if _elsewhere(tuple(sorted({*owned, target.name})), target.plugin)[target.name] != first:
        raise Fault("another process gives other pictures: never seed by hash(), which every process salts anew")
    other = digest(subject.degraded(seed=12345)) != first
    return "another seed, another observation" if other else "nothing is drawn"


@check("degradation")
def generators(subject: DegradationSubject) -> str:
    """Observations do not depend on the global generators of numpy, random and torch."""
    from harness.testing.conformance.answers import seed_everything

    seed_everything(1)
    first = digest(subject.degraded())
    seed_everything(2)
    if digest(subject.degraded()) != first:
        raise Fault("other global seeds give other pictures: draw from generators seeded by `seed`")
    return ""


@check("degradation")
def explains(subject: DegradationSubject) -> str:
    """The operator of the clean picture, clipped to [0, 1], is the observation, up to noise of its `sigma` and 8
    bits.
    """
    rms = 0.0
    for operator, clean, seen in _told(subject):
        made = operator(clean)
        if made.shape != seen.shape:
            raise Fault(f"the operator gives {tuple(made.shape)}, the observation is {tuple(seen.shape)}")
        apart = (made.clamp(0, 1) - seen).abs()
        if (worst := float(apart.max())) > MOST_SIGMAS * operator.sigma + ROUNDING:
            raise Fault(
                f"operator(clean) is up to {worst:.3g} from the observation, σ is {operator.sigma:g}: tell the true "
                "operator and the standard deviation of the noise in [0, 1] units"
            )
        rms = max(rms, float(apart.square().mean().sqrt()))
        if rms > 1.1 * operator.sigma + ROUNDING:
            raise Fault(f"operator(clean) is {rms:.3g} (RMS) from the observation, σ is {operator.sigma:g}")
    return f"RMS {rms:.4f}"


@check("degradation")
def differentiable(subject: DegradationSubject) -> str:
    """The operator's gradient is the slope that differences show, and its input is left as it was."""
    import torch

    worst = 0.0
    for operator, clean, _ in _told(subject):
        image = clean.clone().requires_grad_(True)
        generator = torch.Generator().manual_seed(3)
        try:
            made = operator(image)
            weights = torch.randn(made.shape, generator=generator)
            (gradient,) = torch.autograd.grad((made * weights).sum(), image)
        except RuntimeError as error:
            why = one_line(error)[:100]
            raise Fault(f"no gradient flows through the operator ({why}): compute in torch") from error
        if not torch.equal(image.detach(), clean):
            raise Fault("the operator changes its input: work on a copy")
        way = torch.randn(clean.shape, generator=generator)
        ahead, behind = (operator(clean + sign * STEP * way) for sign in (1, -1))
        slope, said = float(((ahead - behind) * weights).sum() / (2 * STEP)), float((gradient * way).sum())
        size = max(abs(slope), abs(said), float(gradient.norm()))
        worst = max(worst, abs(slope - said) / size if size else 0.0)
        if worst > SLOPE:
            raise Fault(f"the gradient says {said:.4g} where differences show {slope:.4g}")
    return f"within {worst:.1e}"


@check("degradation")
def pseudo_inverse(subject: DegradationSubject) -> str:
    """`pseudo_inverse` of the observation is finite and of the clean picture's size; how far it explains it is told."""
    worst = 0.0
    for operator, clean, seen in _told(subject):
        back: Any = operator.pseudo_inverse(seen.clone())
        if back.shape != clean.shape:
            raise Fault(f"pseudo_inverse gives {tuple(back.shape)}, the clean picture is {tuple(clean.shape)}")
        if not bool(back.isfinite().all()):
            raise Fault("pseudo_inverse holds NaN or infinity: leave out what the operator all but loses")
        worst = max(worst, float((operator(back) - seen).square().mean().sqrt()))
    return f"degraded again it is {worst:.4f} (RMS) from the observation"

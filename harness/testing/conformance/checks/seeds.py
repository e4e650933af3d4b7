"""Where does a method's chance come from?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.testing.conformance.model import Fault, check

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import MethodSubject

__all__ = ["global_generators", "seeds"]

SAME = 1e-6
OTHER = (21, 22)


@check("method")
def seeds(subject: MethodSubject) -> str:
    """Equal seeds give equal answers; another seed gives another one exactly where the method says `stochastic`."""
    from harness.testing.conformance.answers import difference

    largest = 0.0
    for call in subject.calls:
        first = subject.base[call]
        if (change := difference(first, subject.ask(call, subject.batch(call)))) > SAME:
            raise Fault(
                f"the same batch twice differs by {change:.2g}: take all chance from batch.noise or batch.seeds"
            )
        largest = max(largest, difference(first, subject.ask(call, subject.batch(call, seeds=OTHER))))
    if subject.spec.stochastic and largest <= SAME:
        raise Fault("says stochastic, and another seed changes nothing: use batch.noise, or say stochastic=False")
    if not subject.spec.stochastic and largest > SAME:
        raise Fault(f"another seed changes the answer by {largest:.2g}: say stochastic=True in the spec")
    return "stochastic" if subject.spec.stochastic else ""


@check("method")
def global_generators(subject: MethodSubject) -> str:
    """Answers do not depend on the global generators of torch, numpy and random; that torch's moved is reported."""
    import torch

    from harness.testing.conformance.answers import difference

    note = ""
    for call in subject.calls:
        change = difference(subject.base[call], subject.ask(call, subject.batch(call), seed=12345))
        if change > SAME:
            raise Fault(
                f"other global seeds (torch, numpy, random) change the answer by {change:.2g}: draw from batch.noise "
                "or from generators of your own, seeded by batch.seeds"
            )
        state = torch.Generator().manual_seed(12345).get_state()
        if not torch.equal(torch.random.get_rng_state(), state):
            note = "moves torch's global generator"
    return note

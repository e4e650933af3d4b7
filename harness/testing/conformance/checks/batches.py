"""Is a sample's answer its own, whoever stands beside it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.testing.conformance.model import Fault, NotHere, check

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import Call, MethodSubject

__all__ = ["batch"]

TOLERANCE = 1e-5
ORDER = [2, 0, 1]


@check("method")
def batch(subject: MethodSubject) -> str:
    """A batch of three gives what three batches of one give, within 1e-5, in whatever order."""
    from harness.interfaces import Batch
    from harness.testing.conformance.answers import Answer, difference
    from harness.testing.conformance.tensors import holes, pictures

    if not subject.spec.batchable or "operator" in subject.spec.needs:
        why = "it says batchable=False" if not subject.spec.batchable else "it needs the operator"
        raise NotHere(f"{why}: the engine gives it one picture at a time")
    images, masks, numbers, worst = pictures(3, (64, 96)), holes(3, (64, 96)), (31, 32, 33), 0.0

    def ask(call: Call, rows: list[int]) -> Answer:
        made: Batch = subject.batch(
            call, images=images[rows], masks=masks[rows], seeds=tuple(numbers[row] for row in rows)
        )
        return subject.ask(call, made)

    for call in subject.calls:
        whole = ask(call, [0, 1, 2])
        for row in range(3):
            worst = max(worst, difference(ask(call, [row]), whole.rows([row])))
        if worst > TOLERANCE:
            raise Fault(
                f"a sample's answer changes by {worst:.2g} with the batch it is in (at most {TOLERANCE}): use no "
                "statistics over the batch (network.eval()), or say batchable=False"
            )
        if (turned := difference(ask(call, ORDER), whole.rows(ORDER))) > TOLERANCE:
            raise Fault(f"a sample's answer changes by {turned:.2g} with its place in the batch (at most {TOLERANCE})")
        worst = max(worst, turned)
    return f"within {worst:.1e}"

"""Does a method leave its input alone, and refuse what it cannot use in words?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, check, one_line

if TYPE_CHECKING:
    from harness.interfaces import Batch
    from harness.testing.conformance.subjects.method import Call, MethodSubject

__all__ = ["input_kept", "refusals"]


@check("method")
def input_kept(subject: MethodSubject) -> str:
    """No tensor of the batch is changed."""
    import torch

    from harness.testing.conformance.answers import copied

    for call in subject.calls:
        batch = subject.batch(call)
        before = copied(batch)
        subject.ask(call, batch)
        for name, value in vars(before).items():
            now = getattr(batch, name)
            same = torch.equal(now, value) if isinstance(value, torch.Tensor) else now == value
            if not same:
                raise Fault(f"{call[0]} changes batch.{name}: work on a copy (batch.{name}.clone())")
    return ""


def _spoilt(subject: MethodSubject, call: Call) -> dict[str, Batch]:
    batch = subject.batch(call)
    absent: dict[str, Any] = {name: None for name in sorted(subject.spec.needs & {"image", "mask"})}
    made = {f"no {name}": replace(batch, **{name: value}) for name, value in absent.items()}
    if batch.mask is not None and batch.image is not None:
        height, width = batch.mask.shape[-2:]
        made["a mask of another size"] = replace(batch, mask=batch.mask[..., : height // 2 + 1, : width // 2 - 1])
    return made


@check("method")
def refusals(subject: MethodSubject) -> str:
    """Without a picture or a mask that its spec says it needs it raises HarnessError or RefusedSample; with a mask of
    another size too, unless it answers at the picture's size.
    """
    from harness.testing.conformance.answers import problem

    for call in subject.calls:
        for what, batch in _spoilt(subject, call).items():
            mend = "raise HarnessError with one line that says so"
            try:
                answer = subject.ask(call, batch)
            except HarnessError:
                continue
            except Exception as error:
                raise Fault(f"{what}: raised {one_line(error)}; {mend}") from error
            if line := problem(answer, batch):
                raise Fault(f"{what}: answered, and {line}; {mend}")
            if batch.image is None or batch.mask is None:
                raise Fault(f"{what}: answered all the same, though it says that it needs one; {mend}")
    return ""

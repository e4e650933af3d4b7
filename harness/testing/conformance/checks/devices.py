"""Does an accelerator give what the processor gives?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.testing.conformance.model import Fault, NotHere, check

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import MethodSubject
    from harness.testing.conformance.subjects.metric import MetricSubject

__all__ = ["cuda", "metric_cuda"]

TOLERANCE = 2 / 255
METRIC_TOLERANCE = 1e-3


def _cuda() -> str:
    import torch

    if not torch.cuda.is_available():
        raise NotHere("no CUDA device here")
    return "cuda"


@check("method")
def cuda(subject: MethodSubject) -> str:
    """On CUDA it answers there and as on the CPU, within two 8-bit levels (scores: 0.8 %)."""
    import torch

    from harness.testing.conformance.answers import difference

    device, worst = _cuda(), 0.0
    method = subject.build(device)
    for call in subject.calls:
        batch = subject.batch(call)
        tensors = {name: value for name, value in vars(batch).items() if isinstance(value, torch.Tensor)}
        moved: dict[str, Any] = {name: value.to(device) for name, value in tensors.items()}
        answer = subject.ask(call, replace(batch, **moved), method=method)
        strayed = [name for name, value in answer.values.items() if value.device.type != device]
        if strayed:
            raise Fault(f"{strayed[0]} came back on the CPU: answer on batch.image.device")
        worst = max(worst, difference(subject.base[call], answer))
    if worst > TOLERANCE:
        raise Fault(f"CUDA differs from the CPU by {worst:.2g} (at most {TOLERANCE:.2g})")
    return f"within {worst:.1e}"


@check("metric")
def metric_cuda(subject: MetricSubject) -> str:
    """On CUDA it gives what it gives on the CPU, within 0.1 %."""
    return subject.compare_devices(_cuda(), METRIC_TOLERANCE)

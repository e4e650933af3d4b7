"""Are the declared parameters those of the constructor?"""

from __future__ import annotations

import inspect
from time import perf_counter
from typing import Any

from harness.errors import MissingRequirement
from harness.testing.conformance.model import Fault, check, one_line
from harness.testing.conformance.subjects.subject import Subject

__all__ = ["parameters"]

CHEAP_SECONDS = 2.0
FOREIGN = "no_such_parameter"


def _takes_anything(cls: Any) -> bool:
    kinds = [parameter.kind for parameter in inspect.signature(cls).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


@check("method dataset mask metric degradation", stage="ready")
def parameters(subject: Subject) -> str:
    """Every declared parameter is taken by the constructor, every choice of it too (where building is cheap, and where
    what the choice needs is here), and one that is not declared is refused.
    """
    known = inspect.signature(subject.cls).parameters
    if not _takes_anything(subject.cls):
        lacking = [name for name in subject.spec.params if name not in known]
        if lacking:
            raise Fault(f"declared, and not taken by the constructor: {', '.join(lacking)}")
    else:
        try:
            subject.build(**{FOREIGN: 1})
        except Exception:
            pass  # refused, by whichever error
        else:
            raise Fault("the constructor swallows unknown parameters (**kwargs): a typing error would change nothing")
    return _choices(subject)


def _choices(subject: Subject) -> str:
    tried, absent, start = 0, 0, perf_counter()
    choices = [(name, choice) for name, param in subject.spec.params.items() for choice in param.choices]
    for name, choice in choices:
        if choice == subject.params[name]:
            continue
        if perf_counter() - start > CHEAP_SECONDS:
            return f"{len(subject.spec.params)} declared; {tried} of {len(choices)} choices tried, building is slow"
        try:
            subject.build(**{name: choice})
        except MissingRequirement:
            absent += 1
            continue
        except Exception as error:
            raise Fault(f"the choice {name}={choice} is declared and refused: {one_line(error)}") from error
        tried += 1
    return f"{len(subject.spec.params)} declared" + (f"; what {absent} choices need is not here" if absent else "")

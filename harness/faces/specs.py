"""The parameter that every assessor of faces has, and what finding a face needs. No torch here."""

from __future__ import annotations

from harness.specs import Param, Requirement

__all__ = ["ALIGN", "FINDING"]

ALIGN = Param(
    "auto",
    "find a face and align it: auto (unless the picture is 112 x 112), always, never (each is one aligned face)",
    ("auto", "always", "never"),
)
FINDING = Requirement("facenet_pytorch", "iq-harness[face]")

"""What happens without a weights file, with half of one, and with one that would run code."""

from __future__ import annotations

import os
import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from harness.errors import HarnessError, MissingRequirement
from harness.testing.conformance.model import Fault, NotHere, check, one_line

if TYPE_CHECKING:
    from harness.specs import WeightsSpec
    from harness.testing.conformance.subjects.method import MethodSubject

__all__ = ["absent_weights", "spoilt_weights"]

SUFFIXES = (".safetensors", ".pth")
READ = "read checkpoints by harness.weights.load_state"


def _files(subject: MethodSubject) -> list[WeightsSpec]:
    found = [weights for weights in subject.spec.weights if weights.kind != "random"]
    if not found:
        raise NotHere("it has no weights" if not subject.spec.weights else "it has none that come from a file")
    return found


def _refused(subject: MethodSubject, weights: WeightsSpec, path: Path, what: str) -> None:
    """Build by a file that cannot be used. Raises `Fault` unless that is a HarnessError of one line."""
    from harness.interfaces import LoadedWeights

    try:
        subject.build(weights=LoadedWeights(weights.name, weights.kind, path, ""))
    except HarnessError as refusal:
        if len(str(refusal).splitlines()) != 1:
            raise Fault(f"{what}: the error has {len(str(refusal).splitlines())} lines: say it in one") from refusal
        return
    except Exception as error:
        raise Fault(f"{what}: raised {one_line(error)}; {READ}") from error
    raise Fault(f"{what}: built all the same, so its outputs would be noise; {READ}, and let its error through")


def _told(subject: MethodSubject, weights: WeightsSpec) -> None:
    """Look for a file in an empty HARNESS_HOME. Raises `Fault` unless the line says file, place and how to get it."""
    from harness.places import weights_place
    from harness.weights import resolve_weights

    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, HARNESS_HOME=folder):
        try:
            resolve_weights(subject.spec, weights.name)
        except MissingRequirement as told:
            place = str(weights_place(subject.spec.name, weights))
            lacking = [word for word in (weights.file, place, weights.fetch) if word not in str(told)]
            if lacking or len(str(told).splitlines()) != 1:
                raise Fault(
                    f"{weights.name}: the line about an absent file does not say {lacking or 'it in one'}"
                ) from told


@check("method", stage="ready")
def absent_weights(subject: MethodSubject) -> str:
    """Weights that are not in HARNESS_HOME raise MissingRequirement that names file, place and how to get it; a path
    without a file raises HarnessError instead of going on without weights.
    """
    for weights in _files(subject):
        if weights.file:
            _told(subject, weights)
        with tempfile.TemporaryDirectory() as folder:
            suffix = Path(weights.resource or weights.file).suffix
            _refused(subject, weights, Path(folder, f"absent{suffix}"), f"{weights.name}: no file")
    return ", ".join(weights.name for weights in _files(subject))


class _Evil:
    """Unpickled, it writes a file: what a checkpoint from anywhere may do."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


@check("method", stage="ready")
def spoilt_weights(subject: MethodSubject) -> str:
    """Half a weights file, a file with another sha256 than stated, and a pickle that would run code are refused in one
    line, and no code runs.
    """
    from dataclasses import replace

    from harness.weights import locate, resolve_weights

    for weights in _files(subject):
        here = locate(subject.spec.name, weights)
        own = Path(weights.resource or weights.file).suffix
        with tempfile.TemporaryDirectory() as folder:
            marker = Path(folder, "ran")
            for suffix in dict.fromkeys((own, *SUFFIXES)):
                evil = Path(folder, f"evil{suffix}")
                evil.write_bytes(pickle.dumps(_Evil(marker)))
                try:
                    _refused(subject, weights, evil, f"{weights.name}: a pickle that runs code, as {suffix}")
                finally:
                    if marker.exists():
                        raise Fault(f"{weights.name}: unpickling a {suffix} ran its code; {READ}")
            if here is not None:
                half = Path(folder, f"half{own}")
                half.write_bytes(here.read_bytes()[: here.stat().st_size // 2])
                _refused(subject, weights, half, f"{weights.name}: half a file")
        if here is not None:
            other = replace(subject.spec, weights=(replace(weights, sha256="0" * 64),))
            try:
                resolve_weights(other, weights.name)
            except HarnessError:
                continue
            raise Fault(f"{weights.name}: a file with another sha256 is taken")
    return ""

"""What is asked of methods that judge pictures. ours: a higher primary score means a better picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, NotHere, check

if TYPE_CHECKING:
    from harness.interfaces import Scores
    from harness.testing.conformance.subjects.method import MethodSubject

__all__ = ["colour_modes", "ladders", "scores"]

CALL = ("assess", "")
SIZE = (128, 160)
PHOTOGRAPHS = 4
BLUR = (0.0, 0.7, 1.4, 2.8, 5.6)
NOISE = (0.0, 5.0, 10.0, 20.0, 40.0)


@check("method", capability="assess")
def scores(subject: MethodSubject) -> str:
    """The primary score is among the scores, refused samples say why, and a map has the input's size."""
    answer: Scores = subject.base[CALL].raw  # type: ignore[assignment]
    count, size = 2, (64, 96)
    for index, reason in answer.refused.items():
        if index not in range(count) or not str(reason).strip():
            raise Fault(f"refused {{{index}: {reason!r}}}: keys are places in the batch, values say why")
    if answer.map is not None and tuple(answer.map.shape) != (count, 1, *size):
        raise Fault(f"the map has shape {tuple(answer.map.shape)}, expected {(count, 1, *size)}")
    return f"primary {answer.primary}, {len(answer.scores)} scores" + (", a map" if answer.map is not None else "")


def _correlation(subject: MethodSubject, ladder: str) -> float:
    """The mean over photographs of Spearman's correlation of the primary score with *less* damage; NaN if none.

    Raises `NotHere` where every photograph is refused.
    """
    import numpy as np
    import torch

    from harness.testing.conformance.pictures import spearman
    from harness.testing.conformance.tensors import blurred, noisy, pictures

    damage, steps = (blurred, BLUR) if ladder == "blur" else (noisy, NOISE)
    rows = []
    for step in steps:
        images = damage(pictures(PHOTOGRAPHS, SIZE), step)
        parts = [images] if subject.spec.batchable else [images[i : i + 1] for i in range(PHOTOGRAPHS)]
        found = []
        for part in parts:
            answer: Scores = subject.ask(CALL, subject.batch(CALL, images=part)).raw  # type: ignore[assignment]
            values = answer.scores[answer.primary].double().cpu().clone()
            values[list(answer.refused)] = float("nan")
            found.append(values)
        rows.append(torch.cat(found).numpy())
    if np.isnan(rows).all():
        raise NotHere("it refuses every one of these photographs")
    kept = [value for column in np.stack(rows).T if np.isfinite(value := spearman(-np.array(steps), column))]
    return float(np.mean(kept)) if kept else float("nan")


@check("method", capability="assess")
def ladders(subject: MethodSubject) -> str:
    """Real photographs made worse by blur and by noise: Spearman of the primary score with quality (higher is better:
    ours, `Scores` states no direction) is reported; wrong is only a negative sign on both ladders, or none defined.
    Floors and ceilings are registered for what they cannot tell, and are not asked.
    """
    if subject.spec.tags & {"floor", "oracle"}:
        raise NotHere("a floor or a ceiling need not follow quality")
    if subject.weights is not None and subject.weights.kind == "random":
        raise NotHere("random weights say nothing of quality")
    blur, noise = (_correlation(subject, ladder) for ladder in ("blur", "noise"))
    told = f"Spearman with quality: blur {blur:+.2f}, noise {noise:+.2f}"
    defined = [value for value in (blur, noise) if value == value]
    if not defined:
        raise Fault("the primary score is constant (or refused) on both ladders: it says nothing of quality")
    if all(value < 0 for value in defined):
        raise Fault(f"{told}: a higher primary score means a better picture; turn its sign")
    return told


@check("method", capability="assess")
def colour_modes(subject: MethodSubject) -> str:
    """A grey and an RGBA file, as the engine decodes them, get finite scores or a refusal."""
    import torch
    from PIL import Image

    from harness.datasets.decode import decode
    from harness.testing.conformance.pictures import photograph

    refused = []
    for mode in ("L", "RGBA"):
        stream = io.BytesIO()
        Image.fromarray(photograph(0, 64, 96)).convert(mode).save(stream, "PNG")
        pixels = torch.from_numpy(decode(stream.getvalue()).pixels.copy()).permute(2, 0, 1)[None].float() / 255
        try:
            subject.sound(CALL, subject.batch(CALL, images=pixels))
        except Fault:
            raise
        except HarnessError as reason:
            refused.append(f"{mode}: {str(reason).splitlines()[0][:80]}")
    if len(refused) == 2:
        raise NotHere(f"refused: {'; '.join(refused)}")
    return "; ".join(refused)

"""A user's own TorchScript file as a finder of artifacts. The program in it is run as it is and never looked into."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from harness.errors import HarnessError

__all__ = ["TorchScript"]


class TorchScript:
    """PAL4Inpaint's kind of file gives logits, PAL4VST's a map of classes; both get one picture at a time.

    Args:
        path: a TorchScript archive. It is a program: TorchScript's own, which can compute but not import Python.
        device: where it runs.

    Raises:
        HarnessError: the file is no TorchScript archive.
    """

    def __init__(self, path: Path, device: str) -> None:
        self.path = path
        try:
            with warnings.catch_warnings():
                # torch retires the format, which is the one that both releases have
                warnings.simplefilter("ignore", FutureWarning)
                warnings.simplefilter("ignore", DeprecationWarning)
                load: Callable[..., torch.jit.ScriptModule] = torch.jit.load
                self._program = load(str(path), map_location=device).eval()
        except (RuntimeError, ValueError, OSError) as error:
            words = " ".join(str(error).split())[:120]
            raise HarnessError(f"{path} is no TorchScript file: {words}") from error

    def __call__(self, image: Tensor) -> Tensor:
        """`normalised` pictures ``[N, 3, H, W]`` -> logits ``[N, 2, h, w]``, or int64 classes ``[N, 1, h, w]``.

        Raises `HarnessError` where the program fails, or answers with neither.
        """
        return torch.cat([self._one(image[index : index + 1]) for index in range(len(image))])

    def _one(self, image: Tensor) -> Tensor:
        try:
            answer = self._program(image)
        except (RuntimeError, torch.jit.Error) as error:
            # torch puts the program's own lines first and the reason last
            reason = str(error).strip().splitlines()[-1][:120]
            size = f"{image.shape[-1]}×{image.shape[-2]}"
            raise HarnessError(f"{self.path} fails on a picture of {size}: {reason}") from error
        if isinstance(answer, Tensor) and answer.ndim == 4 and len(answer) == 1:
            if answer.is_floating_point() and answer.shape[1] == 2:
                return answer
            if not answer.is_floating_point() and answer.shape[1] == 1:
                return answer.long()
        told = f"{answer.dtype} {tuple(answer.shape)}" if isinstance(answer, Tensor) else type(answer).__name__
        raise HarnessError(f"{self.path} answers {told}: expected logits [1, 2, H, W] or whole classes [1, 1, H, W]")

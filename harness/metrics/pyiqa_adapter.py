"""Any metric of pyiqa behind our face: `pyiqa:<name>`. Optional, non-commercial, never downloads."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import ModuleType

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.offline import files_sha256, no_downloads
from harness.metrics.pyiqa_catalogue import LICENCE, WITHOUT_WEIGHTS, pyiqa_spec

__all__ = ["PyiqaMetric"]


class PyiqaMetric:
    """pyiqa's metric ``name`` in its default configuration, one sample at a time.

    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"<name>": [N]}`` on the CPU or the batch's device. Whole images only.

    Raises:
        MissingRequirement: pyiqa, one of its modules, or a weight file is not here; the line names file, licence,
            place and command. A file that a user has put in its place is loaded with ``weights_only=True``.
        HarnessError: a region is asked for, or pyiqa cannot build the metric.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> PyiqaMetric(name="ssimc")(MetricBatch(("a",), x, x, None))["ssimc"]
        tensor([1.])
    """

    def __init__(self, device: str = "cpu", region: str = "", *, name: str) -> None:
        spec = pyiqa_spec(name)
        if region:
            raise HarnessError(f"{spec.name} judges whole images: ask for it without @{region}")
        self.name = name
        self.full_reference = "truth" in spec.uses
        self.network, self.weights_sha256 = _build(name, device)

    @staticmethod
    def available(*, name: str) -> None:
        """Raise `MissingRequirement` where the package, one of its modules or a weight file is not here.

        pyiqa names its files only while it builds a metric, so one that needs files is built for this, with the
        network closed: it stops at the first file that is not here.
        """
        if name in WITHOUT_WEIGHTS:
            _library(name)
        else:
            _build(name, "cpu")

    @torch.inference_mode()
    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        values = []
        for i in range(len(batch.output)):
            output, truth = batch.output[i : i + 1], batch.truth[i : i + 1]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pyiqa's own business
                value = self.network(output, truth) if self.full_reference else self.network(output)
            values.append(torch.as_tensor(value).reshape(()).to(batch.output.device, torch.float32))
        return {self.name: torch.stack(values)}


def _library(name: str) -> ModuleType:
    """pyiqa, imported with every download refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with no_downloads(f"pyiqa:{name}", LICENCE):
                import pyiqa
                import timm.models._hub  # noqa: F401  what asks the hub for files must be there before it is refused
        except ImportError as error:
            raise HarnessError(f"pyiqa does not import here: {error}") from error
    library: ModuleType = pyiqa
    return library


def _build(name: str, device: str) -> tuple[torch.nn.Module, str]:
    """pyiqa's network, built with every download refused, and the sha256 of the files it read."""
    pyiqa = _library(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with no_downloads(f"pyiqa:{name}", LICENCE) as files:
                network: torch.nn.Module = pyiqa.create_metric(name, device=torch.device(device))
        except HarnessError:
            raise
        except Exception as error:
            known = " although it needs no weights" if name in WITHOUT_WEIGHTS else ""
            raise HarnessError(f"pyiqa cannot build {name}{known}: {type(error).__name__}: {error}") from error
    return network, files_sha256(files)

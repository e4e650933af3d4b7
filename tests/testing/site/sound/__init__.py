"""One of each kind with which nothing is wrong; the faulty ones are made from them."""

from harness import (
    DatasetSpec,
    EmbedderSpec,
    MaskSetSpec,
    MethodSpec,
    MetricSpec,
    Paper,
    Param,
    SuiteSpec,
    WeightsSpec,
    hookimpl,
)


def method(name, target, *capabilities, **more):
    more = {"licence": "MIT", "card": "sound:README.md", **more}
    return MethodSpec(name, capabilities or ("inpaint",), target, "1", "for tests", **more)


def weights(suffix):
    return WeightsSpec("own", "mini", "MIT", "a test", file=f"own{suffix}", fetch="make it", trained_on="nothing")


PAPER = Paper("No Paper", "Nowhere", 2026, "arXiv:0000.00000")
LEVEL = {"level": Param(0.5, "grey level", choices=(0.25, 0.5))}
NEEDS = frozenset({"image"})


@hookimpl
def harness_register_methods(register):
    register(method("sound", "sound.methods:Sound", roles=("hole", "region"), params=LEVEL))
    register(method("sound-noise", "sound.methods:Noise", stochastic=True))
    register(method("sound-weights", "sound.methods:Weights", weights=(weights(".safetensors"),), paper=PAPER))
    register(method("sound-restorer", "sound.methods:Restorer", "restore", needs=NEEDS))
    register(method("sound-enlarger", "sound.methods:Enlarger", "restore", needs=NEEDS | {"target_size"}))
    register(method("sound-assessor", "sound.methods:Assessor", "assess", needs=NEEDS))
    register(method("sound-wrapper", "sound.methods:Wrapper", wraps="inpaint"))


@hookimpl
def harness_register_metrics(register):
    register(MetricSpec("sound-error", "sound.others:Error", "1", "sample", False, "for tests", "MIT", bounds=(0, 1),
                        regions=("", "hole", "known")))  # fmt: skip
    register(MetricSpec("sound-distance", "sound.others:Distance", "1", "set", False, "for tests", "MIT",
                        extractor="sound-means", bounds=(0, None)))  # fmt: skip


@hookimpl
def harness_register_embedders(register):
    register(EmbedderSpec("sound-means", "sound.others:Means", "1", 3, "for tests", "MIT"))


@hookimpl
def harness_register_datasets(register):
    register(DatasetSpec("sound-set", "sound.others:Shades", "1", "for tests", "CC0-1.0"))


@hookimpl
def harness_register_degradations(register):
    seed = {"seed": Param(0, "another draw")}
    register(MaskSetSpec("sound-boxes", "sound.others:Boxes", "1", "for tests", "ours", params=seed))


@hookimpl
def harness_register_suites(register):
    register(SuiteSpec("sound-suite", "sound:suite.toml", "for tests"))

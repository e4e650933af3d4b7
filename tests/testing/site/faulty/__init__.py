"""A family of faulty plugins, one fault each. Which check is meant for which stands in test_conformance.py."""

from dataclasses import replace

from sound import NEEDS, PAPER, method, weights

from harness import (
    DatasetSpec,
    EmbedderSpec,
    MaskSetSpec,
    MetricSpec,
    Param,
    SuiteSpec,
    hookimpl,
)

INPAINTERS = {
    "cheater": "Cheater", "mutator": "Mutator", "not-a-number": "NotANumber", "bytes": "Bytes", "cropped": "Cropped",
    "loud-range": "LoudRange", "global-chance": "GlobalChance", "batch-mean": "BatchMean", "downloader": "Downloader",
    "stubborn-downloader": "StubbornDownloader", "prints": "Prints", "prints-from-c": "PrintsFromC",
    "hoarder": "Hoarder", "list-hoarder": "ListHoarder", "immortal": "Immortal", "writer": "Writer",
    "upside-down": "UpsideDown", "strides": "Strides", "secret-chance": "SecretChance", "plain-error": "PlainError",
    "half-mask": "HalfMask", "guesser": "Guesser", "swallower": "Swallower", "flat": "Flat", "full": "Full",
    "unbuildable": "Unbuildable",
}  # fmt: skip


def faulty(name, target, *capabilities, **more):
    return method(name, f"faulty.methods:{target}", *capabilities, **{"card": "faulty:README.md", **more})


@hookimpl
def harness_register_methods(register):
    for name, target in INPAINTERS.items():
        register(faulty(name, target))
    register(replace(faulty("talker", ""), target="faulty.talker:Talker"))
    register(faulty("no-chance", "Sound", stochastic=True))
    register(faulty("one-role", "OneRole", roles=("hole", "region")))
    register(faulty("unknowing", "Unknowing", weights=(weights(".safetensors"),), paper=PAPER))
    register(faulty("unpickler", "Unpickler", weights=(weights(".pth"),), paper=PAPER))
    register(faulty("bad-choice", "BadChoice", params={"level": Param(0.5, "grey level", choices=(0.5, 7.0))}))
    register(faulty("undeclared", "Undeclared", params={"levle": Param(0.5, "grey level")}))
    register(faulty("no-licence", "Sound", licence=""))
    register(faulty("no-card", "Sound", card=""))
    register(faulty("no-paper", "Unread", weights=(weights(".safetensors"),)))
    register(faulty("no-help", "Sound", params={"level": Param(0.5, "")}))
    register(faulty("unasked", "Sound", needs=frozenset({"image", "mask", "depth"})))
    register(faulty("unheard", "Sound", "inpaint", "restore"))
    register(faulty("turned", "Turned", "assess", needs=NEEDS))
    register(faulty("nameless", "Nameless", "assess", needs=NEEDS))
    register(faulty("small-map", "SmallMap", "assess", needs=NEEDS))
    register(faulty("unreasoned", "Unreasoned", "assess", needs=NEEDS))
    register(faulty("colour-only", "ColourOnly", "assess", needs=NEEDS))
    register(faulty("same-size", "SameSize", "restore", needs=NEEDS | {"target_size"}))


@hookimpl
def harness_register_metrics(register):
    def metric(name, target, higher, **more):
        register(MetricSpec(name, f"faulty.metrics:{target}", "1", "sample", higher, "for tests", "MIT", **more))

    metric("wrong-way", "Residue", True, uses=frozenset({"output"}))
    metric("dirty", "Dirty", False, bounds=(0, 1))
    metric("beyond", "Beyond", False, bounds=(0, 0.01))
    metric("filled-in", "FilledIn", False, bounds=(0, 1), regions=("", "hole"))
    metric("pooled", "Pooled", False, bounds=(0, 1))
    metric("lucky", "Lucky", False, bounds=(0, 1))
    metric("misnamed", "Misnamed", False, bounds=(0, 1))
    metric("short-of-ideal", "Short", False, bounds=(0, 1))
    target = "faulty.metrics:Backwards"
    register(MetricSpec("set-backwards", target, "1", "set", False, "for tests", "MIT", extractor="sound-means"))


@hookimpl
def harness_register_embedders(register):
    register(EmbedderSpec("narrow", "sound.others:Means", "1", 5, "for tests", "MIT"))


@hookimpl
def harness_register_datasets(register):
    names = ("restless", "absolute", "rehashed", "floating", "shared", "unowned", "key-error", "respelt", "outside")
    for name in names:
        target = "".join(word.capitalize() for word in name.split("-"))
        register(DatasetSpec(name, f"faulty.others:{target}", "1", "for tests", "CC0-1.0"))


@hookimpl
def harness_register_degradations(register):
    seed = {"seed": Param(0, "another draw")}
    for name in ("inside-out", "float", "salted", "reseeding", "dicing", "endless", "seedless", "square"):
        target = "".join(word.capitalize() for word in name.split("-"))
        params = seed if name == "seedless" else {}
        register(MaskSetSpec(name, f"faulty.others:{target}Masks", "1", "for tests", "ours", params=params))


@hookimpl
def harness_register_suites(register):
    for name in ("lost", "priceless", "broken-task"):
        register(SuiteSpec(name, f"faulty:{name}.toml", "for tests"))

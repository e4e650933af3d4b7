"""What `harness new` can write: per kind, the files beside the common ones and the words they are filled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """One thing that a package can bring.

    Attributes:
        word: what the command line calls it.
        templates: folder of its templates.
        registry: where the registry keeps it (`methods`, `masks`, …).
        spec, function, hook: the spec's class, the function that returns one, the hook that registers it.
        files: further files of the package: destination -> template; `$name` may stand in the destination.
        summary: one line, the spec's and the package's.
        source: what the example is, for the card.
        ours: our choices, for the card.
        try_it: the commands that show it at work.
    """

    word: str
    templates: str
    registry: str
    spec: str
    function: str
    hook: str
    files: Mapping[str, str]
    summary: str
    source: str
    ours: str
    try_it: str


def _method(templates: str, summary: str, source: str, ours: str, try_it: str = "") -> Kind:
    files = {"method.py": "method.py.tmpl"}
    commands = f"harness check method:$name\n{try_it}".strip()
    return Kind(
        "method", templates, "methods", "MethodSpec", "method_spec", "harness_register_methods", files, summary, source,
        ours, commands,
    )  # fmt: skip


KINDS: Mapping[str, Kind] = {
    "inpaint": _method(
        "inpaint",
        "the mean colour of a ring around the holes",
        "the mean of a ring is nobody's paper",
        "- `ring` 4 px: wide enough to outvote noise, narrow enough to stay near the hole.\n"
        "- One colour for all holes of a picture; a picture without a known pixel becomes mid-grey.",
        "harness run --suite demo -m $name -m telea",
    ),
    "restore": _method(
        "restore",
        "unsharp masking with a 5 x 5 box",
        "unsharp masking is older than digital pictures",
        "- A box of 5 x 5 pixels instead of a Gaussian, repeated at the picture's border.\n"
        "- `amount` 0.5: a little; 0 gives the picture back.",
    ),
    "assess": _method(
        "assess",
        "sharpness: the mean squared Laplacian of the grey picture",
        "the energy of the Laplacian is a textbook focus measure",
        "- Grey is the plain mean of red, green and blue.\n- Noise counts as sharpness: it knows no better.",
    ),
    "metric": Kind(
        "metric",
        "metric",
        "metrics",
        "MetricSpec",
        "metric_spec",
        "harness_register_metrics",
        {"metric.py": "metric.py.tmpl"},
        "mean absolute difference of logarithms",
        "a difference of logarithms is nobody's paper",
        "- One 8-bit level (1/255) is added before the logarithm, so that black has one.",
        "harness check metric:$name\nharness run --suite demo -m telea -m mean --metric $name@hole",
    ),
    "dataset": Kind(
        "dataset",
        "dataset",
        "datasets",
        "DatasetSpec",
        "dataset_spec",
        "harness_register_datasets",
        {
            "dataset.py": "dataset.py.tmpl",
            "pictures/ATTRIBUTION.csv": "ATTRIBUTION.csv.tmpl",
            "pictures/hills.png": "hills.png",
            "pictures/tiles.png": "tiles.png",
        },
        "the pictures of a folder with their authors and licences",
        "two pictures that `harness new` drew stand in for yours",
        "- Every picture is its own cluster: pictures of one scene belong into one.",
        "harness check dataset:$name\nharness show dataset:$name\n"
        '# in a suite\'s task: dataset = "$name" or dataset = "$name[path=/my/pictures]"',
    ),
    "suite": Kind(
        "suite",
        "suite",
        "suites",
        "SuiteSpec",
        "suite_spec",
        "harness_register_suites",
        {"$name.toml": "suite.toml.tmpl"},
        "twelve photographs under LaMa's thick masks, against the floors",
        "the masks follow Suvorov et al., WACV 2022 (`harness show lama-thick-256`)",
        "- Twelve photographs: enough to see a difference of a few dB, not of a few tenths.",
        "harness check suite:$name\nharness run --suite $name",
    ),
    "mask": Kind(
        "mask",
        "mask",
        "masks",
        "MaskSetSpec",
        "mask_set_spec",
        "harness_register_degradations",
        {"mask.py": "mask.py.tmpl"},
        "one disc of a stated size, anywhere in the picture",
        "a disc is nobody's paper",
        "- The centre is uniform over the picture, so that a disc may be cut by its border.",
        'harness check mask:$name\nharness show mask:$name\n# in a suite\'s task: maskset = "$name[radius=0.3]"',
    ),
}

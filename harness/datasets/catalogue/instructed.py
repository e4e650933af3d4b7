"""Pictures with an instruction: GQA-Inpaint."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.scene_pairs import ScenePairs

__all__ = ["INSTRUCTED"]

_PAIR = r"(?P<image>\w+)/(?P<object>\w+)"
_ROLES = (
    Role("image", (Place("images", r"(?P<key>\w+)"),), shared=True),
    Role("target", (Place("images_inpainted", _PAIR, form="i{image}-o{object}"),)),
    Role("mask", (Place("masks", _PAIR, form="i{image}-o{object}"),)),
)
_COUNTS = "the paper's source-target-prompt triples"


def _split(name: str, total: int, instructions: str = "") -> Split:
    pick = ScenePairs(f"{name}_scenes.json", instructions)
    return Split(name, _ROLES, total, "read", _COUNTS, pick, prompted=True)


GQA_INPAINT = Collection(
    name="gqa-inpaint",
    title="GQA-Inpaint: photographs, the same without one object, and the words that name it",
    licence="GQA's: CC BY 4.0 (not verified); its photographs are Visual Genome's, under their own terms",
    get=(
        "Download GQA-Inpaint's zip, linked from github.com/abyildirim/inst-inpaint, and GQA's images (20.3 GB) from "
        "https://cs.stanford.edu/people/dorarad/gqa/download.html into its images/;",
        "or make one of your own from GQA's scene graphs: harness gqa build --help",
    ),
    splits=(
        _split("test", 18_883, "test_instructions.json"),
        _split("train", 173_715),
    ),
    tops=("gqa-inpaint", "gqa_inpaint"),
    layout="read",
    notes=(
        "The paper counts distinct pictures with and without the object too: 44,500 and 88,369 in train, 4,811 and "
        "9,485 in test (harness gqa counts FOLDER); a set that you built has other numbers.",
        "The release's loader shows square+resize256-bilinear, and rounds masks after a bilinear resize; here masks "
        "are resized by the nearest pixel.",
        "train: the release draws an instruction at every read; here a pair's name draws it, once and for all.",
    ),
)

INSTRUCTED = (GQA_INPAINT,)

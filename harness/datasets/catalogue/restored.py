"""Sets that restorers are judged on: super-resolution's four, pairs in little light, exposures of one scene."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split

__all__ = ["RESTORED"]

_PLAIN = r"(?P<key>[^/]+)"


def _benchmark(name: str, title: str, folder: str, count: int, licence: str) -> Collection:
    """One of the four: the ground truths of BasicSR's copies, of the copies with `_SRF_4_HR`, or bare files."""
    places = [Place(inner, _PLAIN) for inner in ("original", "HR", "GTmod12")]
    places += [Place(f"image_SRF_{k}", rf"(?P<key>.+)_SRF_{k}_HR") for k in (4, 2, 3)]
    places.append(Place(".", r"(?P<key>(?!.*_LR$)[^/]+)"))
    return Collection(
        name=name,
        title=title,
        licence=licence,
        get=(
            f"Download {folder} from the collection that BasicSR's docs/DatasetPreparation.md links "
            "(github.com/XPixelGroup/BasicSR); owners' pages come and go.",
        ),
        splits=(Split("all", (Role("image", tuple(places)),), count, "known"),),
        tops=(folder,),
        notes=(
            "Small pictures that come with it are left alone: degradations are made here (block means, not bicubic).",
        ),
    )


_UNSTATED = "not stated by its owners (not verified); research use is customary"
_FOUR = (
    _benchmark("set5", "Set5: five pictures", "Set5", 5, _UNSTATED),
    _benchmark("set14", "Set14: fourteen pictures, some of them grey", "Set14", 14, _UNSTATED),
    _benchmark("bsd100", "BSD100: the 100 test pictures of the Berkeley set", "BSDS100", 100, _UNSTATED),
    _benchmark("urban100", "Urban100: facades that repeat themselves", "Urban100", 100, _UNSTATED),
)


def _dark(name: str, low: tuple[Place, ...], high: tuple[Place, ...], count: int) -> Split:
    return Split(name, (Role("image", low), Role("target", high)), count, "known")


LOL = Collection(
    name="lol",
    title="LOL: a scene in little light, and in enough",
    licence="not stated by its owners (not verified)",
    get=("Follow the link to LOL on https://daooshee.github.io/BMVC2018website/ (RetinexNet, BMVC 2018).",),
    splits=(
        _dark("eval15", (Place("eval15/low"),), (Place("eval15/high"),), 15),
        _dark("our485", (Place("our485/low"),), (Place("our485/high"),), 485),
    ),
    tops=("LOLdataset", "LOL"),
)


def _ve(kind: str, part: str) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    real = {"Cap": "Real_captured", "Syn": "Synthetic"}[kind]
    folder = {"test": "Test", "train": "Train"}[part]
    return tuple(
        (
            Place(f"VE-LOL-L-{kind}/VE-LOL-L-{kind}-{word}_{part}", rf"(?:{word.lower()})?{_PLAIN}"),
            Place(f"{real}/{folder}/{word}", rf"(?:{word.lower()})?{_PLAIN}"),
        )
        for word in ("Low", "Normal")
    )  # type: ignore[return-value]


VE_LOL = Collection(
    name="ve-lol",
    title="VE-LOL-L (LOL-v2): captured and synthetic pairs in little light",
    licence="not stated by its owners (not verified)",
    get=("Follow the link on https://flyywh.github.io/IJCV2021LowLight_VELOL/ (IJCV 2021); LOL-v2 is the same set.",),
    splits=(
        _dark("captured-test", *_ve("Cap", "test"), 100),
        _dark("synthetic-test", *_ve("Syn", "test"), 100),
        _dark("captured-train", *_ve("Cap", "train"), 400),
        _dark("synthetic-train", *_ve("Syn", "train"), 900),
    ),
    tops=("VE-LOL-L", "VE-LOL", "LOL-v2", "LOLv2"),
    layout="not verified",
    notes=("LOL-v2's first captured pairs are LOL's own: a model trained on one has seen part of the other.",),
)

NTIRE_HDR = Collection(
    name="ntire-hdr",
    title="NTIRE 2021 HDR challenge: short, medium and long exposures",
    licence="of the challenge: research (not verified)",
    get=("Register at https://competitions.codalab.org/competitions/28162 (track 2, several frames) and unpack it.",),
    splits=tuple(
        Split(exposure, (Role("image", (Place(".", rf"(?:.*/)?(?P<key>\d{{4}})_{exposure}"),)),))
        for exposure in ("medium", "short", "long")
    ),
    layout="not verified",
    notes=(
        "Pictures of one exposure a split. Its truths (NNNN_gt.png, 16 bit, with NNNN_exposures.npy and "
        "NNNN_alignratio.npy) are not read: samples here are 8 bit.",
    ),
)

RESTORED = (*_FOUR, LOL, VE_LOL, NTIRE_HDR)

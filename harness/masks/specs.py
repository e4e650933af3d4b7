"""The mask sets that come with the harness, described without importing numpy."""

from __future__ import annotations

from harness.specs import MaskSetSpec, Param

__all__ = ["mask_set_specs"]

_SEED = Param(0, "another draw of the whole set; not the run's seed")
_COUNT = Param(1, "masks a sample")
_LAMA = "Suvorov et al., WACV 2022; numbers of advimman/lama configs/data_gen/random_{}.yaml, code ours"
_MAT = "Li et al. (MAT), CVPR 2022; numbers of fenglinglwb/MAT datasets/mask_generator_{}.py, code ours"
_COMODGAN = "Zhao et al. (CoModGAN), ICLR 2021; {}, code ours"
_MIGAN = "Sargsyan et al. (MI-GAN), ICCV 2023; numbers of its scripts/generate_masks.py at {} px, code ours"
_HALVES = "at most a quarter as in CoordFill and HiFill, or more; bounds and generator ours"
_PCONV = "bins of Liu et al., ECCV 2018; generator ours, not NVIDIA's mask files"


def _set(name: str, target: str, summary: str, source: str, *, counted: bool = True) -> MaskSetSpec:
    params = {"seed": _SEED, "count": _COUNT} if counted else {"seed": _SEED}
    return MaskSetSpec(name, f"harness.masks.{target}", "1", summary, source, params)


def _lama() -> tuple[MaskSetSpec, ...]:
    half = "at most half of the image"
    return (
        _set("lama-thin-256", "lama:LamaThin256", f"4 to 51 thin short strokes, {half}", _LAMA.format("thin_256")),
        _set(
            "lama-medium-256",
            "lama:LamaMedium256",
            f"four to six medium strokes or up to five small boxes, {half}",
            _LAMA.format("medium_256"),
        ),
        _set(
            "lama-thick-256",
            "lama:LamaThick256",
            f"few thick strokes or up to three boxes, {half}",
            _LAMA.format("thick_256"),
        ),
        _set("lama-thin-512", "lama:LamaThin512", f"4 to 71 thin short strokes, {half}", _LAMA.format("thin_512")),
        _set(
            "lama-medium-512",
            "lama:LamaMedium512",
            f"4 to 11 medium strokes or up to five boxes, {half}",
            _LAMA.format("medium_512"),
        ),
        _set(
            "lama-thick-512",
            "lama:LamaThick512",
            f"few thick strokes or up to four boxes, {half}",
            _LAMA.format("thick_512"),
        ),
    )


def _free_form() -> tuple[MaskSetSpec, ...]:
    return (
        _set(
            "free-form",
            "free_form:FreeForm",
            "one to three zigzag brush strokes",
            "Yu et al. (DeepFill v2), ICCV 2019; numbers of JiahuiYu/generative_inpainting, code ours",
        ),
        _set(
            "comodgan-512",
            "free_form:CoModGan512",
            "up to 19 brush strokes and 13 boxes: any area, often most of the image",
            _COMODGAN.format("counts as in MI-GAN's published script"),
        ),
        _set(
            "migan-512",
            "free_form:MiGan512",
            "CoModGAN's counts; its own draw, so not comodgan-512's masks",
            _MIGAN.format(512),
        ),
        _set(
            "migan-256",
            "free_form:MiGan256",
            "CoModGAN's counts with brushes relatively twice as wide",
            _MIGAN.format(256),
        ),
        _set(
            "mat-large-512",
            "free_form:MatLarge512",
            "MAT's large holes: up to 8 strokes and 6 boxes",
            _MAT.format("512"),
        ),
        _set(
            "mat-small-512",
            "free_form:MatSmall512",
            "MAT's small holes: up to 3 strokes and 3 boxes",
            _MAT.format("512_small"),
        ),
        _set(
            "mat-large-256",
            "free_form:MatLarge256",
            "MAT's large holes: up to 7 strokes and 4 boxes",
            _MAT.format("256"),
        ),
        _set(
            "mat-small-256",
            "free_form:MatSmall256",
            "MAT's small holes: up to 2 strokes and 2 boxes",
            _MAT.format("256_small"),
        ),
    )


def _by_size() -> tuple[MaskSetSpec, ...]:
    return (
        _set(
            "irregular-6",
            "irregular:Irregular6",
            "strokes and blobs, one mask in each of the ratio bins 0.01-0.1, 0.1-0.2, …, 0.5-0.6",
            _PCONV,
            counted=False,
        ),
        _set(
            "irregular-12",
            "irregular:Irregular12",
            "as irregular-6, then six more that stay clear of the border",
            _PCONV,
            counted=False,
        ),
        _set(
            "irregular-to-25",
            "irregular:IrregularTo25",
            "strokes and blobs over at most a quarter of the image",
            _HALVES,
        ),
        _set(
            "irregular-25-to-50",
            "irregular:Irregular25To50",
            "strokes and blobs over a quarter to half of the image",
            _HALVES,
        ),
        _set(
            "irregular-40-to-60",
            "irregular:Irregular40To60",
            "strokes and blobs, one mask in each of the ratio bins 0.4-0.5 and 0.5-0.6",
            _PCONV,
            counted=False,
        ),
        _set(
            "coordfill-25",
            "irregular:CoordFill25",
            "irregular holes eroded to at most a quarter of the image",
            "the authors in NiFangBaAGe/CoordFill issues 2 and 6; generator ours",
        ),
    )


def _shapes() -> tuple[MaskSetSpec, ...]:
    return (
        _set(
            "object-holes",
            "objects:ObjectHoles",
            "silhouettes of made-up animals, people, things laid over the image: not object removal",
            "ours: limbs, ellipses and profiles put together by harness.masks.silhouettes",
        ),
        _set(
            "rectangle",
            "boxes:Rectangle",
            "one box anywhere, 14 to 25 % of the area",
            "Yu et al. (DeepFill), CVPR 2018; numbers of JiahuiYu/generative_inpainting, code ours",
        ),
        MaskSetSpec(
            name="centre-square",
            target="harness.masks.boxes:CentreSquare",
            version="1",
            summary="the central half of either side: a quarter of the area",
            source="Pathak et al., CVPR 2016 (context encoders)",
        ),
    )


def mask_set_specs() -> tuple[MaskSetSpec, ...]:
    """LaMa's six, the free-form family, irregular holes by size, shapes."""
    return (*_lama(), *_free_form(), *_by_size(), *_shapes())

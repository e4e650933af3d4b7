"""The mask sets that come with the harness, described without importing numpy."""

from __future__ import annotations

from harness.specs import MaskSetSpec, Param

__all__ = ["mask_set_specs"]

_SEED = Param(0, "another draw of the whole set; not the run's seed")
_COUNT = Param(1, "masks a sample")
_LAMA = "Suvorov et al., WACV 2022; numbers of advimman/lama configs/data_gen/random_{}_256.yaml, code ours"


def mask_set_specs() -> tuple[MaskSetSpec, ...]:
    """LaMa thick and medium, irregular in six ratio bins, object silhouettes, the centre square."""
    return (
        MaskSetSpec(
            name="lama-thick-256",
            target="harness.masks.strokes:LamaThick256",
            version="1",
            summary="few thick strokes or up to three boxes, at most half of the image",
            source=_LAMA.format("thick"),
            params={"seed": _SEED, "count": _COUNT},
        ),
        MaskSetSpec(
            name="lama-medium-256",
            target="harness.masks.strokes:LamaMedium256",
            version="1",
            summary="four to six medium strokes or up to five small boxes, at most half of the image",
            source=_LAMA.format("medium"),
            params={"seed": _SEED, "count": _COUNT},
        ),
        MaskSetSpec(
            name="irregular-6",
            target="harness.masks.irregular:Irregular6",
            version="1",
            summary="strokes and blobs, one mask in each of the ratio bins 0.01-0.1, 0.1-0.2, …, 0.5-0.6",
            source="bins of Liu et al., ECCV 2018; generator ours, not NVIDIA's mask files",
            params={"seed": _SEED},
        ),
        MaskSetSpec(
            name="object-holes",
            target="harness.masks.objects:ObjectHoles",
            version="1",
            summary="silhouettes of made-up animals, people, things laid over the image: not object removal",
            source="ours: limbs, ellipses and profiles put together by harness.masks.silhouettes",
            params={"seed": _SEED, "count": _COUNT},
        ),
        MaskSetSpec(
            name="centre-square",
            target="harness.masks.centre:CentreSquare",
            version="1",
            summary="the central half of either side: a quarter of the area",
            source="Pathak et al., CVPR 2016 (context encoders)",
        ),
    )

"""What SCAT is and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["SCAT", "SCAT_DETECT"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAPER = Paper(
    "Generative Image Inpainting with Segmentation Confusion Adversarial Training and Contrastive Learning",
    "AAAI",
    2023,
    "arXiv:2303.13133",
)
_MINI = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train scat --recipe mini",
    resource="harness_scat:weights/mini.safetensors",
    sha256="6e038bcd18e756676ab353d75bd2c0a81802dad5ff8f26f1c5005afa1db837ef",
    trained_on="3,000 scenes rendered here (CC0-1.0) and 4,000 crops of 508 photographs (public domain, CC-BY, "
    "CC-BY-SA, GPL, LGPL, GFDL: tools/training_photos.json.gz); none of them is evaluated on",
    parameters_m=0.621651,
)
_OFFICIAL = WeightsSpec(
    name="official",
    kind="official",
    licence="none stated by the authors",
    origin="https://github.com/zzw-zjgsu/Generative-Image-Inpainting (Google Drive files of its README)",
    file="official.pt",
    trained_on="CelebA or Places2, whichever file was fetched",
    parameters_m=15.200835,
    fetch="download the CelebA or the Places2 generator from the Google Drive links in the README of "
    "https://github.com/zzw-zjgsu/Generative-Image-Inpainting, and save it under this name",
)
_RANDOM = WeightsSpec(
    name="random",
    kind="random",
    licence="Apache-2.0",
    origin="official configuration, seed 0: for tests and timing",
    parameters_m=15.200835,
)

SCAT = MethodSpec(
    name="scat",
    capabilities=("inpaint",),
    target="harness_scat.method:ScatInpainter",
    version="1",
    summary="AOT-GAN's generator, trained to confuse a network that segments generated from valid pixels",
    licence="Apache-2.0",
    paper=_PAPER,
    params={
        "approx": Param(
            "none",
            "crop: look at the hole and 48 pixels around it only; less work, another result",
            choices=("none", "crop"),
        )
    },
    weights=(_MINI, _OFFICIAL, _RANDOM),
    requires=_TORCH,
    parity="full",
    card="harness_scat:README.md",
)

SCAT_DETECT = MethodSpec(
    name="scat-detect",
    capabilities=("assess",),
    target="harness_scat.detection:ScatDetector",
    version="1",
    summary="SCAT's segmentation network as a judge: which pixels of a picture look generated; sees no mask",
    licence="Apache-2.0",
    paper=_PAPER,
    weights=(
        WeightsSpec(
            name="mini",
            kind="mini",
            licence="Apache-2.0",
            origin="trained by this project: harness train scat-detect --recipe mini",
            resource="harness_scat:weights/detect-mini.safetensors",
            sha256="0c6a7a4b199d71a5346a7b2140af46c3bcac3f42d4fb5965420b58dd7113a9d3",
            trained_on="fills of seven floors in 3,000 scenes rendered here (CC0-1.0) and 4,000 crops of 508 "
            "photographs (public domain, CC-BY-SA, GPL, LGPL, GFDL: tools/training_photos.json.gz)",
            parameters_m=0.983906,
        ),
        WeightsSpec(
            name="random",
            kind="random",
            licence="Apache-2.0",
            origin="small configuration, seed 0: for tests and timing",
            parameters_m=0.983906,
        ),
    ),
    needs=frozenset({"image"}),
    roles=(),
    requires=_TORCH,
    parity="full",
    card="harness_scat:README.md",
)

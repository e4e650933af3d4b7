"""The paper's protocol and `face-mfn`'s error against discard, as data. No torch here."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import EmbedderSpec, Paper, Param, Requirement, SuiteSpec
from harness.verification.specs import error_against_discard

__all__ = ["EDC_MFN", "EDC_SDD", "FACE_R50", "R50_FETCH", "R50_FILE", "SDD_PROTOCOL"]

R50_FILE = "recogniser.pth"
R50_FETCH = (
    "an IR-50 trained on MS1M with the entries of TFace's recognition network (output_layer.*); its quality work "
    "publishes none"
)
_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))

FACE_R50 = EmbedderSpec(
    name="face-r50",
    target="harness_sddfiqa.protocol:R50Embedder",
    version="1",
    dimension=512,
    summary=f"IR-50 as the paper's recogniser (ResNet50-MS1M), for aligned faces; your file: {R50_FETCH}",
    licence="that of your file",
    requires=_TORCH,
)

EDC_MFN = error_against_discard("edc_mfn", "face-mfn", _TORCH, whose="face-mfn")

EDC_SDD = replace(
    EDC_MFN,
    name="edc_sdd",
    target="harness_sddfiqa.protocol:PaperProtocol",
    higher_is_better=True,
    summary="SDD-FIQA's protocol: area over the curve of FNMR against discard, threshold re-estimated, mean over FMR "
    "1e-2, 1e-3 and 1e-4; recogniser ResNet50-MS1M, a file of yours",
    extractor="face-r50",
    bounds=(None, 1),
    equals="",
    params={"extractor": Param("face-r50", "whose cosine similarities decide matches", ("face-r50",))},
    paper=Paper(
        "SDD-FIQA: Unsupervised Face Image Quality Assessment with Similarity Distribution Distance",
        "CVPR",
        2021,
        "arXiv:2103.05977",
    ),
)

SDD_PROTOCOL = SuiteSpec(
    "sdd-fiqa-paper", "harness_sddfiqa:sdd_fiqa_paper.toml", "SDD-FIQA's protocol on LFW, Adience, IJB-C; bring them"
)

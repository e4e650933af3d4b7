"""What the eight classical inpainters are. No numpy here: listing methods must stay cheap."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, Paper, Param, Requirement

__all__ = ["method_specs"]

_FLOOR = MethodSpec(
    name="",
    capabilities=("inpaint",),
    target="",
    version="1",
    summary="",
    licence="Apache-2.0",
    tags=frozenset({"floor", "smooth"}),
    card="harness_classical:README.md",
)
_OPENCV = (Requirement("cv2", "opencv-python-headless"),)
_SCIPY = (Requirement("scipy", "scipy"),)
_TELEA = Paper("An Image Inpainting Technique Based on the Fast Marching Method", "JGT", 2004)
_RADIUS = Param(3.0, "pixels around a point that decide its value (OpenCV inpaintRadius)")


def method_specs() -> tuple[MethodSpec, ...]:
    """All of them; every one is a floor, all but `nearest` and `patchmatch` give smooth fills."""
    return (*_plain(), *_smooth(), *_opencv(), _patchmatch())


def _plain() -> tuple[MethodSpec, ...]:
    return (
        replace(
            _FLOOR,
            name="mean",
            target="harness_classical.plain:Mean",
            summary="the mean colour of the known pixels",
        ),
        replace(
            _FLOOR,
            name="nearest",
            target="harness_classical.plain:Nearest",
            summary="the nearest known pixel's colour",
            requires=_SCIPY,
            tags=frozenset({"floor"}),
        ),
    )


def _smooth() -> tuple[MethodSpec, ...]:
    return (
        replace(
            _FLOOR,
            name="harmonic",
            target="harness_classical.elliptic:Harmonic",
            summary="Laplace's equation in the hole, solved exactly: a soap film over its edge",
            requires=_SCIPY,
            paper=Paper("Mathematical Models for Local Nontexture Inpaintings", "SIAM J. Appl. Math. 62", 2002),
        ),
        replace(
            _FLOOR,
            name="biharmonic",
            target="harness_classical.elliptic:Biharmonic",
            summary="the biharmonic equation in the hole, solved exactly: a thin plate that keeps slopes",
            requires=_SCIPY,
            paper=Paper(
                "On surface completion and image inpainting by biharmonic functions: Numerical aspects",
                "Int. J. Math. Math. Sci.",
                2018,
                "https://doi.org/10.1155/2018/3950312",
            ),
        ),
    )


def _opencv() -> tuple[MethodSpec, ...]:
    telea = replace(
        _FLOOR,
        name="telea",
        target="harness_classical.opencv:Telea",
        summary="weighted means along the marching front of the hole's edge (OpenCV)",
        requires=_OPENCV,
        paper=_TELEA,
        params={"radius": _RADIUS},
    )
    return (
        telea,
        replace(
            telea,
            name="navier-stokes",
            target="harness_classical.opencv:NavierStokes",
            summary="isophotes carried into the hole as a fluid carries vorticity (OpenCV)",
            paper=Paper("Navier-Stokes, Fluid Dynamics, and Image and Video Inpainting", "CVPR", 2001),
            aliases=("ns",),
        ),
        replace(
            telea,
            name="telea-blur",
            target="harness_classical.opencv:TeleaBlur",
            summary="Telea's fill, blurred inside the hole: shows how much PSNR a blur alone gains",
            params={
                "radius": _RADIUS,
                "sigma": Param(8.0, "standard deviation of the Gaussian, in pixels"),
            },
        ),
    )


def _patchmatch() -> MethodSpec:
    return replace(
        _FLOOR,
        name="patchmatch",
        target="harness_classical.exemplar:PatchMatch",
        summary="patches copied from the known part, matched coarse to fine by randomised search",
        requires=(Requirement("patchmatch", "pypatchmatch"),),
        paper=Paper(
            "PatchMatch: A Randomized Correspondence Algorithm for Structural Image Editing",
            "SIGGRAPH",
            2009,
            "https://doi.org/10.1145/1531326.1531330",
        ),
        params={
            "radius": Param(1, "patch radius: patches are (2 radius + 1)² pixels"),
            "seed": Param(0, "seed of the randomised search; the same for every sample"),
        },
        tags=frozenset({"floor", "exemplar"}),
    )

"""Whoever's number a metric says it gives, it gives: against another library, or the published formula written anew.

`MetricSpec.equals` of every metric of single samples ends in the largest difference that may be measured here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from scipy import io, ndimage, special
from skimage import color
from skimage import metrics as skimage_metrics

from harness.interfaces import MetricBatch
from harness.metrics import niqe
from harness.metrics.specs import metric_specs
from harness.plugins import load_target
from harness.specs import MetricSpec

Noise = Callable[[torch.Tensor, float], torch.Tensor]
Hole = Callable[[torch.Tensor], torch.Tensor]
Pair = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Output, truth, known pixels: [1,3,H,W], [1,3,H,W], [1,1,H,W]."""
Reference = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], float]

SPECS: dict[str, MetricSpec] = {spec.name: spec for spec in metric_specs() if spec.kind == "sample"}
STATED = re.compile(r"; tested: at most ([\d.e-]+) (?:dB )?off$")


# ---- pictures


@pytest.fixture(scope="module")
def pairs(photos: dict[str, torch.Tensor], noisy: Noise, hole: Hole) -> list[Pair]:
    """Photographs with little, some and much noise; a negative; unrelated noise; nearly white. Even and odd sides."""
    found = [(noisy(photo, sigma), photo) for photo in photos.values() for sigma in (1.0, 8.0, 60.0)]
    generator = torch.Generator().manual_seed(0)
    unrelated = [(torch.rand(1, 3, 64, 48, generator=generator) * 255).round() / 255 for _ in range(2)]
    white = torch.ones(1, 3, 64, 64)
    found += [(1 - photos["coffee"], photos["coffee"]), (unrelated[0], unrelated[1]), (noisy(white, 2.0), white)]
    return [(output, truth, 1 - hole(truth)) for output, truth in found]


@pytest.fixture(scope="module", autouse=True)
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Backbones with random weights where torchvision looks for its files: the same ones for us and for others."""
    from torchvision.models import alexnet, squeezenet1_1
    from torchvision.models.vgg import cfgs, make_layers

    home = tmp_path_factory.mktemp("torch")
    place = home / "hub/checkpoints"
    place.mkdir(parents=True)
    torch.manual_seed(0)
    vgg = {f"features.{key}": value for key, value in make_layers(cfgs["D"]).state_dict().items()}
    for layer, (rows, columns) in {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}.items():
        vgg[f"classifier.{layer}.weight"] = torch.zeros(1).expand(rows, columns)  # never used: keep the file small
        vgg[f"classifier.{layer}.bias"] = torch.zeros(1).expand(rows)
    torch.save(vgg, place / "vgg16-397923af.pth")
    torch.save(squeezenet1_1().state_dict(), place / "squeezenet1_1-b8a52dc0.pth")
    alex = alexnet().state_dict()
    alex |= {key: torch.zeros(1).expand(value.shape) for key, value in alex.items() if key.startswith("classifier")}
    torch.save(alex, place / "alexnet-owt-7be5be79.pth")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(home))
        yield


# ---- other libraries


def levels(image: torch.Tensor) -> np.ndarray:
    """The picture as a file holds it: uint8 H×W×3."""
    return (image[0].permute(1, 2, 0).double().numpy() * 255).round().astype(np.uint8)


@cache
def pyiqa_network(name: str, **options: Any) -> Any:
    pyiqa = pytest.importorskip("pyiqa", exc_type=ImportError)
    return pyiqa.create_metric(name, device=torch.device("cpu"), **options)


@torch.inference_mode()
def by_pyiqa(name: str, output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    return float(pyiqa_network(name)(output, truth))


def vif_by_pyiqa(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    return by_pyiqa("vif", output, truth, known) if min(truth.shape[-2:]) >= 72 else math.nan


@torch.inference_mode()
def piqe_by_pyiqa(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    return float(pyiqa_network("piqe")(output))


@cache
def niqe_model_as_pyiqa_reads_it() -> str:
    path = Path(torch.hub.get_dir()) / "niqe.mat"
    mean, covariance, _ = niqe._model()
    io.savemat(path, {"mu_prisparam": mean.numpy()[None], "cov_prisparam": covariance.numpy()})
    return str(path)


@torch.inference_mode()
def niqe_by_pyiqa(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    if output.shape[-2] // 96 * (output.shape[-1] // 96) < 2:
        return math.nan
    network = pyiqa_network("niqe", pretrained_model_path=niqe_model_as_pyiqa_reads_it())
    return float(network(output))


def vifp_by_torchmetrics(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    from torchmetrics.functional.image import visual_information_fidelity

    return float(visual_information_fidelity(*((x[:, :1].double() * 255).round() for x in (output, truth))))


def dists_by_torchmetrics(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    return float(torchmetrics_dists()(output, truth))


@cache
def torchmetrics_dists() -> Any:
    from torchmetrics.functional.image.dists import DISTSNetwork

    return torch.no_grad()(DISTSNetwork())


@cache
def torchmetrics_lpips(net: str) -> Any:
    from torchmetrics.functional.image.lpips import _NoTrainLpips

    return torch.no_grad()(_NoTrainLpips(net=net))


def lpips_by_torchmetrics(net: str, output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    return float(torchmetrics_lpips(net)(2 * output - 1, 2 * truth - 1))


def lpips_gdp_all(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    bgr = [torch.from_numpy(levels(x)[..., ::-1].astype(np.float32) / 255).permute(2, 0, 1)[None] for x in
           (output, truth)]  # fmt: skip
    return float(torchmetrics_lpips("vgg")(*bgr))


def lpips_brushbench(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    painted = [torch.where(known > 0, x, torch.zeros_like(x)) for x in (output, truth)]
    return float(torchmetrics_lpips("squeeze")(*(2 * x - 1 for x in painted)))


def psnr_by_skimage(border: int, output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    inner = slice(border, -border or None)
    a, b = (levels(x)[inner, inner] for x in (output, truth))
    return float(skimage_metrics.peak_signal_noise_ratio(b, a, data_range=255))


def psnr_y_by_skimage(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (color.rgb2ycbcr(levels(x))[..., 0] for x in (output, truth))
    return float(skimage_metrics.peak_signal_noise_ratio(b, a, data_range=255))


def ssim_y_by_skimage(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (color.rgb2ycbcr(levels(x))[..., 0] for x in (output, truth))
    return float(
        skimage_metrics.structural_similarity(
            b, a, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def ssim_by_skimage(window: int, output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = levels(output), levels(truth)
    return float(skimage_metrics.structural_similarity(b, a, data_range=255, channel_axis=2, win_size=window))


def ssim_gdp(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (cv2.cvtColor(np.ascontiguousarray(levels(x)[..., ::-1]), cv2.COLOR_BGR2GRAY) for x in (output, truth))
    return float(skimage_metrics.structural_similarity(a, b, data_range=255))


# ---- published formulas, written anew


def _ssim(mean_of: Callable[[np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray, peak: float) -> float:
    """Wang 2004, equation 13, with the local means of a script."""
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    mu_a, mu_b = mean_of(a), mean_of(b)
    var_a, var_b = mean_of(a * a) - mu_a**2, mean_of(b * b) - mu_b**2
    cov = mean_of(a * b) - mu_a * mu_b
    top = (2 * mu_a * mu_b + c1) * (2 * cov + c2)
    return float((top / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))).mean())


def ssim_mat(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    kernel = cv2.getGaussianKernel(11, 1.5)
    a, b = (levels(x).astype(np.float64) for x in (output, truth))
    return _ssim(lambda x: cv2.filter2D(x, -1, kernel @ kernel.T)[5:-5, 5:-5], a, b, 255)


def ssim_with_border(mode: str, cut: int, output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    inner = slice(cut, -cut or None)
    a, b = (levels(x)[inner, inner] / 255 for x in (output, truth))

    def mean_of(x: np.ndarray) -> np.ndarray:
        for axis in (0, 1):
            x = ndimage.gaussian_filter1d(x, 1.5, axis, mode=mode, cval=0, radius=5)
        return x

    return _ssim(mean_of, a, b, 1)


def ms_ssim(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    """Wang's msssim.m on each channel: halved by a 2 × 2 mean on a mirrored border, every second pixel."""
    if min(truth.shape[-2:]) < 161:
        return math.nan
    kernel, half = cv2.getGaussianKernel(11, 1.5), np.full((2, 2), 0.25)
    values = []
    for c in range(3):
        a, b, value = output[0, c].double().numpy(), truth[0, c].double().numpy(), 1.0
        for scale, exponent in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
            if scale:
                a, b = (ndimage.correlate(x, half, mode="reflect", origin=-1)[::2, ::2] for x in (a, b))
            mu_a, mu_b, aa, bb, ab = (
                cv2.filter2D(x, -1, kernel @ kernel.T)[5:-5, 5:-5] for x in (a, b, a * a, b * b, a * b)
            )
            term = (2 * (ab - mu_a * mu_b) + 0.0009) / (aa - mu_a**2 + bb - mu_b**2 + 0.0009)
            if scale == 4:
                term = term * (2 * mu_a * mu_b + 0.0001) / (mu_a**2 + mu_b**2 + 0.0001)
            value *= max(0.0, term.mean()) ** exponent
        values.append(value)
    return float(np.mean(values))


def l1(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (levels(x) / 255 for x in (output, truth))
    return float(np.abs(a - b).mean())


def l1_aotgan(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (levels(x).astype(np.float32) for x in (output, truth))
    return float(np.abs(b - a).sum() / (b + a).sum())


def l1_coordfill(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (levels(x).mean(2) for x in (output, truth))
    return float(np.abs((a - b) / 255).mean() * 100)


def l1_scat(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    a, b = (levels(x) / 127.5 - 1 for x in (output, truth))
    return float(np.abs(a - b).mean())


def mse_brushbench(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    mask = known[0].permute(1, 2, 0).numpy()
    a, b = (levels(x) / 255 * mask for x in (output, truth))
    return float(((a - b) ** 2).sum() / mask.sum())


def psnr_brushbench(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    error = mse_brushbench(output, truth, known)
    return 1000.0 if error < 1e-10 else 20 * math.log10(1 / math.sqrt(error))


def _moments(x: np.ndarray) -> tuple[float, float, float]:
    """Shape and both deviations of an asymmetric generalised Gaussian, the shape by bisection."""
    left, right = math.sqrt((x[x < 0] ** 2).mean()), math.sqrt((x[x >= 0] ** 2).mean())
    g = left / right
    wanted = np.abs(x).mean() ** 2 / (x**2).mean() * (g**3 + 1) * (g + 1) / (g * g + 1) ** 2
    low, high = 0.05, 20.0
    for _ in range(60):
        shape = (low + high) / 2
        ratio = special.gamma(2 / shape) ** 2 / (special.gamma(1 / shape) * special.gamma(3 / shape))
        low, high = (shape, high) if ratio < wanted else (low, shape)
    return shape, left, right


def brisque(output: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> float:
    """As the package does it with scikit-image, scipy and OpenCV, on pictures in [0, 1]; libsvm's sum as a loop."""
    from harness.metrics.brisque import _model

    grey, features = color.rgb2gray(levels(output)), []
    x, y = np.mgrid[-3:4, -3:4]
    kernel = np.exp(-(x**2 + y**2) / (2 * (7 / 6) ** 2))
    kernel /= kernel.sum()
    for _ in range(2):
        mean = ndimage.convolve(grey, kernel, mode="constant")
        deviation = np.sqrt(np.abs(mean**2 - ndimage.convolve(grey**2, kernel, mode="constant")))
        m = (grey - mean) / (deviation + 1 / 255)
        shape, left, right = _moments(m)
        features += [shape, (left**2 + right**2) / 2]
        for p in (m[:, :-1] * m[:, 1:], m[:-1] * m[1:], m[:-1, :-1] * m[1:, 1:], m[1:, :-1] * m[:-1, 1:]):
            shape, left, right = _moments(p)
            scale = math.sqrt(special.gamma(1 / shape) / special.gamma(3 / shape))
            mean_of_pairs = (right - left) * scale * special.gamma(2 / shape) / special.gamma(1 / shape)
            features += [shape, mean_of_pairs, left**2, right**2]
        grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_CUBIC)
    model = {name: tensor.double().numpy() for name, tensor in _model()[0].items()}
    scaled = -1 + 2 / (model["high"] - model["low"]) * (np.array(features) - model["low"])
    vectors = zip(model["coefficients"], model["vectors"], strict=True)
    return sum(c * math.exp(-0.05 * ((scaled - v) ** 2).sum()) for c, v in vectors) + 155.845


LARGE = {"ms_ssim", "niqe"}
"""Undefined for small pictures; the others are compared on corners of the photographs, which cost less."""
GREY = {"niqe", "piqe", "vif", "vifp"}
"""Compared on grey pictures with sides divisible by 16: how others make colours grey and what they do at the rim of a
block left over differs, and is tested apart."""


REFERENCES: Mapping[str, Reference] = {
    "psnr": partial(psnr_by_skimage, 0),
    "psnr_y": psnr_y_by_skimage,
    "psnr_gdp_all": partial(psnr_by_skimage, 4),
    "psnr_brushbench": psnr_brushbench,
    "mse_brushbench": mse_brushbench,
    "l1": l1,
    "l1_aotgan": l1_aotgan,
    "l1_coordfill": l1_coordfill,
    "l1_scat": l1_scat,
    "ssim": partial(by_pyiqa, "ssimc"),
    "ssim_y": ssim_y_by_skimage,
    "ssim_lama": partial(ssim_with_border, "constant", 0),
    "ssim_mat": ssim_mat,
    "ssim_aotgan": partial(ssim_by_skimage, 7),
    "ssim_coordfill": partial(ssim_by_skimage, 11),
    "ssim_gdp": ssim_gdp,
    "ssim_gdp_all": partial(ssim_with_border, "mirror", 4),
    "ms_ssim": ms_ssim,
    "gmsd": partial(by_pyiqa, "gmsd"),
    "vif": vif_by_pyiqa,
    "vifp": vifp_by_torchmetrics,
    "niqe": niqe_by_pyiqa,
    "brisque": brisque,
    "piqe": piqe_by_pyiqa,
    "lpips": partial(lpips_by_torchmetrics, "alex"),
    "lpips_vgg": partial(lpips_by_torchmetrics, "vgg"),
    "lpips_squeeze": partial(lpips_by_torchmetrics, "squeeze"),
    "lpips_gdp_all": lpips_gdp_all,
    "lpips_brushbench": lpips_brushbench,
    "dists": dists_by_torchmetrics,
}


# ---- the tests


def test_every_claim_has_a_reference_and_every_reference_a_claim() -> None:
    assert {name for name, spec in SPECS.items() if spec.equals} == set(REFERENCES)


@pytest.mark.filterwarnings("ignore")  # other libraries' own business
@pytest.mark.parametrize("name", REFERENCES)
def test_the_difference_is_at_most_what_the_spec_says(name: str, pairs: list[Pair]) -> None:
    spec = SPECS[name]
    stated = STATED.search(spec.equals)
    assert stated, f"{name}: equals must end in '; tested: at most X off'"
    region = spec.regions[0]
    metric = load_target(spec)(device="cpu", region=region)
    differences, values = [], []
    for pair in pairs[::2] if spec.requires else pairs:
        if spec.requires and pair[0].shape[-1] < 100:
            continue  # AlexNet has no features of so small a picture
        output, truth, known = cut(name, pair)
        batch = MetricBatch(("a",), output, truth, 1 - known, known if region == "known" else None)
        (ours,), theirs = metric(batch).values(), REFERENCES[name](output, truth, known)
        assert torch.isfinite(ours).item() == math.isfinite(theirs)
        if math.isfinite(theirs):
            differences.append(abs(ours.item() - theirs))
            values.append(theirs)
    assert len(values) >= 3
    assert max(values) - min(values) > 100 * float(stated[1])  # or agreement would say nothing
    assert max(differences) <= float(stated[1]), differences


def cut(name: str, pair: Pair) -> Pair:
    """The part of a pair that a metric is compared on."""
    output, truth, known = pair
    height, width = truth.shape[-2:]
    if name not in LARGE:
        height, width = min(height, 112 - height % 2), min(width, 128 - width % 2)
    if name in GREY:
        height, width = height // 16 * 16, width // 16 * 16
        output, truth = (x[:, 1:2].expand(-1, 3, -1, -1) for x in (output, truth))
    return output[..., :height, :width], truth[..., :height, :width], known[..., :height, :width]

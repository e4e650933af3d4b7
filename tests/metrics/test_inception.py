"""Inception extractors with files in the right format and random weights: never a result, but every step of one."""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from harness.errors import HarnessError, MissingRequirement
from harness.metrics import inception
from harness.metrics.inception import (
    VARIANTS,
    InceptionClean,
    InceptionNvidia,
    InceptionPt,
    InceptionTf,
    InceptionTorchvision,
    require,
    resize_pil,
    resize_tf1,
    resize_torch,
)
from harness.metrics.published import PublishedFrechet
from harness.plugins import registry
from harness.runner.plan import metric_skip


def _lively(network: nn.Module) -> nn.Module:
    """Random weights that keep a signal's size through many layers, unlike torch's default."""
    torch.manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    """``[4,3,75,91]`` of 8-bit levels, divided by 255: odd sides, edges and noise."""
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (4, 3, 75, 91))
    levels[:, :, 20:40] = 255
    levels[:, :, :, 60:] //= 3
    return torch.from_numpy(levels).float() / 255


class _Script(nn.Module):
    """What NVIDIA's file can be asked for: `layers` on centred 299² pictures, and a `forward` with its own resize."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 2048, 8, stride=8, bias=False), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )

    def forward(self, x: Tensor, return_features: bool = False) -> Tensor:
        assert return_features
        assert x.dtype == torch.uint8
        small = F.interpolate(x.float(), [299, 299], mode="bilinear", align_corners=False)
        features: Tensor = self.layers((small - 128) / 128)
        return features


@pytest.fixture(scope="module")
def random_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `HARNESS_HOME` with files of random weights under the published names."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "weights" / "inception"
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.hub, "load_state_dict_from_url", None)
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        patch.setattr(torch, "load", lambda *args, **kwargs: {})
        ported = _lively(FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path="none"))
    torch.save(ported.state_dict(), folder / inception.PORTED.name)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.script(_Script()).save(folder / inception.NVIDIA.name)  # type: ignore[no-untyped-call]
    from torchvision.models.inception import Inception3

    torch.save(_lively(Inception3(init_weights=False)).state_dict(), folder / inception.TORCHVISION.name)
    return home


@pytest.fixture
def placed(random_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The random files accepted: no sha256 is expected of them."""
    monkeypatch.setenv("HARNESS_HOME", str(random_home))
    anything = {
        name: variant._replace(file=dataclasses.replace(variant.file, sha256="")) for name, variant in VARIANTS.items()
    }
    monkeypatch.setattr(inception, "VARIANTS", MappingProxyType(anything))
    return random_home / "weights" / "inception"


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (2, 3, 75, 91), (1, 1, 512, 300), (1, 3, 299, 299)])
def test_resize_of_tensorflow_1_is_torch_fidelitys(shape: tuple[int, ...]) -> None:
    levels = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0)).float()
    theirs = interpolate_bilinear_2d_like_tensorflow1x(levels, size=(299, 299), align_corners=False)
    assert torch.equal(resize_tf1(levels), theirs)


def test_resize_of_pillow_is_pillows_by_channel_and_clipped(pictures: Tensor) -> None:
    levels = (pictures * 255).round()
    resized = resize_pil(levels)
    assert resized.shape == (4, 3, 299, 299)
    assert resized.min() == 0  # the bicubic kernel overshoots at edges
    assert resized.max() == 255
    plane = levels[1, 2].numpy().astype(np.float32)
    theirs = np.asarray(Image.fromarray(plane, mode="F").resize((299, 299), Image.BICUBIC)).clip(0, 255)
    assert np.array_equal(resized[1, 2].numpy(), theirs)


def test_the_three_resizes_are_three(pictures: Tensor) -> None:
    """From large pictures they differ by far more than rounding: which is why no two share a name."""
    large = F.interpolate(pictures, (1024, 1024)) * 255
    tf1, plain, pillow = resize_tf1(large), resize_torch(large), resize_pil(large)
    for a, b in ((tf1, plain), (tf1, pillow), (plain, pillow)):
        assert (a - b).abs().mean() > 1


def test_features_are_torch_fidelitys(placed: Path, pictures: Tensor) -> None:
    theirs = FeatureExtractorInceptionV3(
        "inception", ["2048"], feature_extractor_weights_path=placed / inception.PORTED.name
    )
    [expected] = theirs((pictures * 255).round().to(torch.uint8))
    found = InceptionTf().embed(pictures)
    assert found.shape == (4, 2048)
    assert expected.std() > 0.01
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_pytorch_fids_features_differ_by_the_resize_alone(placed: Path) -> None:
    levels = torch.randint(0, 256, (2, 3, 299, 299), generator=torch.Generator().manual_seed(1)).float()
    ported, fidelity = InceptionPt(), InceptionTf()
    # [-1, 1] by 2x - 1 and by (255x - 128) / 128 are 1/128 apart; at 299² no resize happens.
    assert torch.allclose(ported.embed(levels / 255), fidelity.network(2 * levels / 255 - 1), rtol=1e-4, atol=1e-4)
    small = levels[..., :120, :120] / 255
    assert (ported.embed(small) - fidelity.embed(small)).abs().mean() > 1e-3


def test_clean_fids_layers_see_pillows_resize(placed: Path, pictures: Tensor) -> None:
    script = InceptionNvidia().network
    levels = (pictures * 255).round()
    assert torch.allclose(InceptionClean().embed(pictures), script.layers((resize_pil(levels) - 128) / 128), atol=1e-5)
    inside = script(levels.to(torch.uint8), return_features=True)
    assert torch.allclose(InceptionNvidia().embed(pictures), inside, atol=1e-5)
    assert (InceptionClean().embed(pictures) - inside).abs().mean() > 1e-3


def test_torchvisions_network_is_fed_as_inst_inpaint_feeds_it(placed: Path, pictures: Tensor) -> None:
    from torchvision.models.inception import Inception3

    network = Inception3(transform_input=True, init_weights=False)
    network.load_state_dict(torch.load(placed / inception.TORCHVISION.name, weights_only=True))
    network.fc = nn.Identity()
    resized = nn.Upsample(size=(299, 299), mode="bilinear", align_corners=False)(pictures)
    with torch.inference_mode():
        expected = network.eval()(resized)
    found = InceptionTorchvision().embed(pictures)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_batches_do_not_matter(placed: Path, pictures: Tensor) -> None:
    embedder = InceptionTf()
    alone = torch.cat([embedder.embed(picture[None]) for picture in pictures])
    assert torch.allclose(alone, embedder.embed(pictures), rtol=1e-4, atol=1e-4)


def test_the_users_file_is_known_by_its_sha256(placed: Path) -> None:
    embedder = InceptionNvidia()
    assert embedder.weights_sha256 == hashlib.sha256((placed / inception.NVIDIA.name).read_bytes()).hexdigest()
    assert not embedder.verified


def test_a_file_that_is_not_the_published_one_is_refused(random_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights under the right name make numbers that look like results."""
    monkeypatch.setenv("HARNESS_HOME", str(random_home))
    for embedder in (InceptionTf, InceptionPt, InceptionTorchvision):
        with pytest.raises(HarnessError, match=r"sha256 .*…, expected .*: get the file again"):
            embedder()
    with pytest.raises(HarnessError, match="get the file again"):  # before anything is computed
        metric_skip("fid_tf", registry())


def test_weights_are_never_unpickled(placed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Boom:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "ran",))  # type: ignore[return-value]

    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    folder = tmp_path / "weights" / "inception"
    folder.mkdir(parents=True)
    torch.save({"fc.weight": Boom()}, folder / inception.PORTED.name)
    with pytest.raises(Exception, match="weights_only"):
        InceptionTf()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_a_missing_file_is_one_line_with_its_place_and_command(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    with pytest.raises(MissingRequirement) as told:
        require(variant)
    line = str(told.value)
    name = VARIANTS[variant].file.name
    for part in (f"needs the file {name}", "licence: ", str(tmp_path / "weights" / "inception" / name), "curl -fL "):
        assert part in line
    assert "\n" not in line


def test_plans_skip_what_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    for name in ("fid_tf", "fid_pt", "fid_clean", "fid_nvidia", "fid_torchvision", "kid_tf", "p_ids_nvidia"):
        assert metric_skip(name, registry()).startswith("needs the file ")
    for name in ("p_ids_efl0", "u_ids_efl0", "fd_efl2", "kid_efl2", "feat_efl2@hole"):
        assert metric_skip(name, registry()) == ""


def test_fid_from_files_to_number_is_torch_fidelitys(placed: Path, pictures: Tensor) -> None:
    """Folders of pictures → features → distance, with one file of random weights, on the first 96 dimensions.

    (All 2048 take torch-fidelity 16 s; `benchmarks/set_distances.py` does that and prints the difference.)
    """
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    outputs, truths = pictures, pictures.flip(-1) * 0.7
    theirs = FeatureExtractorInceptionV3(
        "inception", ["2048"], feature_extractor_weights_path=placed / inception.PORTED.name
    )
    levels = [(x * 255).round().to(torch.uint8) for x in (outputs, truths)]
    statistics = [fid_features_to_statistics(theirs(x)[0][:, :96]) for x in levels]
    expected = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    ours = [InceptionTf().embed(x.float() / 255)[:, :96].numpy() for x in levels]
    value = PublishedFrechet("inception_tf").reduce(*ours, list("abcd"))[0]
    assert value == pytest.approx(expected, rel=1e-3)

"""Third parties' metrics: used where their files are, skipped with one useful line where not, never downloaded."""

from __future__ import annotations

import io
import pickle
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.interfaces import MetricBatch
from harness.metrics.dists import Dists
from harness.metrics.lpips_adapter import BACKBONES, Lpips, LpipsBrushBench, LpipsGdpAll, LpipsSqueeze, LpipsVgg
from harness.metrics.offline import files_sha256, no_downloads
from harness.metrics.pyiqa_adapter import PyiqaMetric
from harness.metrics.pyiqa_catalogue import WITHOUT_WEIGHTS, pyiqa_spec
from harness.metrics.specs import metric_specs
from harness.plugins import registry
from harness.runner.plan import metric_skip

Make = Callable[..., MetricBatch]
Noise = Callable[[torch.Tensor, float], torch.Tensor]
needs_pyiqa = pytest.mark.skipif(find_spec("pyiqa") is None, reason="pyiqa is not installed")


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No weight file anywhere, and a network that fails the test."""

    def reached(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a download was tried: {args}")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(socket.socket, "connect", reached)
    return tmp_path


@pytest.mark.parametrize(
    ("metric", "file"),
    [(Lpips, "alexnet-owt-7be5be79.pth"), (LpipsVgg, "vgg16-397923af.pth"),
     (LpipsSqueeze, "squeezenet1_1-b8a52dc0.pth"), (LpipsGdpAll, "vgg16-397923af.pth"),
     (LpipsBrushBench, "squeezenet1_1-b8a52dc0.pth"), (Dists, "vgg16-397923af.pth")],
)  # fmt: skip
def test_without_its_file_a_metric_says_file_licence_place_and_command(
    metric: type[Any], file: str, empty_home: Path
) -> None:
    place = empty_home / "torch/hub/checkpoints" / file
    with pytest.raises(MissingRequirement) as caught:
        metric(region="known") if metric is LpipsBrushBench else metric()
    line = str(caught.value)
    assert "\n" not in line
    for part in (f"needs the file {file}", "BSD", str(place), "curl", "https://"):
        assert part in line
    assert not line.startswith("lpips")  # the plan says whose reason it is
    with pytest.raises(MissingRequirement, match=f"needs the file {file}"):
        metric.available()


def test_a_metric_whose_file_is_missing_is_skipped_with_the_command_that_gets_it() -> None:
    wanting = set()
    for spec in metric_specs():
        reason = metric_skip(f"{spec.name}@{spec.regions[0]}" if spec.regions[0] else spec.name, registry())
        assert not reason or "get it: " in reason or "pip install" in reason, f"{spec.name}: {reason}"
        assert "\n" not in reason
        wanting |= {spec.name} if reason else set()
    assert {"lpips", "lpips_vgg", "lpips_squeeze", "lpips_gdp_all", "lpips_brushbench", "dists"} <= wanting
    assert not wanting & {"niqe", "brisque", "piqe"}  # their models are shipped


def test_lpips_with_its_file_runs(empty_home: Path, photos: dict[str, torch.Tensor], noisy: Noise, batch: Make) -> None:
    lpips_and_torchvision = pytest.importorskip("torchvision.models")
    pytest.importorskip("lpips")
    place = empty_home / "torch/hub/checkpoints" / BACKBONES["squeeze"]
    place.parent.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(lpips_and_torchvision.squeezenet1_1(weights=None).state_dict(), place)
    metric = LpipsSqueeze()
    truth = photos["coffee"]
    values = [metric(batch(noisy(truth, s), truth))["lpips_squeeze"].item() for s in (0, 5, 30)]
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert values[0] < values[1] < values[2]
    assert len(metric.weights_sha256) == 64
    assert LpipsSqueeze().weights_sha256 == metric.weights_sha256
    LpipsSqueeze.available()
    torch.manual_seed(1)
    torch.save(lpips_and_torchvision.squeezenet1_1(weights=None).state_dict(), place)
    assert LpipsSqueeze().weights_sha256 != metric.weights_sha256


def test_files_are_known_by_name_and_content(tmp_path: Path) -> None:
    one, two = tmp_path / "a.pth", tmp_path / "b.pth"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    assert files_sha256([]) == ""
    assert files_sha256([one, two]) == files_sha256([two, one, two])
    before = files_sha256([one, two])
    two.write_bytes(b"3")
    assert files_sha256([one, two]) != before


def test_what_a_library_reads_is_noted(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    (tmp_path / "b.mat").write_bytes(b"x")
    with no_downloads("x", "y") as files:
        torch.load(tmp_path / "a.pth")
        (tmp_path / "b.mat").read_bytes()
        Path(__file__).read_bytes()
    assert {path.name for path in files} == {"a.pth", "b.mat"}


def test_networks_judge_whole_images_or_what_is_known() -> None:
    with pytest.raises(HarnessError, match="feat_efl0@hole"):
        Lpips(region="hole")
    with pytest.raises(HarnessError, match="feat_efl0@hole"):
        Dists(region="hole")
    with pytest.raises(HarnessError, match="lpips_brushbench@known"):
        LpipsBrushBench()


def test_dists_without_the_package_that_has_its_heads_is_a_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.metrics.dists.find_spec", lambda name: None)
    with pytest.raises(MissingRequirement, match="pip install torchmetrics"):
        Dists.available()


def test_every_way_to_the_network_is_closed() -> None:
    with pytest.raises(MissingRequirement, match=r"RN50\.pt"), no_downloads("x", "y"):
        urllib.request.urlopen("https://example.org/clip/RN50.pt")
    with pytest.raises(MissingRequirement, match=r"checkpoints/a-12345678\.pth"), no_downloads("x", "y"):
        torch.hub.load_state_dict_from_url("https://example.org/a-12345678.pth")
    with pytest.raises(MissingRequirement, match=r"example\.org"), no_downloads("x", "y"):
        socket.create_connection(("example.org", 443))


def test_a_library_that_hides_the_refusal_is_not_believed() -> None:
    def quietly() -> None:
        try:
            urllib.request.urlopen("https://example.org/w.pth")
        except Exception:  # and goes on with random weights
            return

    with pytest.raises(MissingRequirement, match=r"w\.pth"), no_downloads("x", "y"):
        quietly()


def test_the_network_is_open_again_afterwards() -> None:
    opener, look_up = urllib.request.OpenerDirector.open, socket.getaddrinfo
    with no_downloads("x", "y"):
        assert socket.getaddrinfo is not look_up
    assert (urllib.request.OpenerDirector.open, socket.getaddrinfo) == (opener, look_up)


def test_an_absent_module_is_a_pip_line() -> None:
    with pytest.raises(MissingRequirement, match="pip install 'setuptools<81'"), no_downloads("x", "y"):
        raise ModuleNotFoundError("No module named 'pkg_resources'", name="pkg_resources")


@needs_pyiqa
def test_pyiqa_runs_what_needs_no_files(photos: dict[str, torch.Tensor], noisy: Noise, batch: Make) -> None:
    truth = photos["astronaut"]
    given = batch(torch.cat([noisy(truth, 3), noisy(truth, 30)]), torch.cat([truth, truth]))
    for name in sorted(WITHOUT_WEIGHTS - {"mad", "piqe", "entropy"}):  # mad: 8 s; the others see no reference
        values = PyiqaMetric(name=name)(given)[name]
        better, worse = values.tolist()
        assert (better > worse) == pyiqa_spec(name).higher_is_better, name


@needs_pyiqa
def test_pyiqa_with_its_file_is_available_and_known_by_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    PyiqaMetric.available(name="psnr")
    assert PyiqaMetric(name="psnr").weights_sha256 == ""
    from pyiqa.archs.cnniqa_arch import CNNIQA
    from pyiqa.utils import download_util

    monkeypatch.setattr(download_util, "DEFAULT_CACHE_DIR", str(tmp_path))
    known = set()
    for seed in (0, 1):
        torch.manual_seed(seed)
        torch.save({"params": CNNIQA(pretrained=None).state_dict()}, tmp_path / "CNNIQA_koniq10k-e6f14c91.pth")
        PyiqaMetric.available(name="cnniqa")
        known.add(PyiqaMetric(name="cnniqa").weights_sha256)
    assert len(known) == 2


@needs_pyiqa
def test_pyiqa_without_a_reference(photos: dict[str, torch.Tensor], batch: Make) -> None:
    assert pyiqa_spec("entropy").uses == {"output"}
    values = PyiqaMetric(name="entropy")(batch(photos["coffee"], torch.full_like(photos["coffee"], torch.nan)))
    assert torch.isfinite(values["entropy"]).all()


@needs_pyiqa
@pytest.mark.parametrize(
    ("name", "file"),
    [("lpips", "alexnet-owt-7be5be79.pth"), ("niqe", "niqe_modelparameters.mat"), ("clipscore", "ViT-B-32.pt"),
     ("hyperiqa", "timm/resnet50.a1_in1k/model.safetensors")],
)  # fmt: skip
def test_pyiqa_says_which_file_it_misses(name: str, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingRequirement) as caught:
        PyiqaMetric(name=name)
    line = str(caught.value)
    assert "\n" not in line
    for part in ("needs the file ", file, "PolyForm-Noncommercial", "place: ", "get it: "):
        assert part in line
    with pytest.raises(MissingRequirement) as asked:
        PyiqaMetric.available(name=name)
    assert str(asked.value) == line


class _Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.marker,))


@needs_pyiqa
def test_a_placed_pickle_runs_no_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    PyiqaMetric(name="psnr")  # so that pyiqa is imported
    from pyiqa.utils import download_util

    monkeypatch.setattr(download_util, "DEFAULT_CACHE_DIR", str(tmp_path))
    buffer = io.BytesIO()
    torch.save({"params": _Evil(tmp_path / "ran")}, buffer, pickle_module=pickle)
    (tmp_path / "CNNIQA_koniq10k-e6f14c91.pth").write_bytes(buffer.getvalue())
    with pytest.raises(HarnessError, match="cnniqa"):
        PyiqaMetric(name="cnniqa")
    assert not (tmp_path / "ran").exists()


@needs_pyiqa
def test_pyiqa_names_and_regions_are_checked() -> None:
    with pytest.raises(UnknownName, match="lpips"):
        pyiqa_spec("lpip")
    with pytest.raises(HarnessError, match="fd_efl0"):
        pyiqa_spec("fid")
    with pytest.raises(HarnessError, match="whole images"):
        PyiqaMetric(name="psnr", region="hole")


@needs_pyiqa
def test_a_pyiqa_spec_is_made_without_torch_or_pyiqa() -> None:
    code = (
        "import sys; from harness.metrics.specs import pyiqa_spec; spec = pyiqa_spec('lpips');"
        "assert not spec.higher_is_better and 'PolyForm-Noncommercial' in spec.licence;"
        "assert pyiqa_spec('ssim').higher_is_better;"
        "assert not {'torch', 'pyiqa', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_pyiqa_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.metrics import pyiqa_catalogue

    pyiqa_catalogue._catalogue.cache_clear()
    monkeypatch.setattr(pyiqa_catalogue, "find_spec", lambda name: None)
    with pytest.raises(MissingRequirement, match=r"pip install 'iq-harness\[pyiqa\]'"):
        pyiqa_catalogue.pyiqa_spec("brand-new")

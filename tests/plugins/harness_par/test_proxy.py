"""`par-proxy`: its networks, its judge, its metrics; never called PAR."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import HarnessError, UnknownName
from harness.interfaces import Batch, LoadedWeights, MetricBatch, Setup
from harness.testing.conformance.pictures import photograph
from harness.testing.conformance.tensors import holes, pictures
from harness.training.export import export, read_metadata
from harness.weights import random_network, resolve_weights
from harness_par import proxy_metric
from harness_par.faults import made, untouched
from harness_par.finder import Finder
from harness_par.proxy import ProxyAssessor
from harness_par.proxy_metric import ParProxy, ParProxyOriginal
from harness_par.proxy_network import TINY, ProxyConfig, ProxyNetwork
from harness_par.proxy_spec import PAR_PROXY
from harness_par.proxy_train import stacked

SIZE = (40, 56)


def file_of(config: ProxyConfig, folder: Path) -> LoadedWeights:
    """A file as `harness train par-proxy` writes it."""
    network = random_network(lambda: ProxyNetwork(config))
    export(folder / "mini.safetensors", network.state_dict(), {"network": vars(config)})
    return LoadedWeights("mini-a", "mini", folder / "mini.safetensors", "")


@pytest.mark.parametrize(("backbone", "head"), [("efl0", "uper"), ("small", "fcn")])
def test_backbones_and_heads_judge_any_size(backbone: str, head: str, tmp_path: Path) -> None:
    config = ProxyConfig(backbone, head, 4, 4)
    assert not any("frozen" in key or "_blocks" in key for key in ProxyNetwork(config).state_dict())
    image = pictures(2, (33, 47))
    found = Finder(file_of(config, tmp_path), "cpu", None)(image)
    assert found.shape == (2, 1, 33, 47)
    assert 0 < float(found.min()) < float(found.max()) < 1


def test_the_features_are_seen_and_stay_as_they_are() -> None:
    network = ProxyNetwork(ProxyConfig("efl0", "fcn", 4, 4))
    network.train()
    network(pictures(2, SIZE)).sum().backward()
    frozen = network.backbone._frozen[0]
    assert not frozen.network.training
    assert all(parameter.grad is None for parameter in frozen.parameters())
    assert all(parameter.grad is not None for parameter in network.parameters())
    maps = network.eval().backbone(torch.zeros(1, 3, 32, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [(92, 8, 8), (40, 4, 4), (112, 2, 2)]


def test_unknown_parts_are_told() -> None:
    for config in (ProxyConfig("vgg"), ProxyConfig(head="psp")):
        with pytest.raises(UnknownName):
            ProxyNetwork(config)


def test_dropout_acts_in_training_alone() -> None:
    network = random_network(lambda: ProxyNetwork(ProxyConfig("small", "uper", 8, 4, dropout=0.5)))
    image = pictures(2, (64, 64))
    with torch.no_grad():
        assert not torch.equal(network.train()(image), network(image))
        assert torch.equal(network.eval()(image), network(image))


def test_it_judges_at_the_picture_s_own_size_and_knows_the_hole(tmp_path: Path) -> None:
    judge = ProxyAssessor(Setup("cpu", file_of(TINY, tmp_path)))
    image, mask = pictures(2, SIZE), holes(2, SIZE)
    mask[1] = 0
    found = judge.assess(Batch(("a", "b"), image=image, mask=mask))
    assert found.map is not None
    assert found.map.shape == (2, 1, *SIZE)
    assert found.primary == "clean"
    assert torch.allclose(found.scores["clean"], 1 - found.map.mean((1, 2, 3)))
    assert torch.equal(found.scores["artifacts"], (found.map > 0.5).float().mean((1, 2, 3)))
    inside = found.map[0][mask[0] > 0.5]
    assert float(found.scores["artifacts_in_hole"][0]) == pytest.approx(float((inside > 0.5).float().mean()))
    assert bool(found.scores["artifacts_in_hole"][1].isnan())
    assert "artifacts_in_hole" not in judge.assess(Batch(("a",), image=image[:1])).scores
    assert not any(name.startswith("par") for name in found.scores)
    with pytest.raises(HarnessError, match="needs an image"):
        judge.assess(Batch(("a",)))


def test_the_metrics_count_in_the_hole_of_the_output_and_of_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = file_of(TINY, tmp_path)
    monkeypatch.setattr(proxy_metric, "_weights", lambda: weights)
    truth, mask = pictures(2, SIZE), holes(2, SIZE)
    batch = MetricBatch(("a", "b"), truth.flip(-1), truth, mask)
    find = Finder(weights, "cpu", 0)
    for metric, image in ((ParProxy(), batch.output), (ParProxyOriginal(), truth)):
        found = metric(batch)[metric.name]
        for index in range(2):
            inside = find(image)[index][mask[index] > 0.5]
            assert float(found[index]) == pytest.approx(float((inside > 0.5).float().mean()))


def test_the_shipped_halves_find_faults_and_say_what_they_are_worth() -> None:
    hole = np.zeros((96, 96), bool)
    hole[16:80, 16:80] = True
    photos = [photograph(index, 96, 96) for index in range(6)]
    spoilt = [made(photo, hole, index, kind) for index, photo in enumerate(photos) for kind in ("blob", "repeat")]
    for half in ("a", "b"):
        weights = resolve_weights(PAR_PROXY, f"mini-{half}")
        assert weights is not None
        assert weights.path is not None
        find = Finder(weights, "cpu", None)
        before, after = find(stacked([untouched(photo, hole) for photo in photos])[0]), find(stacked(spoilt)[0])
        at_fault = [(after[k, 0][one.artifact].mean(), before[k // 2, 0][one.artifact].mean())
                    for k, one in enumerate(spoilt) if one.artifact.any()]  # fmt: skip
        assert sum(float(a) for a, _ in at_fault) > 2 * sum(float(b) for _, b in at_fault)
        facts = read_metadata(weights.path)
        assert facts["half"] == half
        assert f"{facts['samples_seen']:,}" in card()
        for where in ("held_out", "shipped_photographs"):
            assert f"{facts['measured'][where]['auroc']:.2f}"[1:] in card()


def card() -> str:
    return files("harness_par").joinpath("proxy.md").read_text("utf-8")

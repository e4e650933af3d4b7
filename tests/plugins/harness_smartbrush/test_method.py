"""What is painted where: the background stays, chance comes from seeds, bases are grown and loaded strict."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.nn.first_stage import first_stage_sha256
from harness.nn.text_transformer import TextConfig
from harness.nn.word_list import PAD, UNKNOWN
from harness_smartbrush.checkpoint import FIRST, UNET, load_network, mapped
from harness_smartbrush.method import Blended, Brush
from harness_smartbrush.network import BrushConfig, Prediction, SmartBrush, betas, mini, noise_mask
from harness_smartbrush.sampling import Task, painted, sampler
from harness_smartbrush.words import clip_encoder

TEXTS = ("a small red metal cube", "a ball")
TINY = replace(
    mini((PAD, UNKNOWN, "a", "red", "cube")), channels=8, heads=2,
    text=TextConfig(width=8, layers=1, heads=1, head_channels=8, words=5, longest=6),
)  # fmt: skip


def _network(config: BrushConfig) -> SmartBrush:
    torch.manual_seed(0)
    network = SmartBrush(config)
    for weight in network.model.parameters():  # layers that begin as zeros would hide what they are told
        if weight.ndim > 1 and not weight.any():
            nn.init.normal_(weight, std=0.3)
    return network


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> LoadedWeights:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    facts = {"network": asdict(TINY), "first_stage": first_stage_sha256()}
    save_file(_network(TINY).state_dict(), path, metadata={"harness": json.dumps(facts)})
    return LoadedWeights("tiny", "mini", path, "")


def _batch(rows: tuple[int, ...] = (0, 1)) -> Batch:
    generator = torch.Generator().manual_seed(1)
    image, mask = torch.rand(2, 3, 96, 140, generator=generator), torch.zeros(2, 1, 96, 140)
    mask[:, :, 31:70, 40:91] = 1
    return Batch(
        tuple("ab"[k] for k in rows), image[list(rows)], mask[list(rows)], tuple(TEXTS[k] for k in rows),
        seeds=tuple(rows), precision=tuple((0, 5)[k] for k in rows),
    )  # fmt: skip


@pytest.mark.parametrize("build", [Brush, Blended])
def test_only_the_region_changes_and_a_picture_alone_is_painted_as_in_a_batch(
    build: type[Brush] | type[Blended], weights: LoadedWeights
) -> None:
    method, batch = build(Setup(weights=weights), steps=2), _batch()
    assert batch.image is not None
    assert batch.mask is not None
    answer = method.inpaint(batch)
    outside = (batch.mask == 0).expand_as(answer.image)
    assert torch.equal(answer.image[outside], batch.image[outside])
    assert not torch.equal(answer.image, batch.image)
    torch.testing.assert_close(method.inpaint(_batch((1,))).image, answer.image[1:], atol=2e-5, rtol=0)
    if build is Brush:
        assert ((answer.maps["mask"] > 0.01) <= (batch.mask > 0)).float().mean() > 0.98


def test_what_is_told_matters(weights: LoadedWeights) -> None:
    method, batch = Brush(Setup(weights=weights), steps=2), _batch()
    first = method.inpaint(batch).image
    batch.precision = (5, 5)
    assert not torch.equal(method.inpaint(batch).image[0], first[0])
    batch.precision, batch.prompt = (0, 5), ("a cube", "a ball")
    assert not torch.equal(method.inpaint(batch).image[0], first[0])
    given = Brush(Setup(weights=weights), steps=2, keep="given").inpaint(_batch()).image
    assert not torch.equal(given, first)


class _Knows(nn.Module):
    """A network that knows the clean latent, and that the object is the left half of whatever mask it is given."""

    def __init__(self, clean: Tensor) -> None:
        super().__init__()
        self.config, self.clean, self.seen = replace(TINY, predicts="noise"), clean, list[tuple[Tensor, Tensor]]()

    def forward(self, noisy: Tensor, mask: Tensor, precision: Tensor, steps: Tensor, context: Tensor) -> Prediction:
        kept = torch.from_numpy((1 - betas()).cumprod())[steps].float()[:, None, None, None]
        self.seen.append((mask, precision))
        assert torch.equal(noisy * (1 - noise_mask(mask)), torch.zeros_like(noisy))
        odds = torch.full_like(mask, -9.0)
        odds[..., :32] = 9.0
        return Prediction((noisy - kept.sqrt() * self.clean) / (1 - kept).sqrt(), odds)


def test_the_background_is_clean_and_the_predicted_mask_takes_over() -> None:
    clean = torch.randn(1, 4, 8, 8)
    network = _Knows(clean)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 8:56, 8:56] = 1
    silence = torch.zeros(1, 1, 1)
    task = Task(torch.zeros_like(clean), mask, torch.tensor([5]), silence, silence)
    found = painted(network, sampler(4), torch.randn(1, 4, 8, 8), task, 0.5)  # type: ignore[arg-type]
    assert [int(precision) for _, precision in network.seen] == [5, 5, 1, 1]
    after = network.seen[-1][0]
    assert (after <= mask).all()
    assert after[..., 8:56, 8:32].all()
    assert not after[..., 44:].any()
    assert found.latent[..., 1:7, 6].abs().max() == 0
    torch.testing.assert_close(found.latent[..., 1:7, 1:4], clean[..., 1:7, 1:4], atol=0.15, rtol=0)


BASE = BrushConfig(
    channels=32,
    multipliers=(1,),
    blocks=1,
    attention=(),
    heads=1,
    text=TextConfig(8, 1, 1, 8, 5, 6),
    own_first_stage=False,
)


def test_a_base_is_grown_and_anything_else_is_refused() -> None:
    network = SmartBrush(BASE)
    tuned = network.state_dict()
    assert mapped(dict(tuned), BASE)[1] == BASE
    plain = dict(tuned)
    plain[FIRST] = plain[FIRST][:, :4]
    for name in ("weight", "bias"):
        plain[f"{UNET}out.2.{name}"] = plain[f"{UNET}out.2.{name}"][:4]
    plain["betas"] = torch.from_numpy(betas()).float()
    averaged = {f"model_ema.{k.removeprefix('model.').replace('.', '')}": v + 1 for k, v in plain.items() if UNET in k}
    for state, more in ((plain, 0), (plain | averaged, 1)):
        made, config = mapped(state, BASE)
        assert not config.tells_mask
        assert torch.equal(made[FIRST][:, :4], plain[FIRST] + more)
        assert (made[FIRST][:, 4:] == 0).all()
        SmartBrush(config).load_state_dict(made, strict=True)
    with pytest.raises(ValueError, match="9 inputs and 4 outputs"):
        mapped(plain | {FIRST: torch.zeros(32, 9, 3, 3)}, BASE)
    with pytest.raises(ValueError, match="another schedule"):
        mapped(plain | {"betas": torch.linspace(0, 1, 1000)}, BASE)
    key = "cond_stage_model.transformer.text_model.final_layer_norm.bias"
    assert "cond_stage_model.transformer.final_layer_norm.bias" in mapped(plain | {key: torch.zeros(1)}, BASE)[0]


def test_files_that_do_not_fit(weights: LoadedWeights, tmp_path: Path) -> None:
    facts = {"network": asdict(TINY), "first_stage": "0" * 64}
    save_file(_network(TINY).state_dict(), tmp_path / "a.safetensors", metadata={"harness": json.dumps(facts)})
    with pytest.raises(HarnessError, match="another first stage"):
        load_network(tmp_path / "a.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "b.safetensors")
    with pytest.raises(HarnessError, match="does not hold SmartBrush weights"):
        load_network(tmp_path / "b.safetensors")
    with pytest.raises(MissingRequirement, match=r"vocab\.json"):
        clip_encoder(tmp_path)
    for wrong in ({"precision": 6}, {"refine": 0.0}, {"guidance": -1.0}):
        with pytest.raises(HarnessError):
            Brush(Setup(weights=weights), **wrong)  # type: ignore[arg-type]

"""The release's checkpoint is read whole and strict: averaged weights, no copy left over, no other schedule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.nn.autoencoder import AutoencoderConfig
from harness.nn.diffusion_unet import UNetConfig
from harness.nn.text_transformer import TextConfig
from harness_instinpaint import checkpoint
from harness_instinpaint.checkpoint import from_release, load_network
from harness_instinpaint.network import CLEVR, GQA, InstInpaint, InstInpaintConfig
from harness_instinpaint.parity import released

TINY = InstInpaintConfig(
    UNetConfig(
        channels=8, multipliers=(1,), blocks=1, attention=(1,), heads=2, inputs=8, outputs=4, context=8,
        scale_shift=False, groups=4,
    ),
    AutoencoderConfig(channels=8, multipliers=(1, 1), blocks=1, attention=(), codes=16, groups=4),
    TextConfig(8, 1, 2, 4, 30, 12),
    side=16,
)  # fmt: skip
LAYER = "model.diffusion_model.out.2.weight"
AVERAGED = "model_ema.diffusion_modelout2weight"


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return released(InstInpaint(TINY))


def test_the_averaged_u_net_is_taken_and_nothing_else_twice(state: dict[str, Tensor]) -> None:
    told = state | {LAYER: torch.zeros_like(state[LAYER])}
    found = from_release(told)
    assert set(found) == set(InstInpaint(TINY).state_dict())
    assert torch.equal(found[LAYER], state[AVERAGED])
    assert torch.equal(found["first_stage_model.quant_conv.bias"], state["first_stage_model.quant_conv.bias"])


def _without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if key != name}


def test_what_is_absent_left_over_or_another_is_refused(state: dict[str, Tensor]) -> None:
    with pytest.raises(KeyError, match=AVERAGED):
        from_release(_without(state, AVERAGED))
    with pytest.raises(ValueError, match=r"model_ema\.more averages nothing"):
        from_release(state | {"model_ema.more": torch.zeros(1)})
    copy = "cond_stage_model.quant_conv.bias"
    with pytest.raises(ValueError, match=f"{copy} is not the first stage's"):
        from_release(state | {copy: state[copy] + 1})
    with pytest.raises(ValueError, match="its betas are another schedule's"):
        from_release(state | {"betas": state["betas"] * 1.01})


def test_a_file_is_read_strict_and_in_one_line(
    state: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "GQA", TINY)
    path = tmp_path / "model.ckpt"
    torch.save({"state_dict": state, "global_step": 3}, path)
    loaded = load_network(path)
    assert loaded.first is loaded.network.first_stage_model
    assert torch.equal(loaded.network.state_dict()[LAYER], state[AVERAGED])
    for wrong in (state | {"more": torch.zeros(1)}, _without(state, "first_stage_model.quant_conv.bias")):
        torch.save({"state_dict": wrong}, path)
        with pytest.raises(HarnessError, match="does not hold Inst-Inpaint weights") as told:
            load_network(path)
        assert "\n" not in str(told.value)


def test_the_configurations_of_the_paper() -> None:
    with torch.device("meta"):
        gqa, clevr = (InstInpaint(config) for config in (GQA, CLEVR))
    # 145,599,492 + 67,717,295 + 81,739,066, as counted in the release
    assert sum(value.numel() for value in gqa.parameters()) == 295_055_853
    layers = [len(n.cond_stage_instruction_embedder.transformer.attn_layers.layers) for n in (gqa, clevr)]
    assert layers == [32, 16]
    assert (CLEVR.text.heads, replace(CLEVR, text=GQA.text)) == (4, GQA)

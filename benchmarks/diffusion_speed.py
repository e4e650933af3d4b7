"""One step of the diffusion family's networks: fused attention against the plain formula, in one run.

The plain path is torch's `MATH` backend, which makes the whole product of queries and keys. Random weights of the
official sizes, one picture; both answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from _machine import write_result
from _turns import Calls, largest_differences, measure, print_table
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from harness.nn.autoencoder import AutoencoderConfig, VectorAutoencoder
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig
from harness.nn.text_transformer import TextConfig, TextTransformer
from harness_gdp.network import MINI, Prior

Network = TypeVar("Network", bound=torch.nn.Module)
FUSED, PLAIN, LAST = "fused attention", "plain attention", "fused, channels last"
TOLERANCE = 1e-3


def _plain(call: Callable[[], Tensor]) -> Callable[[], Tensor]:
    def run() -> Tensor:
        with sdpa_kernel(SDPBackend.MATH):
            return call()

    return run


def _stirred(network: Network) -> Network:
    """In place: layers that begin at zero get small weights, or their answers would be equal whatever came before."""
    for weights in network.parameters():
        if weights.ndim > 1 and not weights.any():
            torch.nn.init.normal_(weights, std=0.02)
    return network.eval()


def latent_unet(side: int) -> Calls:
    """Inst-Inpaint's U-Net on a latent of ``side``: 32 is a picture of 256."""
    config = UNetConfig(
        channels=128, multipliers=(1, 2, 3, 4), attention=(2, 4, 8), heads=8, inputs=8, outputs=4, context=512,
        scale_shift=False,
    )  # fmt: skip
    network = _stirred(DiffusionUNet(config))
    noisy, steps, text = torch.randn(1, 8, side, side), torch.tensor([500]), torch.randn(1, 77, 512)

    def fused() -> Tensor:
        return network(noisy, steps, text)  # type: ignore[no-any-return]

    return {FUSED: fused, PLAIN: _plain(fused)}


def prior(side: int) -> Calls:
    """GDP's small prior on a picture of ``side``; and in channels-last order."""
    network, last = _stirred(Prior(MINI)), Prior(MINI).eval()
    last.load_state_dict(network.state_dict())
    last.to(memory_format=torch.channels_last)
    noisy, steps = torch.randn(1, 3, side, side), torch.tensor([500])
    turned = noisy.to(memory_format=torch.channels_last)

    def fused() -> Tensor:
        return network(noisy, steps)  # type: ignore[no-any-return]

    return {FUSED: fused, PLAIN: _plain(fused), LAST: lambda: last(turned, steps)}


def first_stage(side: int) -> Calls:
    """The official VQ-f8, there and back."""
    network = _stirred(VectorAutoencoder(AutoencoderConfig()))
    picture = torch.rand(1, 3, side, side) * 2 - 1

    def fused() -> Tensor:
        return network.decode(network.features(picture))

    return {FUSED: fused, PLAIN: _plain(fused)}


def text(layers: int) -> Calls:
    """The text encoder of ``layers`` layers; 16 officially."""
    network, ids = _stirred(TextTransformer(TextConfig(layers=layers))), torch.arange(77)[None]

    def fused() -> Tensor:
        return network(ids)  # type: ignore[no-any-return]

    return {FUSED: fused, PLAIN: _plain(fused)}


def run(title: str, calls: Calls, repeats: int) -> dict[str, Any]:
    """Measure one network; raises `SystemExit` where contenders do not agree."""
    differences = largest_differences(calls, FUSED, [name for name in calls if name != FUSED], TOLERANCE)
    table = measure(calls, repeats)
    ratio = table[PLAIN]["cpu_min_s"] / table[FUSED]["cpu_min_s"]
    print_table(title, table)
    print(f"  ratio {ratio:.2f}, largest differences {differences}")
    return {"what": title, "table": table, "differences": differences, "ratio": ratio}


@torch.no_grad()
def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    made = {
        "latent U-Net, picture of 256": latent_unet(32),
        "latent U-Net, picture of 512": latent_unet(64),
        "GDP's small prior, picture of 256": prior(256),
        "VQ-f8, picture of 128": first_stage(128),
        "text encoder": text(16),
    }
    runs = [run(title, calls, given.repeats) for title, calls in made.items()]
    write_result("diffusion_speed", {"repeats": given.repeats, "threads": given.threads, "runs": runs})


if __name__ == "__main__":
    main()

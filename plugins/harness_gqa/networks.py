"""Segmenters of torchvision, whose files a user brings: Mask R-CNN's instances, LR-ASPP's classes in pieces.

Mask R-CNN is what the paper's Detectron2 models are too, trained on COCO. What class a network sees is not asked:
GQA's names are others than COCO's, and the box says which object is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import HarnessError, MissingRequirement
from harness.places import weights_folder
from harness_gqa.outlines import Box, pieces

if TYPE_CHECKING:
    import torch

    from harness.interfaces import Hole, Pixels

__all__ = ["NETWORKS", "Network", "open_network"]

CERTAIN = 0.05
"""torchvision's own least score of an instance."""
SMALLEST = 64
"""ours: pixels of a piece of a class."""
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Network(NamedTuple):
    """One of torchvision's: its file, and how to make it and read its answer."""

    name: str
    file: str
    build: Callable[[], torch.nn.Module]
    read: Callable[[torch.nn.Module, torch.Tensor], Sequence[Hole]]

    @property
    def place(self) -> Path:
        """Where its file is looked for."""
        return weights_folder("gqa") / self.file


def _mask_rcnn() -> torch.nn.Module:
    from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

    net: torch.nn.Module = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None)
    return net


def _lr_aspp() -> torch.nn.Module:
    from torchvision.models.segmentation import lraspp_mobilenet_v3_large

    net: torch.nn.Module = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)
    return net


def _instances(net: torch.nn.Module, picture: torch.Tensor) -> list[Hole]:
    """Masks of every instance that is seen in a picture [3,H,W] in [0,1]; it normalises by itself."""
    found = net([picture])[0]
    masks = found["masks"][found["scores"] >= CERTAIN, 0] > 0.5
    return [mask.numpy() for mask in masks]


def _classes(net: torch.nn.Module, picture: torch.Tensor) -> list[Hole]:
    """Connected pieces of every class but the background."""
    import torch

    mean, spread = (torch.tensor(values)[:, None, None] for values in (MEAN, SPREAD))
    classes = net(((picture - mean) / spread)[None])["out"][0].argmax(0).numpy()
    return [piece for k in sorted(set(classes.flat) - {0}) for piece in pieces(classes == k, SMALLEST)]


NETWORKS = {
    one.name: one
    for one in (
        Network("mask-rcnn", "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth", _mask_rcnn, _instances),
        Network("lr-aspp", "lraspp_mobilenet_v3_large-d234d4ea.pth", _lr_aspp, _classes),
    )
}


class _Open:
    """A network with its weights, strictly loaded."""

    def __init__(self, network: Network) -> None:
        from harness.weights import load_state
        from harness.weights.resolve import sha256_of

        if not network.place.is_file():
            raise MissingRequirement(
                f"{network.name} needs {network.file} (torchvision's weights, BSD-3-Clause; trained on COCO): "
                f"get https://download.pytorch.org/models/{network.file} and save it as {network.place}"
            )
        self.identity = f"{network.name} {sha256_of(network.place)[:12]}"
        self._net = network.build().eval()
        self._read = network.read
        try:
            self._net.load_state_dict(load_state(network.place))
        except RuntimeError as error:
            first = str(error).splitlines()[0]
            raise HarnessError(f"{network.place}: not the weights of {network.name}: {first}") from error

    def on(self, pixels: Pixels) -> Callable[[Box], Sequence[Hole]]:
        """As `segmenters.Segmenter` says; the network runs once a picture, whatever the box."""
        seen: list[Any] = []

        def masks(_: Box) -> Sequence[Hole]:
            if not seen:
                seen.append(self._seen(pixels))
            found: Sequence[Hole] = seen[0]
            return found

        return masks

    def _seen(self, pixels: Pixels) -> Sequence[Hole]:
        import torch

        with torch.inference_mode():
            return self._read(self._net, torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255)


def open_network(name: str) -> _Open:
    """The network called `name`. Raises `MissingRequirement` without its file, `HarnessError` for a wrong one."""
    return _Open(NETWORKS[name])

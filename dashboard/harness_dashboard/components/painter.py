"""A mask painter: brush, eraser and rectangle over a picture, at the picture's own pixels."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st

from harness.datasets.decode import decode, decode_mask, encode_png
from harness.errors import HarnessError
from harness_dashboard.components import asset, stylesheet
from harness_dashboard.components.fragment import script

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

    Pixels = NDArray[np.uint8]

__all__ = ["Action", "Painted", "data_uri", "mask_of", "painter"]

PREFIX = "data:image/png;base64,"
HEADROOM = 4096
"""ours: bytes that a PNG of one bit a pixel may take beside its rows: chunks, and deflate where nothing shrinks."""


@dataclass(frozen=True)
class Action:
    """A button below the picture; it can be pressed with `any` mask, one that is `marked`, or an `empty` one."""

    name: str
    label: str
    when: Literal["any", "marked", "empty"] = "any"


@dataclass(frozen=True)
class Painted:
    """Which action was taken, and the mask as it stood: bool [H, W]."""

    action: str
    mask: Hole


@cache
def _component() -> Any:
    js = script("mask_png.js") + asset("painter.js")
    return st.components.v2.component("harness.painter", css=stylesheet("painter.css"), js=js)


def painter(
    picture: Pixels, id: str, key: str, actions: Sequence[Action], *, mask: Hole | None = None,
    mode: Literal["free", "grow", "cut"] = "free", box: tuple[int, int, int, int] | None = None,
) -> Painted | None:  # fmt: skip
    """Show the painter; what it returns is given once, in the run that an action's click started.

    Args:
        picture: uint8 [H, W, 3], shown as it is.
        id: names picture and round: another id begins another mask. An unfinished one lasts over a reload.
        mask: bool [H, W] to begin with.
        mode: `grow` keeps what `mask` has; `cut` adds nothing to it.
        box: (left, top, right, bottom), drawn dashed.

    Raises:
        HarnessError: what the browser sent is no mask of this picture.
    """
    data = {
        "id": id, "picture": data_uri(picture), "mask": "" if mask is None else data_uri(mask), "mode": mode,
        "box": box, "actions": [{"name": one.name, "label": one.label, "when": one.when} for one in actions],
        "turn": st.session_state.get(f"{key}.turn", 0),
    }  # fmt: skip
    sent = _component()(data=data, key=key, on_done_change=partial(_taken, key)).done
    if sent is None or not isinstance(sent, dict) or sent.get("id") != id:  # a click on a picture that has gone
        return None
    if sent.get("action") not in [one.name for one in actions]:
        raise HarnessError("the painter sent an action that it was not offered")
    return Painted(str(sent["action"]), mask_of(sent.get("mask"), picture.shape[:2]))


def _taken(key: str) -> None:
    """Let the painter know that what it sent is here: its buttons wait for that."""
    st.session_state[f"{key}.turn"] = st.session_state.get(f"{key}.turn", 0) + 1


def data_uri(pixels: Pixels | Hole) -> str:
    """A lossless PNG as an address. bool [H, W] is 0 and 255."""
    return PREFIX + base64.b64encode(encode_png(pixels)).decode()


def mask_of(sent: Any, shape: tuple[int, ...]) -> Hole:
    """The mask [H, W] that a browser sent: a PNG data address, grey, of exactly this size and no more bytes than that.

    Raises:
        HarnessError: anything else, in one line.
    """
    if not isinstance(sent, str) or not sent.startswith(PREFIX):
        raise HarnessError("the painter sent something that is no PNG")
    height, width = shape
    most = HEADROOM + height * (1 + (width + 7) // 8) * 9 // 8
    if len(sent) - len(PREFIX) > most * 4 // 3 + 4:
        raise HarnessError(f"the painter sent {len(sent)} characters, more than a mask of {width}×{height} takes")
    try:
        content = base64.b64decode(sent[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise HarnessError("the painter sent a PNG that is not whole") from error
    facts = decode(content, max_pixels=height * width)
    if facts.facts["format"] != "PNG" or facts.facts["mode"] != "1" or facts.pixels.shape[:2] != (height, width):
        size = f"{facts.pixels.shape[1]}×{facts.pixels.shape[0]}"
        raise HarnessError(
            f"the painter sent {facts.facts['format']} {facts.facts['mode']} {size}, not PNG 1 {width}×{height}"
        )
    return decode_mask(content, max_pixels=height * width)

"""A plugin that makes everybody pay for torch who only lists methods."""

import torch

from harness import MethodSpec, hookimpl


@hookimpl
def harness_register_methods(register):
    register(
        MethodSpec("heavy", ("inpaint",), "sound.methods:Sound", "1", str(torch.float32), "MIT", card="sound:README.md")
    )

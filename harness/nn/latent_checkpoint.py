"""What latent diffusion leaves in a checkpoint beside the network: its schedule's tables, an averaged copy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from harness.nn.diffusion import Diffusion, Table

__all__ = ["AVERAGED", "MODEL", "TABLES", "averaged", "averaged_name", "schedule_tables", "without_schedule"]

MODEL, AVERAGED = "model.", "model_ema."
TABLES = (
    "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
    "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2",
)  # fmt: skip
ROUNDING = 1e-4  # of float32 tables whose quotients lie near 0 at their ends
COUNTERS = ("decay", "num_updates")


def averaged_name(key: str) -> str:
    """What the averaged copy of an entry `model.…` is called: its path without dots."""
    return AVERAGED + key.removeprefix(MODEL).replace(".", "")


def schedule_tables(betas: Table) -> dict[str, Table]:
    """A schedule by the names that checkpoints have, float64 [steps] each."""
    made = Diffusion(betas)
    kept = made.alphas_cumprod
    values = (
        made.betas, kept, made.alphas_cumprod_prev, np.sqrt(kept), np.sqrt(1 - kept), np.log(1 - kept),
        np.sqrt(1 / kept), np.sqrt(1 / kept - 1), made.posterior_variance,
        np.log(np.maximum(made.posterior_variance, 1e-20)), made.posterior_start, made.posterior_noisy,
    )  # fmt: skip
    return dict(zip(TABLES, values, strict=True))


def without_schedule(state: Mapping[str, Tensor], betas: Table) -> dict[str, Tensor]:
    """The entries that are no tables. One without any is taken at its word.

    Raises `ValueError` where a table is not that of ``betas``.
    """
    wanted = schedule_tables(betas)
    for name in TABLES:
        found = state.get(name)
        if found is None:
            continue
        if found.shape != wanted[name].shape or not np.allclose(
            found.double().numpy(), wanted[name], rtol=ROUNDING, atol=1e-6
        ):
            raise ValueError(f"its {name} are another schedule's")
    return {key: value for key, value in state.items() if key not in TABLES}


def averaged(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries with the U-Net as its averaged copy has it, which is what official samplers use.

    A checkpoint without such a copy comes back as it is. Raises `KeyError` for an entry that the copy lacks,
    `ValueError` for one that is a copy of nothing.
    """
    copy = {key: value for key, value in state.items() if key.startswith(AVERAGED)}
    rest = {key: value for key, value in state.items() if key not in copy}
    for counter in COUNTERS:
        copy.pop(AVERAGED + counter, None)
    if not copy:
        return rest
    for key in [key for key in rest if key.startswith(MODEL)]:
        rest[key] = copy.pop(averaged_name(key))
    if copy:
        raise ValueError(f"{min(copy)} averages nothing")
    return rest

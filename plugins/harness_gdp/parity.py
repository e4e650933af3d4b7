"""GDP against stored outputs of the release (`harness parity gdp`): the U-Net, guided steps, whole guided loops.

Configuration, seeds, steps, scales and sizes all come from the fixtures. The schedule's tables and the unguided steps
of the same set are compared in `tests/parity/test_gdp_ground.py`, steps of unknown light in `harness_gdp.parity_light`.

An array called ``NAME_sN`` is every N-th row and column of the tensor ``NAME``. A picture that is an input is whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness.testing.parity import (
    STATISTICS,
    ParityError,
    ParityRow,
    Tolerance,
    compare,
    compare_statistics,
    filled_state,
    read_archive,
    read_set,
    same_keys,
)
from harness_gdp.degradations import Degradation, block_means, blurred, gaussian_kernel, grey
from harness_gdp.guidance import Form, Guide, Point, Quality, guided_sample, guided_step
from harness_gdp.network import Prior, PriorConfig
from harness_gdp.parity_light import READ, light_rows, loss_rows
from harness_gdp.tasks import COLOUR_WEIGHT

__all__ = ["FIXTURE_SET", "check"]

FIXTURE_SET = "gdp_diffusion.json"
NETWORK_SET, OFFICIAL_KEYS = "gdp_unet.json", "gdp_unet_official_keys.json"
NETWORK, STEP, LOOP = Tolerance(2e-5, 2e-5), Tolerance(1e-5, 1e-5), Tolerance(1e-4, 1e-4)
OBSERVED = Tolerance(1e-6, 1e-6)
MULTIPLIERS = {256: (1, 1, 2, 2, 4, 4), 128: (1, 1, 2, 3, 4), 64: (1, 2, 3, 4)}
SAMPLES: dict[str, tuple[Point, Form]] = {
    "sample_x0": ("x0", "mean"),
    "sample_xt": ("xt", "mean"),
    "sample_x0_v1": ("x0", "score"),
    "sample_xt_v1": ("xt", "score"),
}
TASKS: dict[str, Degradation] = {"sr4": block_means, "blur": blurred, "color": grey}
HOLE = "inp"
POINTS: dict[str, Point] = {"x0": "x0", "xt": "xt"}
_PARTS = ("guided/", "loop/", "lowlight/", "hdr/")
_READ = re.compile(
    "guided/(clean|pred_xstart|mean|log_variance|inp/missing_pixels)"
    f"|guided/({'|'.join([*TASKS, HOLE])})/(lr|grad_at_pred_xstart|{'|'.join(SAMPLES)})"
    f"|loop/({'|'.join([*TASKS, HOLE])})/({'|'.join(POINTS)})|{READ}"
)
_STEPPED = re.compile(r"(.+?)(?:_s(\d+))?")


class _Stored(NamedTuple):
    """Every ``step``-th row and column of a tensor ``[..., H, W]``."""

    values: NDArray[Any]
    step: int

    def whole(self, name: str) -> Tensor:
        """The tensor itself. Raises `ParityError` where it is not all there."""
        if self.step != 1:
            raise ParityError(f"'{name}' is an input: it must be stored whole")
        return torch.from_numpy(self.values)

    def cut(self, tensor: Tensor) -> NDArray[Any]:
        found: NDArray[Any] = tensor.numpy()
        return found if self.step == 1 else found[..., :: self.step, :: self.step]


Arrays = Mapping[str, _Stored]


def check(fixtures: Path) -> list[ParityRow]:
    """Compare the network and every array of guided steps, loops, light and losses of the set in ``fixtures``.

    Raises `ParityError` where keys, shapes or names do not agree, or an array is read by nobody.
    """
    content = read_set(fixtures / FIXTURE_SET, "guided", "loop", "lowlight", "hdr", "losses")
    arrays = _read((fixtures / FIXTURE_SET).with_suffix(".npz"))
    unread = [name for name in arrays if name.startswith(_PARTS) and not _READ.fullmatch(name)]
    if unread:
        raise ParityError(f"{FIXTURE_SET}: nobody reads '{unread[0]}'")
    light = {name: stored.values for name, stored in arrays.items() if name.startswith(_PARTS[2:])}
    rows = [*_Guided(content, arrays).rows(), *_network_rows(fixtures)]
    return [*rows, *light_rows(content, light, STEP), *loss_rows(content["losses"], OBSERVED)]


def _path(case: str, variant: str, tensor: str) -> str:
    """How an array is called."""
    return "/".join(part for part in (case, variant, tensor) if part != "-")


def _read(path: Path) -> Arrays:
    return dict(_stored(name, values) for name, values in read_archive(path).items())


def _stored(name: str, values: NDArray[Any]) -> tuple[str, _Stored]:
    match = _STEPPED.fullmatch(name)
    assert match is not None  # a name has at least one letter
    return match[1], _Stored(values, int(match[2] or 1))


def _network_rows(fixtures: Path) -> Iterator[ParityRow]:
    facts = read_set(fixtures / NETWORK_SET, "effective", "keys")
    arrays = _read((fixtures / NETWORK_SET).with_suffix(".npz"))
    with torch.device("meta"):
        same_keys(Prior().state_dict(), dict(read_set(fixtures / OFFICIAL_KEYS, "keys")["keys"]))
    made = facts["effective"]
    network = _filled(
        PriorConfig(
            made["model_channels"],
            tuple(made["channel_mult"]),
            made["num_res_blocks"],
            tuple(made["attention_ds"]),
            made["num_head_channels"],
        )
    )
    same_keys(network.state_dict(), dict(facts["keys"]))
    with torch.no_grad():
        found = network(arrays["x"].whole("x"), arrays["t"].whole("t"))
    yield compare(("unet", "-", "y"), arrays["y"].cut(found), arrays["y"].values, NETWORK)
    told = {name: value for name, value in facts["y_stat"].items() if name in ("shape", *STATISTICS)}
    yield compare_statistics(("unet", "-", "y statistics"), found.numpy(), told, NETWORK.max_abs)


def _filled(config: PriorConfig) -> Prior:
    """A network whose weights follow from their names."""
    network = Prior(config).eval()
    state = filled_state({key: value.shape for key, value in network.state_dict().items()}, "fill_torch")
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()}, strict=True)
    return network


def _configuration(options: Mapping[str, Any]) -> PriorConfig:
    """Of guided-diffusion's flags: widths of levels follow from the size where they are not given."""
    side, given = options["image_size"], options["channel_mult"]
    factors = tuple(int(part) for part in given.split(",")) if given else MULTIPLIERS[side]
    reduced = tuple(side // int(part) for part in options["attention_resolutions"].split(","))
    return PriorConfig(
        options["num_channels"], factors, options["num_res_blocks"], reduced, options["num_head_channels"]
    )


def _seeded(words: str) -> Callable[[Sequence[int]], Tensor]:
    """Consecutive draws of the generator that a fixture's words name."""
    match = re.search(r"RandomState\((\d+)\)", words)
    if match is None:
        raise ParityError(f"'{words}' names no generator")
    generator = np.random.RandomState(int(match[1]))
    return lambda shape: torch.from_numpy(generator.standard_normal(shape).astype(np.float32))


@dataclass
class _Guided:
    """The guided part of a set."""

    content: Mapping[str, Any]
    arrays: Arrays

    def rows(self) -> Iterator[ParityRow]:
        """The unguided step, the operators, each task's pull and steps, the loops."""
        self.network = _filled(_configuration(self.content["guided"]["unet_config"]))
        yield compare(
            ("guided", "blur", "kernel"), gaussian_kernel().numpy(), self.arrays["blur_kernel9"].values, OBSERVED
        )
        yield from self._steps()
        yield from self._loops()

    def _compare(self, case: str, variant: str, tensor: str, ours: Tensor, tolerance: Tolerance) -> Iterator[ParityRow]:
        """The array, and the statistics of the whole tensor where the set has them."""
        name = _path(case, variant, tensor)
        stored = self.arrays[name]
        yield compare((case, variant, tensor), stored.cut(ours), stored.values, tolerance)
        told = self.content.get("statistics", {}).get(name)
        if told is None and stored.step != 1:
            raise ParityError(f"'{name}' is not whole, and its statistics are absent")
        if told is not None:
            yield compare_statistics((case, variant, f"{tensor} statistics"), ours.numpy(), told, tolerance.max_abs)

    def _input(self, name: str) -> Tensor:
        return self.arrays[name].whole(name)

    def _holed(self, image: Tensor) -> Tensor:
        known = torch.ones(image.shape[-2] * image.shape[-1])
        known[self._input("guided/inp/missing_pixels")] = 0
        return image * known.view(1, 1, *image.shape[-2:])

    def _guide(self, task: str, scale: float) -> Guide:
        observed = self._input(f"guided/{task}/lr") / 2 + 0.5
        return Guide(TASKS.get(task, self._holed), observed, scale, Quality(colour=COLOUR_WEIGHT * (task == "color")))

    def _steps(self) -> Iterator[ParityRow]:
        facts = self.content["guided"]
        clean = self._input("guided/clean")
        noisy, noise = (_seeded(facts[name])(clean.shape) for name in ("x_t", "noise"))
        t = torch.full((len(clean),), facts["t"])
        diffusion = Diffusion(linear_betas(), respaced(1000, facts["respacing"]))
        with torch.no_grad():
            prediction = self.network(noisy, diffusion.original[t])
        estimate = diffusion.estimate(prediction, noisy, t)
        # the network's noise is that much larger in the clean picture
        wide = NETWORK.max_abs * float(diffusion.alphas_cumprod[facts["t"]] ** -0.5)
        yield from self._compare("guided", "-", "pred_xstart", estimate.start, Tolerance(wide, wide))
        yield from self._compare("guided", "-", "mean", estimate.mean, STEP)
        yield from self._compare("guided", "-", "log_variance", estimate.log_variance, STEP)
        for task in sorted({name.split("/")[1] for name in self.arrays if re.fullmatch("guided/[^/]+/lr", name)}):
            guide = self._guide(task, facts["scales"][task])
            yield from self._compare("guided", task, "lr", 2 * guide.degrade(clean) - 1, OBSERVED)
            yield from self._compare("guided", task, "grad_at_pred_xstart", guide(estimate.start), STEP)
            step = partial(guided_step, diffusion, estimate, noisy, t, noise, guide)
            for tensor in [tensor for tensor in SAMPLES if f"guided/{task}/{tensor}" in self.arrays]:
                yield from self._compare("guided", task, tensor, step(*SAMPLES[tensor]), STEP)

    def _loops(self) -> Iterator[ParityRow]:
        facts = self.content["loop"]
        diffusion = Diffusion(linear_betas(), respaced(1000, facts["respacing"]))
        shape = self._input("guided/clean").shape
        for _, task, name in [name.split("/") for name in self.arrays if name.startswith("loop/")]:
            draw = partial(_seeded(facts["noise"]), shape)
            guide = self._guide(task, facts["scale"])
            found = guided_sample(self.network, diffusion, draw, guide, POINTS[name])
            yield from self._compare("loop", task, name, found, LOOP)

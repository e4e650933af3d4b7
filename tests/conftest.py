"""What every test may use: plugin packages made on the spot, a fresh registry, the command line as a user types it."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from harness import plugins

# Wall time says how busy a machine is: a law does not fail by it.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# Before torch's first convolution: stored outputs were made by these kernels (`harness parity` asks for them, too).
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")

# A shell's background job ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `tools` is not in the wheel. At the end, so that the installed harness is tested and not the one that lies here.
sys.path.append(str(Path(__file__).parents[1]))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of all modules those that say so hold what runs `alone`: to import the others takes longer than to run these."""
    asked = config.getoption("markexpr") == "alone" and collection_path.name.startswith("test_")
    return True if asked and "mark.alone" not in collection_path.read_text() else None


LONG = (
    "testing/test_ours.py", "faults/test_kill.py", "scaffold/test_tutorial.py", "browser/test_site.py",
    "browser/test_dashboard_paint.py", "scaffold/test_installed.py", "faults/test_isolation.py", "cli/test_run.py",
    "browser/test_dashboard_samples.py", "leaderboard/test_add.py", "browser/test_dashboard_blind.py",
    "browser/test_dashboard_figures.py", "browser/test_dashboard_safe.py", "browser/test_dashboard_about.py",
    "browser/test_dashboard_leaderboard.py", "parity/test_shipped.py", "metrics/test_inception.py",
    "metrics/test_set_laws.py", "leaderboard/test_check.py", "cli/test_merge.py", "training/test_loop.py",
    "metrics/test_equals.py", "runner/test_foreign.py", "cli/test_usage.py", "runner/test_run.py",
    "store/test_watching.py", "runner/test_identity.py", "plugins/harness_coordfill/test_train.py",
    "parity/test_coordfill.py",
)  # fmt: skip
"""Few tests and much time: 8 to 80 s a file. `--dist loadfile` would keep them for the end, since it takes those with
many tests first; one worker then waits for the other's last."""


def pytest_configure(config: pytest.Config) -> None:
    """Two workers take the files in the order below."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, and then those with many tests."""
    counts = Counter(item.path for item in items)
    ranks = {Path(__file__).parent / path: place for place, path in enumerate(LONG)}
    items.sort(key=lambda item: (ranks.get(item.path, len(LONG)), -counts[item.path], str(item.path)))


def _by_path(path: str) -> ModuleType:
    """A module of the tests by its path, for tests are no packages."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, Path(__file__).parent / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fake() -> ModuleType:
    """The builder of small real runs."""
    return _by_path("report/fake_run.py")


@pytest.fixture(scope="session")
def twins() -> ModuleType:
    """The builder of small data sets in the layouts of the published ones."""
    return _by_path("datasets/twins.py")


@pytest.fixture
def make_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Write a plugin package and load it through a real entry point of a real (on-disk) distribution."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def make(name: str, code: str) -> None:
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(textwrap.dedent(code))
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[harness]\n{name} = {name}\n")

    monkeypatch.delenv("HARNESS_PLUGINS", raising=False)
    monkeypatch.setattr(plugins, "_cached", [])
    yield make
    for module in set(sys.modules) - before:
        if str(site) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]


@pytest.fixture
def with_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Load a made-up plugin (its `__init__.py`, and further files) beside the classical methods."""
    site = tmp_path / "site"
    site.mkdir(exist_ok=True)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(plugins, "_cached", [])
    made = []

    def load(name: str, code: str, files: Mapping[str, str] = MappingProxyType({})) -> None:
        (site / name).mkdir()
        for file, content in {"__init__.py": code, **files}.items():
            (site / name / file).write_text(content)
        monkeypatch.setenv("HARNESS_PLUGINS", f"harness_classical,{name}")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
        made.append(name)

    yield load
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def warm() -> Iterator[Any]:
    """Processes that have the libraries from the start (see `warm.py`)."""
    with _by_path("warm.py").Warm() as forks:
        yield forks


@pytest.fixture
def harness_command(tmp_path: Path, warm: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `harness …` in a process of its own, in an empty folder with an empty home."""

    def call(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "HARNESS_HOME": str(tmp_path / "home"), **environment}
        done: subprocess.CompletedProcess[str] = warm.run(["-m", "harness", *args], cwd=tmp_path, env=env, timeout=240)
        return done

    return call

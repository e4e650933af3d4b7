"""A fresh virtual environment beside the stack: torch and all are seen from it, and what is installed goes into it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).parents[2]
FOREIGN = ("PYTHONPATH", "HARNESS_", "PIP_", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Beside:
    """The environment, and the commands a user types in it."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """A shell in which it is active: nothing of the present environment helps harness to find a plugin."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        # As `pip install` in a tutorial, but from what is here: no index, no download of a build backend.
        offline = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        return {
            **kept,
            **offline,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HARNESS_HOME": str(self.folder / "home"),
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "110",
        }

    def shell(self, line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run one line as bash does. Its output comes back whatever its exit code."""
        return subprocess.run(
            ["bash", "-c", line], cwd=cwd, env=self.environ, capture_output=True, text=True, timeout=240, check=False
        )

    def install(self, packages: Sequence[Path]) -> None:
        """`pip install` packages into it, all at once: pip takes a second to start."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.folder / "bin" / "python"), "install", "-q"]
        where = [str(package) for package in packages]
        done = subprocess.run(
            [*pip, "--no-deps", "--no-build-isolation", *where],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _site(folder: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / "lib" / version / "site-packages"


def _see_the_stack(site: Path) -> None:
    """A `.pth` line adds every site folder of ours; a harness that runs from its checkout is added with its plugins."""
    stack = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    lines = [f"import site; site.addsitedir({folder!r})" for folder in sorted(stack)]
    home = Path(harness.__file__).parents[1]
    if str(home) not in stack:
        lines += [str(home), str(home / "plugins")]
        project = tomllib.loads((home / "pyproject.toml").read_text())["project"]
        info = site / "iq_harness-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        points = "\n".join(f"{name} = {module}" for name, module in project["entry-points"]["harness"].items())
        (info / "entry_points.txt").write_text(f"[harness]\n{points}\n")
    (site / "beside.pth").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    """One for all tests of this folder."""
    folder = tmp_path_factory.mktemp("beside") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    _see_the_stack(_site(folder))
    for name, module in {"harness": "harness", "pip": "pip", "pytest": "pytest"}.items():
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(folder / "bin" / "python"))} -m {module} "$@"\n')
        script.chmod(0o755)
    return Beside(folder)

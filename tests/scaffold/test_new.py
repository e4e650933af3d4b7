"""`harness new`: names that can be installed, packages that pass the house's own linters, nothing overwritten."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.errors import HarnessError, UnknownName
from harness.plugins import registry
from harness.scaffold import KINDS, checked_name, write_package

ROOT = Path(__file__).parents[2]
TEMPLATES = files("harness.scaffold").joinpath("templates")
LONG = "a-very-long-name-for-something-so-simple"
RUN = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One package of every kind, one with the longest name and one whose class would hide an import."""
    into = tmp_path_factory.mktemp("new")
    names = {f"my-{key}": key for key in KINDS} | {LONG: "inpaint", "batch": "inpaint", "none": "metric"}
    for name, key in names.items():
        write_package(key, name, into)
    return {name: into / f"harness-{name}" for name in names}


def _tool(*words: str, cwd: Path) -> RUN:
    return subprocess.run([sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_what_is_written_passes_our_linter(packages: dict[str, Path]) -> None:
    for name, folder in packages.items():
        checked = _tool("ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), cwd=folder)
        assert checked.returncode == 0, checked.stdout
        plain = ["ruff", "format", "--no-cache", "--check", "--config", str(ROOT / "pyproject.toml")]
        assert name == LONG or _tool(*plain, cwd=folder).returncode == 0, name


def test_what_is_written_is_strictly_typed(packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", ":".join(map(str, packages.values())))
    monkeypatch.delenv("MYPY_NUM_WORKERS", raising=False)  # starting them takes longer than this
    modules = [word for name in packages for word in ("-p", f"harness_{name.replace('-', '_')}")]
    done = _tool("mypy", *modules, cwd=ROOT)  # with the house's settings and what its own check left in the cache
    assert done.returncode == 0, done.stdout


def test_every_kind_s_method_is_short(packages: dict[str, Path]) -> None:
    for name in ("my-inpaint", "my-restore", "my-assess"):
        text = next(packages[name].rglob("method.py")).read_text()
        body = text[text.index("\nclass ") :].strip().splitlines()
        assert len(body) <= 24, name


def test_every_package_has_its_card_licence_and_continuous_integration(packages: dict[str, Path]) -> None:
    for name, folder in packages.items():
        package = folder / f"harness_{name.replace('-', '_')}"
        card = (package / "README.md").read_text()
        assert [heading for heading in ("## From the paper", "## Ours") if heading not in card] == []
        project = (folder / "pyproject.toml").read_text()
        assert re.search(r'^license = "Apache-2.0" # your choice', project, re.MULTILINE)
        assert "run: pytest" in (folder / ".github" / "workflows" / "test.yml").read_text()
        assert (package / "py.typed").is_file()
        texts = [p.read_text() for p in folder.rglob("*") if p.is_file() and p.suffix != ".png"]
        assert [text for text in texts if "$" in text.replace("${{ matrix.python }}", "")] == []


def test_no_template_lies_unused() -> None:
    used = {
        (kind.templates, template) for kind in KINDS.values() for template in (*kind.files.values(), "spec.py.tmpl")
    }
    there = {
        (room.name, file.name) for room in TEMPLATES.iterdir() for file in room.iterdir() if room.name != "package"
    }
    assert there == used


@given(st.text(max_size=50), st.sampled_from(sorted(KINDS)))
@example("DEMO", "suite")
@example("telea ", "inpaint")
def test_any_name_is_fit_or_refused_with_one_that_is(name: str, kind: str) -> None:
    known = registry()
    well_formed = re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) and len(name) <= 40
    taken = (KINDS[kind].registry, name) in known.owners
    taken |= bool(well_formed) and find_spec(f"harness_{name.replace('-', '_')}") is not None
    if well_formed and not taken and not name.startswith("harness-"):
        assert checked_name(kind, name, known) == name
        return
    with pytest.raises(HarnessError) as refused:
        checked_name(kind, name, known)
    line = str(refused.value)
    assert "\n" not in line
    offered = line.rsplit(" ", 1)[-1]
    assert checked_name(kind, offered, known) == offered


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("method", "My Method"), "'My Method' is no method name"),
        (("method", "harness-mine"), "harness new method mine"),
        (("method", "telea"), "the method 'telea' exists (plugin classical); for example: harness new method my-telea"),
        (("mask", "lama-thick-256"), "the mask 'lama-thick-256' exists"),
        (("suite", "scenes"), "a package harness_scenes is installed; for example: harness new suite my-scenes"),
        (("metric", "mine", "--capability", "assess"), "--capability is said of a method"),
        (("method", "mine", "--into", "nowhere"), "nowhere: no such folder; mkdir -p nowhere"),
    ],
)
def test_a_mistake_is_one_line(
    harness_command: Callable[..., RUN], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = harness_command("new", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(harness_command: Callable[..., RUN], tmp_path: Path) -> None:
    first = harness_command("new", "method", "mine", "--capability", "restore")
    assert first.returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "harness-mine").rglob("*") if path.is_file()}
    assert all(f"wrote {path.relative_to(tmp_path)}\n" in first.stdout for path in before)
    assert first.stdout.rstrip().endswith("harness check method:mine")
    again = harness_command("new", "method", "mine")
    assert (again.returncode, again.stdout) == (2, "")
    assert "harness-mine exists, nothing was written" in again.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "harness-mine").rglob("*") if path.is_file()} == before


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "harness-mine").symlink_to(tmp_path / "gone")
    with pytest.raises(HarnessError, match="could not be written: File exists"):
        write_package("metric", "mine", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["harness-mine"]


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: Path, content: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_package("metric", "mine", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_printed_paths_can_be_pasted(harness_command: Callable[..., RUN], tmp_path: Path) -> None:
    (tmp_path / "my things").mkdir()
    done = harness_command("new", "metric", "mine", "--into", "my things")
    assert "\n  cd 'my things/harness-mine'\n" in done.stdout
    assert done.stdout.count("harness check metric:mine\n") == 1
    assert "mkdir -p 'no where'\n" in harness_command("new", "metric", "other", "--into", "no where").stderr


def test_a_name_that_another_kind_has_is_checked_as_its_own(tmp_path: Path) -> None:
    write_package("dataset", "telea", tmp_path)
    folder = tmp_path / "harness-telea"
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    plugins = os.environ.get("HARNESS_PLUGINS", "harness_classical") + ",harness_telea"
    words = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    environ = {**os.environ, "PYTHONPATH": path, "HARNESS_PLUGINS": plugins}
    done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "unknown-id" in done.stdout


def test_a_data_set_opens_only_what_its_table_names(packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = packages["my-dataset"]
    monkeypatch.syspath_prepend(str(folder))
    pictures = import_module("harness_my_dataset.dataset").MyDataset()
    (folder / "secret.png").write_bytes((folder / "harness_my_dataset" / "pictures" / "hills.png").read_bytes())
    for id in ("../../secret.png", str(folder / "secret.png"), "./hills.png"):
        with pytest.raises(UnknownName, match="unknown picture"):
            pictures.load(id)
    assert pictures.load("hills.png").id == "hills.png"


def test_the_plugin_loads_without_torch(tmp_path: Path) -> None:
    write_package("inpaint", "mine", tmp_path)
    code = (
        "import sys; from harness.plugins import registry as r; print(r().method('mine').card, 'torch' in sys.modules)"
    )
    path = os.pathsep.join([str(tmp_path / "harness-mine"), os.environ.get("PYTHONPATH", "")])
    environ = {**os.environ, "PYTHONPATH": path, "HARNESS_PLUGINS": "harness_mine", "HARNESS_STRICT_PLUGINS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "harness_mine:README.md False\n"

"""`--plugin mine.py`: a one-file plugin is one like any other, and a broken one that the user named is an error."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import plugins
from harness.errors import HarnessError
from harness.plugin_files import VARIABLE, plugin_files, use_plugin_file
from harness.plugins import build_registry

Command = Callable[..., subprocess.CompletedProcess[str]]
MINE = """
from harness import Images, MethodSpec, Param, hookimpl

class Mine:
    def __init__(self, setup, *, level):
        self.level = level
    def inpaint(self, batch):
        return Images(batch.image.new_full(batch.image.shape, self.level))

@hookimpl
def harness_register_methods(register):
    params = {"level": Param(0.5, "grey")}
    register(MethodSpec("mine", ("inpaint",), "onefile:Mine", "1", "one grey", "MIT", params=params))
"""


@pytest.fixture
def onefile(tmp_path: Path) -> Path:
    (tmp_path / "onefile.py").write_text(MINE)
    return tmp_path / "onefile.py"


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Name a file as `--plugin` does, and forget it afterwards."""
    monkeypatch.setenv(VARIABLE, "")
    before = set(sys.modules)
    yield use_plugin_file
    for module in set(sys.modules) - before:
        if not module.startswith("harness"):
            del sys.modules[module]


@pytest.mark.parametrize(
    "words",
    ["--plugin onefile.py list methods", "list --plugin onefile.py methods", "list methods --plugin=onefile.py"],
)
def test_it_may_stand_anywhere_on_the_line(harness_command: Command, onefile: Path, words: str) -> None:
    done = harness_command(*words.split(), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    mine = next(row for row in json.loads(done.stdout) if row["name"] == "mine")
    assert mine["state"] == "ready"


def test_its_method_runs_is_shown_and_keeps_its_source(harness_command: Command, onefile: Path, tmp_path: Path) -> None:
    words = "run --suite demo -m mine -m mine[level=0.2] --limit 1 --device cpu --out run --plugin onefile.py"
    done = harness_command(*words.split())
    assert done.returncode == 0, done.stderr
    first, second = json.loads((tmp_path / "run" / "manifest.json").read_text())["entries"]
    assert first["source_digest"] == second["source_digest"] == hashlib.sha256(MINE.encode()).hexdigest()
    assert "method mine\n" in harness_command("show", "mine", "--plugin", "onefile.py").stdout
    onefile.write_text(MINE.replace("self.level)", "1 - self.level)"))
    assert "code changed under version 1" in harness_command("status", "run", "--plugin", "onefile.py").stdout


def test_list_plugins_says_where_it_lies(harness_command: Command, onefile: Path) -> None:
    rows = json.loads(harness_command("list", "plugins", "--json", "--plugin", "onefile.py").stdout)
    assert rows[-1] == {
        "name": "onefile", "state": "ok", "source": str(onefile), "detail": "1 registered", "fix": "none needed",
    }  # fmt: skip


def test_processes_started_from_here_have_it_too(named: Callable[[Path], None], onefile: Path, tmp_path: Path) -> None:
    named(onefile)
    named(onefile)
    assert plugin_files() == [onefile]
    assert build_registry().method("mine").target == "onefile:Mine"
    code = "from harness.plugins import registry, load_target as t; print(t(registry().method('mine')).__module__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path.parent, capture_output=True, text=True, check=True)
    assert done.stdout == "onefile\n"


def test_two_files_are_two_plugins(harness_command: Command, onefile: Path, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(MINE.replace('"mine"', '"yours"').replace("onefile:", "other:"))
    done = harness_command("list", "--plugin", "onefile.py", "--plugin", "other.py", "--json")
    assert {"mine", "yours"} <= {row["name"] for row in json.loads(done.stdout)}


BROKEN = {
    "import not_there": "No module named 'not_there'",
    "x = 1": "it has no hook: mark a function harness_register_methods with @hookimpl",
    "def f(:": "SyntaxError",
    "raise ValueError('bad day')": "ValueError: bad day",
    "print('hello')": "prints at import: 'hello'",
    "import sys; sys.exit(3)": "calls sys.exit(3) at import",
    f"HARNESS_API = 2\n{MINE}": "is written for plugin API 2, this harness has API 1",
    MINE.replace('"mine"', '"telea"'): "method name 'telea' is already registered by plugin 'classical'",
    MINE.replace("_methods", "_metods"): "Did you mean harness_register_methods",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_one_is_an_error_in_one_line(named: Callable[[Path], None], onefile: Path, code: str) -> None:
    onefile.write_text(code)
    named(onefile)
    with pytest.raises(HarnessError) as told:
        build_registry()
    line = str(told.value)
    assert line.startswith(f"plugin file {onefile}: ")
    assert BROKEN[code] in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("gone.py", "no such file"),
        (".", "is a folder; name a .py file"),
        ("my-method.py", "its name must be a Python name and .py, as in my_method.py"),
        ("mine.txt", "its name must be a Python name and .py"),
        ("statistics.py", "'statistics' is the name of another module"),
        ("harness.py", "'harness' is the name of another module"),
        ("classical.py", "the plugin name 'classical' is already taken"),
    ],
)
def test_a_name_that_cannot_be_is_refused(named: Callable[[Path], None], onefile: Path, name: str, cause: str) -> None:
    if name not in ("gone.py", "."):
        onefile.rename(onefile.with_name(name))
    named(onefile.parent / name)
    with pytest.raises(HarnessError, match=cause):
        build_registry()


def test_the_command_line_says_it_too(harness_command: Command, onefile: Path) -> None:
    onefile.write_text("import not_there")
    done = harness_command("list", "--plugin", "onefile.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: plugin file {onefile}: ModuleNotFoundError: No module named 'not_there'\n"
    assert "Traceback" in harness_command("list", "--plugin", "onefile.py", "--debug").stderr
    assert "'--plugin' requires an argument" in harness_command("list", "--plugin").stderr


def test_what_stands_behind_two_dashes_is_no_option(harness_command: Command) -> None:
    done = harness_command("show", "--", "--plugin")
    assert "unknown name '--plugin'" in done.stderr


def test_a_file_in_the_folder_that_python_searches_is_itself(
    named: Callable[[Path], None], onefile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m harness` searches the working folder, where the file lies: that is no other module of its name."""
    monkeypatch.syspath_prepend(str(onefile.parent))
    named(onefile)
    assert build_registry().method("mine").name == "mine"
    assert plugins.load_target(build_registry().method("mine")).__module__ == "onefile"


def test_an_old_and_a_partial_plugin_say_what_to_do(
    make_plugin: Callable[[str, str], None], harness_command: Command, tmp_path: Path
) -> None:
    make_plugin("old", "HARNESS_API = 0")
    make_plugin("lost", "import not_there")
    lacking = MINE.replace('"MIT"', '"MIT", requires=(Requirement("not_there", "not-there>=2"),)')
    make_plugin(
        "partial", lacking.replace("import Images", "import Images, Requirement").replace("onefile:", "partial:")
    )
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    done = harness_command("list", "plugins", "--json", PYTHONPATH=path)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["old"]["state"] == rows["lost"]["state"] == "broken"
    assert rows["old"]["detail"] == "is written for plugin API 0, this harness has API 1"
    assert rows["old"]["fix"] == "install the version of old for plugin API 1"
    assert rows["lost"]["fix"] == "install what brings the module not_there, or leave it out: pip uninstall lost"
    assert rows["partial"]["state"] == "partial"
    assert rows["partial"]["fix"] == "pip install not-there>=2"


def test_a_path_that_would_be_two_is_refused(tmp_path: Path, named: Callable[[Path], None]) -> None:
    with pytest.raises(HarnessError, match=f"holds '{os.pathsep}', which separates paths"):
        named(tmp_path / f"a{os.pathsep}b" / "onefile.py")
    assert plugin_files() == []

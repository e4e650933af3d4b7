"""The house stands as docs/architecture.md says: light imports, arrows that run down, specs that say whose they are."""

from __future__ import annotations

import ast
import compileall
import importlib
import os
import re
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

import harness
from harness.cli import _COMMANDS
from harness.hookspecs import Hooks
from harness.plugins import registry
from harness.references import canonical, parse_reference
from harness.specs import MaskSetSpec, MethodSpec, MetricSpec, SuiteSpec
from harness.suites import load_suite

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "numpy", "pandas", "cv2", "scipy", "PIL", "pyarrow")
HOOKS = [name for name in vars(Hooks) if name.startswith("harness_")]
CONTRACTS = {"errors", "specs", "hookspecs", "interfaces", "places", "strategies"}
OPTIONAL = (
    "moderngl",
    "accelerate",
    "lpips",
    "pyiqa",
    "streamlit",
)  # extras: a module that needs one may not import here
MEGABYTE = 2**20


HOMES = {"harness": ".", "harness_dashboard": "dashboard", "harness_leaderboards": "leaderboards"}


def _modules(folder: str) -> Iterator[tuple[str, Path]]:
    """Dotted name and path of every Python file of a tree."""
    base = ROOT / HOMES.get(folder, "plugins") / folder
    for path in sorted(base.rglob("*.py")):
        parts = path.relative_to(base.parent).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/harness_*/__init__.py"))
MODULES = dict(pair for tree in (*HOMES, *PLUGINS) for pair in _modules(tree))


@cache
def _imports(path: Path) -> frozenset[str]:
    """Every module that a file imports anywhere, inside functions and for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:  # from its own package: `.` and `..` cannot leave it without an error
                continue
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in submodules}
    return frozenset(found)


def _room(module: str) -> str:
    """The room of a module: `harness.runner.call` stands in `runner`, a plugin in `plugins/harness_*`."""
    first, *rest = module.split(".")
    if first in HOMES:
        return (rest[0] if rest else "harness") if first == "harness" else f"{HOMES[first]}/{first}"
    return "plugins/harness_*"


# ---- light imports


@pytest.mark.parametrize(
    "module", ["harness", "harness.cli", "harness.specs", *PLUGINS, *(f"{p}.spec" for p in PLUGINS)]
)
def test_importing_what_is_light_stays_light(module: str) -> None:
    assert _heavy(f"import {module}") == []


def test_every_command_and_every_description_is_light() -> None:
    """What `--help`, a shell's completion and a look-up import: all commands, all specs, and what finds and writes."""
    commands = {f"harness.cli.{module}" for module, _, _ in _COMMANDS.values()}
    specs = {m for m in MODULES if re.search(r"specs?$", m.rpartition(".")[2])}
    light = commands | specs | {"harness.plugins", "harness.references", "harness.scaffold", "harness.testing"}
    assert len(light) > 20
    assert _heavy(f"import {', '.join(sorted(light))}") == []


@pytest.mark.parametrize("words", ["--help", "list", "list metrics --json", "show coordfill", "show inpainting"])
def test_looking_things_up_computes_nothing(words: str) -> None:
    code = f"import sys; from harness.cli import cli; cli.main({shlex.split(words)!r}, standalone_mode=False)"
    assert _heavy(code) == []


def _heavy(code: str) -> list[str]:
    """Which heavy packages a statement brings into a fresh interpreter."""
    told = f"{code}\nimport sys\nprint('HEAVY', *[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


@pytest.mark.alone
@pytest.mark.parametrize("arguments", [("--help",), ("list",), ("show", "coordfill")])
def test_a_start_costs_a_quarter_second_of_cpu_at_most(arguments: tuple[str, ...]) -> None:
    """Of what is installed, compiled as pip compiled it (`-P`), and not of the checkout's sources."""
    bare = min(_cpu("-c", "pass") for _ in range(5))
    assert min(_cpu("-P", "-m", "harness", *arguments) for _ in range(5)) - bare <= 0.25


def _cpu(*arguments: str) -> float:
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.alone
def test_two_hundred_plugins_cost_half_a_start_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(200):
        name = f"harness_many{number}"
        register = f"register(MethodSpec('many{number}', ('inpaint',), '{name}.method:Many', '1', 's', 'MIT'))"
        code = (
            f"from harness import MethodSpec, hookimpl\n@hookimpl\ndef harness_register_methods(register): {register}\n"
        )
        for file, text in {
            f"{name}/__init__.py": code,
            f"{name}/method.py": "class Many: ...\n",
            f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{name}-1.0.dist-info/entry_points.txt": f"[harness]\nmany{number} = {name}\n",
        }.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
    assert compileall.compile_dir(tmp_path, quiet=1)  # as pip does
    monkeypatch.delenv("HARNESS_PLUGINS", raising=False)
    few = os.environ.get("PYTHONPATH", "")
    many = os.pathsep.join(filter(None, [few, str(tmp_path)]))
    command = [sys.executable, "-m", "harness", "list"]
    shown = subprocess.run(command, env={**os.environ, "PYTHONPATH": many}, capture_output=True, text=True, check=True)
    assert sum(line.startswith("many") for line in shown.stdout.splitlines()) == 200
    used: dict[str, list[float]] = {few: [], many: []}
    for path in [few, many] * 14:  # in turn, so that a busy machine hits both
        monkeypatch.setenv("PYTHONPATH", path)
        used[path].append(_cpu("-m", "harness", "list"))
    assert min(used[many]) <= 1.5 * min(used[few])


# ---- arrows between rooms


def _table() -> dict[str, set[str]]:
    """Room → rooms it may import, as docs/architecture.md says in its table of rooms."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text[text.index("## Rooms") : text.index("Arrows run down only")]
    may: dict[str, set[str]] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rooms = [_named(name) for name in re.findall(r"`([^`]+)`", cells[0])]
        allowed = {_named(name) for name in re.findall(r"`([^`]+)`", cells[-1])}
        if "contracts" in cells[-1]:
            allowed |= CONTRACTS
        for room in rooms:
            may[room] = {"*"} if cells[-1] == "everything" else allowed | (CONTRACTS if room in CONTRACTS else set())
    return may


def _named(cell: str) -> str:
    if cell.startswith(("plugins/", "dashboard/", "leaderboards/")):
        return cell.removesuffix("/")
    return cell.removeprefix("harness/").removesuffix("/").removesuffix(".py")


def test_the_table_of_rooms_names_every_room() -> None:
    rooms = {_room(module) for module in MODULES} - {"harness", "__main__"}
    assert sorted(set(_table())) == sorted(rooms)
    assert {room for may in _table().values() for room in may} - {"*"} <= rooms


@pytest.mark.parametrize("room", sorted({_room(module) for module in MODULES} - {"harness", "__main__"}))
def test_arrows_run_as_the_table_of_rooms_says(room: str) -> None:
    may = _table()[room]
    wrong = []
    for module, path in MODULES.items():
        if _room(module) != room:
            continue
        for other in _imports(path):
            ours = other.split(".")[0] in {*HOMES, *PLUGINS}
            target = _room(other)
            if ours and target not in {room, "harness"} and "*" not in may and target not in may:
                wrong.append(f"{module} imports {other}")
    assert wrong == []


def test_no_plugin_imports_another_and_the_engine_imports_none() -> None:
    wrong = []
    for module, path in MODULES.items():
        own = module.split(".")[0]
        others = {name.split(".")[0] for name in _imports(path)} & {*HOMES, *PLUGINS} - {"harness"}
        wrong += [f"{module} imports {other}" for other in others - {own}]
    assert wrong == []


def test_the_dashboard_never_imports_torch() -> None:
    """Neither by its own lines nor through what it takes from the engine."""
    dashboard = sorted(ROOT.glob("dashboard/**/*.py"))
    assert [path.name for path in dashboard if any(n.split(".")[0] == "torch" for n in _imports(path))] == []
    pytest.importorskip("streamlit", reason="pip install 'iq-harness[dashboard]'")
    pages = [module for module in MODULES if module.startswith("harness_dashboard") and not module.endswith(".app")]
    assert "torch" not in _heavy(f"import {', '.join(pages)}")


# ---- what is public


@pytest.mark.parametrize("module", [m for m in MODULES if not m.endswith("__main__") and "._" not in m])
def test_what_a_module_calls_public_exists(module: str) -> None:
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"needs {error.name}")
    public = getattr(loaded, "__all__", [])
    assert [name for name in public if not hasattr(loaded, name)] == []
    assert len(set(public)) == len(public)


@cache
def _top_level(path: Path) -> tuple[frozenset[str] | None, frozenset[str]]:
    """`__all__` of a file (None where it has none), and its functions and classes without an underscore."""
    exported, defined = None, set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets):
            exported = frozenset(ast.literal_eval(node.value))
    return exported, frozenset(name for name in defined if not name.startswith("_"))


def _taken(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every name that a file takes from another module of ours while it runs, not to be typed."""
    tree = ast.parse(path.read_text())
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    typing = {id(inner) for block in blocks for inner in ast.walk(block)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES and id(node) not in typing:
            names = [alias.name for alias in node.names if f"{node.module}.{alias.name}" not in MODULES]
            yield from ((str(node.module), name) for name in names if not name.startswith("__"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_exports_what_it_defines_in_public(module: str) -> None:
    """`__all__` names every function and class without an underscore. A plugin's module may do without `__all__`."""
    exported, defined = _top_level(MODULES[module])
    hooks = {name for name in defined if name in HOOKS}
    if exported is None and (module.split(".", maxsplit=1)[0] in PLUGINS or not defined - hooks):
        return
    assert sorted(defined - hooks - (exported or set())) == [], "name it in __all__, or begin it with an underscore"


def test_a_module_takes_from_others_only_what_they_export() -> None:
    taken = {(module, *pair) for module, path in MODULES.items() for pair in _taken(path)}
    wrong = []
    for module, source, name in sorted(taken):
        exported, _ = _top_level(MODULES[source])
        if name.startswith("_") or (exported is not None and name not in exported and source != "harness"):
            wrong.append(f"{module} takes {name} from {source}, which does not export it")
    assert wrong == []


def test_the_public_face_is_what_can_be_imported() -> None:
    contracts = [importlib.import_module(f"harness.{name}") for name in ("errors", "hookspecs", "specs")]
    eager = {n for c in contracts for n in c.__all__ if getattr(harness, n, None) is getattr(c, n)}
    assert sorted(harness.__all__) == sorted(eager | set(harness._LAZY))
    for name in harness.__all__:
        assert getattr(harness, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'rnu'"):
        _ = harness.rnu


# ---- hooks


def _users(name: str) -> list[Path]:
    return [p for p in ROOT.glob("tests/**/*.py") if p != Path(__file__) and name in p.read_text()]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_described_documented_and_tested(hook: str) -> None:
    described = " ".join((getattr(Hooks, hook).__doc__ or "").split())
    assert re.search(r"\. Called [^.]+\. Since API [1-9]\d*\.", described), "when it is called, and since when"
    assert f"| `{hook}` |" in (ROOT / "docs" / "plugins.md").read_text()
    assert _users(hook) != []


# ---- specs


def test_everything_registered_says_whose_it_is() -> None:
    known = registry()
    assert [report.cause for report in known.reports if report.state != "ok"] == []
    for kind, by_name in known.specs.items():
        for name, spec in by_name.items():
            shown = load_suite(spec) if isinstance(spec, SuiteSpec) else spec
            assert shown.summary, (kind, name)
            assert shown.version, (kind, name)
            if isinstance(spec, MaskSetSpec):
                assert spec.source, name
            elif not isinstance(spec, SuiteSpec) and kind not in ("degradations", "pages"):
                assert spec.licence, (kind, name)
            if isinstance(spec, MetricSpec):
                cited = spec.paper or spec.equals or "ours" in f"{spec.summary} {spec.equals}"
                assert cited, f"metric {name}: state its paper, whose number it equals, or that it is ours"
                assert spec.reduction, name


def _methods() -> list[MethodSpec]:
    return [spec for spec in registry().all("methods") if isinstance(spec, MethodSpec)]


def test_every_method_has_a_card_and_every_learned_one_a_paper() -> None:
    for spec in _methods():
        package, _, card = spec.card.partition(":")
        text = files(package).joinpath(card).read_text()
        assert text.startswith("# "), spec.name
        assert spec.name in text.lower(), spec.name
        if spec.weights:
            assert spec.paper is not None, spec.name
            assert spec.paper.url, spec.name
            for weights in spec.weights:
                assert weights.licence, (spec.name, weights.name)
                assert weights.origin, (spec.name, weights.name)
            for heading in ("## From the paper", "## Ours"):
                assert heading in text, (spec.name, heading)


def test_suites_name_what_is_registered() -> None:
    known = registry()
    for spec in known.all("suites"):
        suite = load_suite(known.suite(spec.name))
        assert [canonical(parse_reference(name), known)[1].name for name in suite.methods]
        assert suite.cost, suite.name


# ---- sizes


def test_no_file_is_long() -> None:
    lines = {module: len(path.read_text().splitlines()) for module, path in MODULES.items()}
    assert {module: count for module, count in lines.items() if count > 600} == {}
    assert statistics.median(lines.values()) <= 150


def _tracked() -> list[Path]:
    """Files of the checkout as git knows them, those to be added included."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_the_checkout_stays_small() -> None:
    sizes = {path: path.stat().st_size for path in _tracked()}
    weights = {p: s for p, s in sizes.items() if p.suffix in (".safetensors", ".pth", ".pt", ".ckpt", ".bin")}
    assert {path: size for path, size in weights.items() if size > 4 * MEGABYTE} == {}
    assert sum(weights.values()) <= 32 * MEGABYTE
    assert sum(sizes.values()) <= 48 * MEGABYTE

"""`harness check`: ✓, ✗ or – a check, a count, and an exit code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

BAD = """
from harness import Images, MethodSpec, hookimpl


class Bad:
    def __init__(self, setup):
        pass

    def inpaint(self, batch):
        return Images(batch.image * float("nan"))


@hookimpl
def harness_register_methods(register):
    register(MethodSpec("bad", ("inpaint",), "bad_plugin:Bad", "1", "gives | no numbers", ""))
"""


def test_a_sound_method_passes_with_a_line_a_check(call: Callable[..., Any]) -> None:
    code, out, err = call("check", "telea")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "method telea"
    assert {line[2] for line in lines[1:-1]} == {"✓", "–"}
    assert "  – absent-weights     it has no weights" in lines
    assert (
        lines[-1] == f"{len(lines) - 2} checks of 1 thing: {out.count('✓')} ok, 0 failed, {out.count('  – ')} skipped"
    )


def test_a_faulty_one_fails_and_what_depends_on_it_is_not_asked(
    call: Callable[..., Any], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin("bad_plugin", BAD)
    done = call("check", "bad", "psnr", "--format", "json")
    assert (done.code, done.err) == (1, "")
    rows = json.loads(done.out)
    assert {row["name"] for row in rows} == {"bad", "psnr"}
    failed = {row["check"]: row["line"] for row in rows if row["status"] == "failed"}
    assert set(failed) == {"spec", "output"}
    assert failed["output"] == "the image holds NaN or infinity"
    assert failed["spec"].startswith("says no licence; has no card: write README.md into the package")
    assert "not asked: output fails" in {row["line"] for row in rows if row["status"] == "skipped"}
    assert all(row["plugin"] and row["seconds"] >= 0 for row in rows)


def test_markdown_is_a_table_a_thing(call: Callable[..., Any], with_plugin: Callable[[str, str], None]) -> None:
    with_plugin("bad_plugin", BAD)
    code, out, _ = call("check", "suite:demo", "bad", "--format", "markdown")
    assert code == 1
    assert out.startswith("## suite demo\n| | check | |\n|---|---|---|\n| ✓ | plugin | ")
    assert "\n| ✗ | output | the image holds NaN or infinity |\n" in out
    assert " checks of 2 things: " in out.splitlines()[-1]


def test_name_something_or_everything(mistake: Callable[..., str]) -> None:
    told = "Error: name what to check, or give --all: harness check NAME (harness list shows the names)\n"
    assert mistake("check") == told
    assert mistake("check", "telea", "--all") == told
    assert "unknown name 'telae'. Did you mean telea" in mistake("check", "telae")


def test_a_one_file_plugin_is_checked_without_a_card(
    harness_command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    good = BAD.replace(' * float("nan")', "").replace('no numbers", ""', 'its input", "MIT"')
    refusing = (
        "        if batch.image is None or batch.mask is None:\n            raise HarnessError('no image or mask')\n"
    )
    good = good.replace("        return", f"{refusing}        return").replace(
        "import Images", "import HarnessError, Images"
    )
    (tmp_path / "bad_plugin.py").write_text(good)
    done = harness_command("check", "bad", "--plugin", str(tmp_path / "bad_plugin.py"))
    failed = [line for line in done.stdout.splitlines() if "✗" in line]
    assert [line.split()[1] for line in failed] == ["leak"], done  # it gives its input back
    assert done.returncode == 1


def test_a_plugin_s_name_checks_what_it_registers(
    harness_command: Callable[..., subprocess.CompletedProcess[str]], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin("bad_plugin", BAD)
    done = harness_command("check", "bad_plugin")
    assert done.returncode == 1
    assert done.stdout.startswith("method bad\n")
    assert "  ✗ output             the image holds NaN or infinity\n" in done.stdout
    assert done.stderr == ""

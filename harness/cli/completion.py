"""`harness completion`, and what completes the words that others' options take. Looks names up; computes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from harness.plugins import KINDS, registry
from harness.specs import MethodSpec, MetricSpec, Spec, SuiteSpec
from harness.suites import load_suite

__all__ = [
    "COMPLETE_VARIABLE",
    "WholeWords",
    "complete_degradations",
    "complete_devices",
    "complete_methods",
    "complete_metrics",
    "complete_names",
    "complete_runs",
    "complete_suites",
    "complete_tasks",
    "completion_command",
]

COMPLETE_VARIABLE = "_HARNESS_COMPLETE"
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' line=${COMP_LINE:0:COMP_POINT} item
    local word=${line##*[[:space:]]} cut=
    # Bash replaces $2 only, which begins anew at @ : and =: a reply loses what stands before it.
    [[ $word == *"$2" ]] && cut=${word%%"$2"}
    COMPREPLY=()
    for item in $(COMP_LINE="$line" %(complete_var)s=bash_complete "$1"); do
        case $item in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            *) item=${item#*,}; [[ $item == */ ]] && compopt -o nospace; COMPREPLY+=("${item#"$cut"}") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class WholeWords(BashComplete):
    """Click's completion for Bash, given the line instead of words that Bash has cut at every `@` and `:`."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one that is being typed."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        begins = not line or line[-1].isspace()
        return (words, "") if begins or not words else (words[:-1], words[-1])


def _items(rows: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=line) for name, line in rows if name.startswith(incomplete)]


def complete_suites(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of suites."""
    return _items(_named(registry().all("suites")), incomplete)


def complete_methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """`telea`, `coordfill@mini`; behind `outer:`, what can be wrapped; behind `NAME=folder:`, folders."""
    if outputs := re.match(r"[^=:@]+=folder:", incomplete):
        folders = _folders(incomplete[outputs.end() :])
        return _items(((f"{outputs[0]}{path}/", "") for path in folders), incomplete)
    outer, colon, _ = incomplete.rpartition(":")
    return _items(((f"{outer}{colon}{name}", line) for name, line in _references()), incomplete)


def complete_devices(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What is everywhere: to look for an accelerator would import torch."""
    return _items((("auto", "an accelerator if there is one"), ("cpu", "")), incomplete)


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Run folders and the folders on the way to them; behind `RUN::`, the entries of that run."""
    run, colons, _ = incomplete.rpartition("::")
    if colons:
        return _items(((f"{run}::{name}", title) for name, title in _entries(Path(run))), incomplete)
    paths = ((path, Path(path, "manifest.json").is_file()) for path in _folders(incomplete))
    return _items(((path if is_run else f"{path}/", "run" if is_run else "") for path, is_run in paths), incomplete)


def complete_metrics(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """`psnr`, `psnr@hole`; the last one of a list with commas."""
    before, comma, _ = incomplete.rpartition(",")
    return _items(((f"{before}{comma}{name}", line) for name, line in _columns()), incomplete)


def complete_tasks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Tasks of the suite that the line names, or of all."""
    chosen = ctx.params.get("suite")
    specs = [registry().suite(chosen)] if chosen else [s for s in registry().all("suites") if isinstance(s, SuiteSpec)]
    tasks = {task.id: task.title for spec in specs for task in load_suite(spec).tasks}
    return _items(tasks.items(), incomplete)


def complete_degradations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of degradations."""
    return _items(_named(registry().all("degradations")), incomplete)


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Everything registered; `kind:name` once a colon is typed."""
    known = registry()
    kind, colon, _ = incomplete.partition(":")
    if colon:
        kinds = [k for k in KINDS if k.removesuffix("s") == kind]
        return _items(((f"{kind}:{name}", line) for k in kinds for name, line in _named(known.all(k))), incomplete)
    return _items((row for k in KINDS for row in _named(known.all(k))), incomplete)


def _folders(incomplete: str) -> Iterator[str]:
    """Folders whose path begins so, without those that are hidden unless a dot is typed."""
    before, slash, name = incomplete.rpartition("/")
    place = Path(f"{before}{slash}" or ".").expanduser()
    found = sorted(path.name for path in place.iterdir() if path.is_dir()) if place.is_dir() else []
    return (f"{before}{slash}{one}" for one in found if name.startswith(".") or not one.startswith("."))


def _entries(run: Path) -> list[tuple[str, str]]:
    """Reference and title of a run's entries; of a folder that cannot be read as one, there is nothing to offer."""
    import json  # here: every command imports this for its arguments

    try:
        entries = json.loads((run.expanduser() / "manifest.json").read_bytes())["entries"]
        return [(entry["reference"], entry["title"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _named(specs: Iterable[Spec]) -> Iterator[tuple[str, str]]:
    return ((spec.name, spec.summary) for spec in specs)


def _references() -> Iterator[tuple[str, str]]:
    for spec in registry().all("methods"):
        yield spec.name, spec.summary
        if isinstance(spec, MethodSpec):
            yield from ((f"{spec.name}@{weights.name}", weights.kind) for weights in spec.weights)


def _columns() -> Iterator[tuple[str, str]]:
    for spec in registry().all("metrics"):
        if isinstance(spec, MetricSpec):
            yield from ((f"{spec.name}@{region}" if region else spec.name, spec.summary) for region in spec.regions)


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script that completes harness's commands, options and names.

    \b
    bash   eval "$(harness completion bash)"     in ~/.bashrc
    zsh    eval "$(harness completion zsh)"      in ~/.zshrc
    fish   harness completion fish > ~/.config/fish/completions/harness.fish
    """
    completer = get_completion_class(shell)
    assert completer is not None, "click completes in all three"
    root = click.get_current_context().find_root()
    click.echo(completer(root.command, {}, "harness", COMPLETE_VARIABLE).source())

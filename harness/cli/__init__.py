"""The command line. One file a command, imported when that command is used; importing this never imports torch."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from harness import __version__
from harness.cli.usage import usage_line
from harness.errors import HarnessError

__all__ = ["EXIT_CODES", "LazyGroup", "cli", "main"]

EXIT_CODES = {
    0: "done",
    1: "nothing succeeded; `parity`, `check`, `verify`, `leaderboard check`, `data check` found faults;"
    " `compare --gate`: B is worse",
    2: "a user's mistake, in one line on stderr with the next command",
    3: "everything is computed and kept, but a plugin's observer failed, or `merge` found rows that do not agree",
    4: "more records failed than `--max-errors` allows",
    70: "an error of ours, or a plugin's `sys.exit`, in one line too; `--debug` shows its traceback",
    130: "stopped by Ctrl-C; the same `run`, `train` or `export`, without `--fresh`, goes on",
    141: "what read our output has gone (`| head`); a run's report is written by then",
    143: "stopped by SIGTERM; the same `run`, `train` or `export`, without `--fresh`, goes on",
}
_GOES_ON = ("run", "train", "export")

# command: (module in harness.cli, attribute, one line for --help)
_COMMANDS = {
    "run": ("run", "run_command", "Judge methods on a suite; ends with a table and the path of a report."),
    "score": ("score", "score_command", "Judge any folder of images against references."),
    "export": ("export", "export_command", "Write a suite's holes as files, for a method that cannot live here."),
    "inpaint": ("inpaint", "inpaint_command", "Fill holes in your own pictures, or edit them by a text."),
    "restore": ("restore", "restore_command", "Undo what degraded your own pictures with one method."),
    "assess": ("assess", "assess_command", "Judge your own pictures with one assessor: quality, artifacts."),
    "agree": ("agree", "agree_command", "How often metrics prefer the picture that people prefer."),
    "list": (
        "listing",
        "list_command",
        "List methods, suites, datasets, masks, metrics, embedders, weights or plugins.",
    ),
    "show": ("show", "show_command", "Show everything known of one method, suite, data set, mask set or metric."),
    "status": ("status", "status_command", "What a run folder holds, what is missing or stale, and why."),
    "report": ("report", "report_command", "Rebuild the summary and the HTML report of a run."),
    "merge": ("merge", "merge_command", "Join runs of one suite: of several machines, or one method at a time."),
    "verify": ("verify", "verify_command", "Check a run folder: schemas, hashes, keys, counts, a sample of scores."),
    "bench": ("bench", "bench_command", "Seconds and memory of methods by the size of the picture."),
    "compare": ("compare", "compare_command", "Judge one entry or run against another; a gate for CI."),
    "leaderboard": (
        "leaderboard",
        "leaderboard_command",
        "Published results: show, add a run, export, check; papers' numbers apart.",
    ),
    "pairs": ("pairs", "pairs_command", "Faces in pairs as files: unpack, export, judge scores by them."),
    "data": ("data", "data_command", "Data sets: which there are, how to get and check them; your own folders."),
    "train": ("train", "train_command", "Train a method's weights by its recipe."),
    "weights": ("weights", "weights_command", "Bring a published checkpoint into the form that a method loads."),
    "new": ("new", "new_command", "Write a plugin package: a method, metric, data set, suite or mask set."),
    "parity": ("parity", "parity_command", "Compare a method's network with the official one's stored outputs."),
    "completion": ("completion", "completion_command", "Print what makes a shell complete names: bash, zsh, fish."),
    "check": ("check", "check_command", "Check a plugin: what is wrong with its methods, metrics, data sets, masks."),
    "doctor": ("doctor", "doctor_command", "Print the places, packages, devices and what is missing."),
}


class LazyGroup(click.Group):
    """Imports a command's module when it is called; `--help` needs none of them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with `--plugin FILE` taken from wherever on the line it stands."""
        return super().parse_args(ctx, _plugins_first(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in their order, then those that plugins add."""
        _add_plugin_commands(self)
        return [*_COMMANDS, *sorted(set(self.commands) - set(_COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name in _COMMANDS:
            module, attribute, _ = _COMMANDS[cmd_name]
            return getattr(importlib.import_module(f"harness.cli.{module}"), attribute)  # type: ignore[no-any-return]
        _add_plugin_commands(self)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command names its nearest neighbours."""
        if args and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            import difflib  # here, as below: most commands need neither

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise HarnessError(f"no command '{args[0]}'.{hint} See them all: harness --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing ours."""
        rows = [(name, line) for name, (_, _, line) in _COMMANDS.items()]
        for name in self.list_commands(ctx)[len(_COMMANDS) :]:
            rows.append((name, self.commands[name].get_short_help_str(80)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _plugins_first(args: list[str]) -> list[str]:
    """`run --plugin a.py -m a` → `--plugin a.py run -m a`: the registry must know the file before any command looks."""
    end = args.index("--") if "--" in args else len(args)
    taken: list[str] = []
    rest: list[str] = []
    words = iter(args[:end])
    for word in words:
        if word == "--plugin":
            value = next(words, None)
            if value is None:
                return [word]  # click says what it lacks
            taken += [word, value]
        else:
            (taken if word.startswith("--plugin=") else rest).append(word)
    return [*taken, *rest, *args[end:]]


def _use_plugins(ctx: click.Context, param: click.Parameter, files: tuple[Path, ...]) -> None:
    from harness.plugin_files import use_plugin_file

    for file in files:
        use_plugin_file(file)


def _add_plugin_commands(group: click.Group) -> None:
    """Call the command hook of every plugin once."""
    if group.context_settings.get("obj") == "plugins added":
        return
    group.context_settings["obj"] = "plugins added"
    from harness.plugins import registry

    for report in registry().reports:
        add = getattr(registry().manager.get_plugin(report.name), "harness_register_commands", None)
        if add is None:
            continue
        try:
            add(cli=group)
        except Exception as error:
            click.echo(f"plugin '{report.name}' could not add its commands: {_named(error)}", err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="harness")
@click.option(
    "--plugin",
    multiple=True,
    metavar="FILE.py",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_use_plugins,
    help="Load a one-file plugin too; anywhere on the line, repeat.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Is your image method better than the others, on which images, by how much, at what cost?

    \b
    harness run --suite demo                              a first table in 20 seconds
    harness run --suite inpainting -m coordfill -m telea  compare methods
    harness score outputs/ --reference truth/ --mask m/   judge pictures you already have
    """


def _terminate(signum: int, frame: Any) -> None:
    raise KeyboardInterrupt("SIGTERM")


def _run(args: list[str]) -> Any:
    """Run one command, or complete a line for a shell. Returns what the command returns.

    Not by click's `main`, which makes exit code 1 of a pipe that nobody reads, and hides why.
    """
    if "_HARNESS_COMPLETE" in os.environ:
        importlib.import_module("harness.cli.completion")  # our Bash
        try:
            cli.main(args=args, prog_name="harness")
        except (OSError, RuntimeError, HarnessError):  # words in the middle of a line that is being typed
            return 0
    with cli.make_context("harness", args) as context:
        return cli.invoke(context)


def _refused(error: click.ClickException) -> int:
    """Say what click refuses in one line; a bare `harness` is shown the help. Returns the exit code."""
    if isinstance(error, click.UsageError) and not isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(f"Error: {usage_line(error)}", err=True)
    else:
        error.show()
    return error.exit_code


def _stopped(stop: BaseException) -> int:
    """Say that a signal, or "no" to a plugin's question, ended this, and whether it goes on. Returns the exit code."""
    command = next((word for word in sys.argv[1:] if word in _COMMANDS), "")
    same = "the same command without --fresh" if "--fresh" in sys.argv else "the same command"
    kept = f" Everything computed is kept; {same} goes on from there." if command in _GOES_ON else ""
    click.echo(f"Stopped.{kept}", err=True)
    return 143 if stop.args == ("SIGTERM",) else 130


def _is_meant(stop: SystemExit) -> bool:
    """Whether a command ends itself; not where what it calls, a method or a library, would end it."""
    import traceback

    names = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(stop.__traceback__)]
    packages = [name.partition(".")[0] for name in names]
    called = packages[packages.index("click") :] if "click" in packages else packages
    command = next((package for package in called if package != "click"), "click")
    return command != "harness" or packages[-1] in ("click", "harness")  # a plugin's command may end as it likes


def _leave_quietly() -> int:
    """Nobody reads: what is still buffered must not fail a second time when Python ends. Returns the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    return 141


def _named(error: BaseException) -> str:
    """The type of an error and the first line of what it says."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _show_traceback() -> None:
    """Of the error that is being handled."""
    import traceback

    traceback.print_exc()


def _broken(why: str, *, debug: bool) -> int:
    """Say what is wrong with us or a plugin; called where the error is caught. Returns the exit code."""
    if debug:
        _show_traceback()
    click.echo(f"Internal error: {why}. Show where, and report it: harness --debug …", err=True)
    return 70


def main() -> None:
    """Run the command line; it ends with one of `EXIT_CODES`."""
    debug = "--debug" in sys.argv or os.environ.get("HARNESS_DEBUG") == "1"
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):  # a name with letters that a terminal lacks must not end a command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # Idle OpenMP threads spin by default: on a busy machine that made small operations up to 100 times slower.
    # Never to spin (OMP_WAIT_POLICY=PASSIVE) made a small network on an idle one three times slower.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        code = _run([word for word in sys.argv[1:] if word != "--debug"])
    except HarnessError as error:
        if debug:
            _show_traceback()
        click.echo(f"Error: {error}", err=True)
        code = 2
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except (BrokenPipeError, SystemExit) as stop:
        if isinstance(stop, BrokenPipeError) or isinstance(stop.__context__, BrokenPipeError):  # rich's exit
            code = _leave_quietly()
        elif _is_meant(stop):
            raise
        else:
            code = _broken(f"a plugin or a library calls sys.exit({stop.code!r})", debug=debug)
    except click.ClickException as error:
        code = _refused(error)
    except (KeyboardInterrupt, click.Abort) as stop:
        code = _stopped(stop)
    except Exception as error:
        code = _broken(_named(error), debug=debug)
    sys.exit(code if isinstance(code, int) else 0)

"""Write docs/commands.md: what `--help` says of every command, and the exit codes. `python -m tools.document_commands`.

The whole page is generated: to change a word of it, change the option's. `tests/test_house.py` fails where it is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from harness.cli import _COMMANDS, EXIT_CODES, cli

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = """# Commands

What `harness COMMAND --help` prints, word for word: `python -m tools.document_commands` writes it, a test compares it.

"""
WIDTH = 110


def _described(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Name and help of a command and, of a group, of its commands, as a terminal of `WIDTH` columns shows them."""
    names = ["-h", "--help"]
    context = click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH, help_option_names=names)
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        # Ours only: what a plugin of this machine adds is its own to document.
        for inner in _COMMANDS if command is cli else command.commands:
            found = command.get_command(context, inner)
            assert found is not None, inner
            yield from _described(found, inner, context)


def page() -> str:
    """The whole page."""
    blocks = [f"## `{title}`\n```text\n{shown}\n```\n" for title, shown in _described(cli, "harness", None)]
    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    codes = "\n".join(["## Exit codes", "| code | meaning |", "|---|---|", *rows, ""])
    return HEAD + "\n".join([*blocks, codes])


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())
    print(PAGE)


if __name__ == "__main__":
    main()

"""The command that goes on in a run folder, read off its manifest."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["resume_argv", "resume_command"]


def resume_command(manifest: Mapping[str, Any], folder: str) -> str:
    """What to type to go on in `folder`: the run's own command without `--fresh`, or what stands for it.

    A merged folder has no command of its own, and a run that Python called has none at all.
    """
    argv = resume_argv(manifest, folder) if "merged" in manifest else manifest["argv"]
    again = shlex.join(word for word in argv if word != "--fresh")
    return again or f"harness.run(…, out={folder!r}), as it was called"


def resume_argv(manifest: Mapping[str, Any], out: str) -> list[str]:
    """The command that computes what a merged folder lacks; empty where no source was a command."""
    commands = [found for call in manifest["history"] if (found := _run_words(call["argv"]))]
    if not commands:
        return []
    plugins = dict.fromkeys(group for groups, _ in commands for group in groups)
    lasting, words = [], iter(commands[0][1])
    for word in words:
        name, equals, _ = word.partition("=")
        if name in ("-m", "--method", "--task", "--out"):
            if not equals:
                next(words, None)
        elif name != "--fresh" and not word.startswith("-m"):  # attached, `-mtelea`
            lasting.append(word)
    methods = [word for entry in manifest["entries"] for word in ("-m", _asked_as(entry))]
    chosen = any(word.partition("=")[0] == "--task" for _, given in commands for word in given)
    tasks = [word for task in manifest["suite"]["tasks"] for word in ("--task", task["id"])] if chosen else []
    before = [word for group in plugins for word in group]
    return ["harness", *before, "run", *lasting, *tasks, *methods, "--out", out]


def _run_words(argv: Sequence[str]) -> tuple[list[tuple[str, ...]], list[str]] | None:
    """Options before `run`, each with its value, and the words after it; None for another command or none."""
    groups, words = list[tuple[str, ...]](), iter(argv[1:])
    for word in words:
        if not word.startswith("-"):
            return (groups, list(words)) if word == "run" else None
        groups.append((word, next(words, "")) if word == "--plugin" else (word,))
    return None


def _asked_as(entry: Mapping[str, Any]) -> str:
    """What names the entry on a command line: outputs computed elsewhere are no method without their folder."""
    folder = entry.get("folder", "")  # what an older harness wrote has none
    return f"{entry['reference']}=folder:{folder}" if folder else str(entry["reference"])

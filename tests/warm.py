"""Processes that start at once: forked from one that has imported the libraries, and nothing of ours.

`python -m harness run` imports torch and pandas for seconds, in every process anew. `Warm` keeps one process that has
done so; it forks. A fork then imports `harness` and its plugins by itself, in its own folder and environment, as
`__main__`, and ends as Python ends. What is asked of imports themselves (which are light, how long they take) is not
asked of these processes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

LIBRARIES = (
    "numpy", "pandas", "pyarrow.parquet", "torch", "torch.utils.data", "scipy.ndimage", "cv2", "PIL.Image", "jinja2",
    "click", "rich.console", "rich.table", "pluggy", "platformdirs", "psutil", "jsonschema", "safetensors.torch",
)  # fmt: skip
AT_START = ("PYTHON", "LC_", "LANG", "OMP_", "MKL_", "OPENBLAS_", "CUDA_", "LD_", "TORCH_", "KMP_")
"""Variables by which an interpreter or a library starts otherwise: with other ones nothing of here can be forked."""
LATER = ("PYTHONPATH", "TORCH_HOME")


class Process:
    """A forked process, with what `subprocess.Popen` has of one that this process did not start itself."""

    def __init__(self, told: IO[bytes], args: Sequence[str]) -> None:
        self.args, self._told = args, told
        self.pid = int(told.readline())
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """How it ended: a code, or minus a signal's number. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number: int) -> None:
        """Where it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Warm:
    """The process that forks; it ends with the `with` block.

    Started at the first use, so that a session without commands pays nothing.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._env: dict[str, str] = {}

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None and self._process is not None:
            self._line.close()
            self._process.communicate(timeout=30)

    def can(self, env: Mapping[str, str]) -> bool:
        """Whether a process in this environment starts as a fork does."""
        self._start()
        return _at_start(env) == _at_start(self._env)

    def start(
        self, args: Sequence[str], *, cwd: Path, env: Mapping[str, str], out: int, err: int, fds: Sequence[int] = (),
        group: bool = False,
    ) -> Process:  # fmt: skip
        """Start `python ARGS` (`-m module …` or `-c code …`), its output into two files.

        Args:
            fds: further ones that it has by their numbers here.
            group: leads a process group of its own.
        """
        self._start()
        assert self._line is not None
        order = {"args": list(args), "cwd": str(cwd), "env": dict(env), "fds": list(fds), "group": group}
        ours, theirs = os.pipe()
        content = json.dumps(order).encode()
        self._line.sendall(len(content).to_bytes(8, "big"))
        socket.send_fds(self._line, [b"."], [theirs, out, err, *fds])
        self._line.sendall(content)
        os.close(theirs)
        # unbuffered: a line is not read before it is asked for, so select() tells the truth
        return Process(os.fdopen(ours, "rb", buffering=0), [sys.executable, *args])

    def run(
        self, args: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """`subprocess.run(…, capture_output=True, text=True)`."""
        command = [sys.executable, *args]
        if not self.can(env):
            return subprocess.run(
                command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False
            )
        with open(os.memfd_create("out"), "w+") as out, open(os.memfd_create("err"), "w+") as err:
            process = self.start(args, cwd=cwd, env=env, out=out.fileno(), err=err.fileno())
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(command, code, out.read(), err.read())

    def _start(self) -> None:
        if self._process is not None:
            return
        self._line, theirs = socket.socketpair()
        self._env = dict(os.environ)
        with theirs:
            words = [sys.executable, __file__, str(theirs.fileno())]
            # pipes, so that its streams, which forks inherit, take what they write to for nothing that one can seek in
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
            )
        if self._line.recv(1) != b"!":
            raise AssertionError(self._process.communicate()[1].decode())


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key.startswith(AT_START) and key not in LATER}


# ---- in the process that forks


def _read(line: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size and (more := line.recv(size - len(content))):
        content += more
    return content


def _serve(line: socket.socket) -> dict[str, Any] | None:
    """Fork for every order. Returns the order in a fork, None in the process that forks when nobody asks any more."""
    while size := _read(line, 8):
        _, fds, _, _ = socket.recv_fds(line, 1, 16)
        order: dict[str, Any] = json.loads(_read(line, int.from_bytes(size, "big")))
        keeper = os.fork()
        if keeper == 0:
            line.close()
            return _kept(order, *fds)
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # those that have told
                pass
    return None


def _kept(order: dict[str, Any], told: int, out: int, err: int, *fds: int) -> dict[str, Any]:
    """In a process that waits for the fork and tells of its start and its end."""
    child = os.fork()
    if child:
        if order["group"]:
            with contextlib.suppress(OSError):
                os.setpgid(child, child)
        for fd in (out, err, *fds):
            os.close(fd)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.write(told, f"{child}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            os.write(told, f"{code}\n".encode())
        os._exit(0)
    os.close(told)
    if order["group"]:
        os.setpgid(0, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    _place(fds, order["fds"])
    return order


def _place(fds: Sequence[int], numbers: Sequence[int]) -> None:
    """Give descriptors the numbers that they have where they come from."""
    high = [os.dup2(fd, 200 + place) for place, fd in enumerate(fds)]
    for fd in fds:
        os.close(fd)
    for fd, number in zip(high, numbers, strict=True):
        os.dup2(fd, number)
        os.close(fd)


def _become(order: Mapping[str, Any]) -> None:
    """Run a module or a piece of code as a Python that starts with these words does."""
    import importlib
    import runpy

    how, what, *words = order["args"]
    had = _entries(os.environ)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    here = os.getcwd() if how == "-m" else ""
    sys.path[:] = [here, *_entries(os.environ), *(path for path in sys.path[1:] if path not in had)]
    importlib.invalidate_caches()
    sys.argv = [what if how == "-m" else "-c", *words]
    if how == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _entries(env: Mapping[str, str]) -> list[str]:
    return [os.path.abspath(entry) for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry]


def main() -> None:
    """Import, answer, fork."""
    line = socket.socket(fileno=int(sys.argv[1]))
    for library in LIBRARIES:
        __import__(library)
    # What is here stays: a fork that looked for garbage in it, as each does when it ends, would copy all of its pages.
    gc.collect()
    gc.freeze()
    line.sendall(b"!")
    order = _serve(line)
    if order is not None:
        _become(order)


if __name__ == "__main__":
    main()

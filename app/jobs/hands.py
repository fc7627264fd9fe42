"""The hands of a worker: processes that do one job after the other, keep what they know, and can be killed at any time.

A hand reads the number of a job a line and answers it once that is done. What a job computes in needs no check whether
it was cancelled, for the whole hand goes, and the next one grows.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TextIO

from app.processes import die_with_parent


class HandDied(Exception):
    """The process ended over its job."""


class Hand:
    """One process, begun when it is first needed."""

    def __init__(self, command: Sequence[str], first_line: str) -> None:
        """Not begun yet: `command` begins it, and it reads `first_line`, which no list of processes shall show."""
        self._command = command
        self._first_line = first_line
        self._process: asyncio.subprocess.Process | None = None

    async def do(self, job: int) -> None:
        """Have the job done; HandDied where the process ends over it. Cancelled, it leaves no process behind."""
        process = await self.begin()
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101 (we asked for pipes)
        try:
            with suppress(ConnectionError):
                process.stdin.write(f"{job}\n".encode())
                await process.stdin.drain()
            answer = await process.stdout.readline()
        except BaseException:
            await self.end()
            raise
        if answer != f"{job}\n".encode():
            await self.end()
            raise HandDied

    async def begin(self) -> asyncio.subprocess.Process:
        """The process, which is getting ready."""
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe)
            assert self._process.stdin is not None  # noqa: S101
            self._process.stdin.write(f"{self._first_line}\n".encode())
        return self._process

    async def end(self) -> None:
        """Kill the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def lend(ready: Callable[[str], Callable[[int], None]]) -> None:
    """Be a hand until there are no more lines; `ready` takes the first one and gives what does a job."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which kills its hands
    answers = _answers()
    do = ready(sys.stdin.readline().rstrip("\n"))
    for line in sys.stdin:
        do(int(line))
        answers.write(line)
        answers.flush()


def _answers() -> TextIO:
    """Our standard output, which from now on is closed to everybody who prints."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers

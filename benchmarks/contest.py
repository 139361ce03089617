"""A process that reads streams on request: builds its reader once, then forks a fresh process for each run.

Started by `Contest`, which speaks to it by lines of JSON. Each run has its own interpreter state and its own group, and
none pays for building the reader.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Contest:
    """The other end: starts the process and asks it for runs."""

    def __init__(self, folder: Path, python: Path | None = None) -> None:
        """`python` is the interpreter to run in, where it is not this one."""
        self._process = subprocess.Popen(
            [str(python or sys.executable), "-m", "benchmarks.contest", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        self._is_built = False

    def __enter__(self) -> Contest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def run(self, contestant: str, articles: int) -> dict[str, float]:
        """One run, with a group of its own, once the reader is built."""
        if not self._is_built:
            self._answer()
            self._is_built = True
        assert self._process.stdin is not None
        request = {"contestant": contestant, "articles": articles}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the contestants' process has ended; its errors stand above")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(str(answer["error"]))
        return answer


def main(folder: Path) -> None:
    """Serve requests from stdin until it ends."""
    from benchmarks.place import configuration  # noqa: PLC0415
    from streams.service import InForce  # noqa: PLC0415

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed by others goes to stderr
    in_force = InForce.build(configuration(folder))
    gc.collect()
    gc.freeze()  # or forked processes would copy every page that the collector touches

    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    answer({})
    for line in sys.stdin:
        answer(_forked(in_force, json.loads(line)))


def _forked(in_force: Any, request: dict[str, Any]) -> dict[str, Any]:
    group = f"bench-{uuid.uuid4().hex[:12]}"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        code = 1
        try:
            made = json.dumps(_run(in_force, group, request))
            with os.fdopen(writer, "w") as pipe:
                pipe.write(made)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        return {"error": f"{request['contestant']} failed"}
    answer: dict[str, Any] = json.loads(said)
    return answer


def _run(in_force: Any, group: str, request: dict[str, Any]) -> dict[str, float]:
    import traceback  # noqa: PLC0415

    import structlog  # noqa: PLC0415
    import uvloop  # noqa: PLC0415

    from benchmarks.contestants import CONTESTANTS, Task  # noqa: PLC0415

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    task = Task(in_force, group, request["articles"])
    contestant = CONTESTANTS[request["contestant"]]
    try:
        if inspect.iscoroutinefunction(contestant):
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                took = runner.run(asyncio.wait_for(contestant(task), 120))
        else:
            took = contestant(task)
    except BaseException:
        traceback.print_exc()
        raise
    figures: dict[str, float] = took.figures()
    return figures


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Threads for calls that cannot be cut off: when the process ends, it leaves those that hang behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Lock, Thread
from typing import Any


class ThreadsLeftBehind(Executor):
    """Makes at most `most` calls at a time, each in a thread; the others wait. A process that ends would wait for the
    threads of a ThreadPoolExecutor: for ever, where a service sends a byte now and then.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._lock = Lock()
        self._running = 0
        self._waiting: deque[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Future[Any]:  # type: ignore[override]
        """Make a call as soon as a thread is free. It fails with an OSError where the system has no more threads."""
        future: Future[Any] = Future()
        with self._lock:
            self._waiting.append((future, fn, args))
            if self._running < self._most:
                self._begin()
            if not self._running:
                self._waiting.pop()
                future.set_exception(OSError("the system gives no thread"))
        return future

    def _begin(self) -> None:
        self._running += 1
        try:
            Thread(target=self._run, name=self._name, daemon=True).start()
        except RuntimeError:  # so many may be there already: those of this one that run go on with what waits
            self._running -= 1

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                future, call, args = self._waiting.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call(*args)
            except BaseException as error:  # noqa: BLE001 - whoever asked is told
                future.set_exception(error)
            else:
                future.set_result(result)

    def forget_waiting(self) -> None:
        """Make none of the calls that have not begun."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        for future, *_ in waiting:
            future.cancel()

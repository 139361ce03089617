"""Threads that are left behind: so many calls at once, the others later, and nobody waits for what hangs."""

from __future__ import annotations

import subprocess
import sys
from threading import Event, Thread, enumerate

import pytest

from alerting.threads import ThreadsLeftBehind


def threads_named(name: str) -> list[Thread]:
    return [thread for thread in enumerate() if thread.name == name]


def test_each_call_is_made_and_says_what_came_of_it() -> None:
    threads = ThreadsLeftBehind(2, "each")
    assert [future.result(60) for future in [threads.submit(pow, 2, n) for n in range(9)]] == [
        2**n for n in range(9)
    ]
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 1, 0).result(60)
    for _ in range(3):  # once the former threads are gone
        for thread in threads_named("each"):
            thread.join(60)
        assert threads.submit(pow, 2, 3).result(60) == 8


def test_no_more_calls_than_allowed_are_made_at_once_and_those_that_wait_can_be_forgotten() -> None:
    threads = ThreadsLeftBehind(1, "at once")
    begun, go_on = Event(), Event()

    def hang() -> bool:
        begun.set()
        return go_on.wait(60)

    hanging = threads.submit(hang)
    assert begun.wait(60)
    cancelled, waiting = threads.submit(pow, 2, 2), threads.submit(pow, 2, 3)
    assert cancelled.cancel()
    assert not waiting.running()
    threads.forget_waiting()
    assert waiting.cancelled()
    dropped, last = threads.submit(hang), threads.submit(pow, 2, 4)
    assert len(threads_named("at once")) == 1
    assert dropped.cancel()
    go_on.set()
    assert hanging.result(60)
    assert last.result(60) == 16


def test_where_the_system_gives_no_thread_a_call_waits_for_one_that_runs_or_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = ThreadsLeftBehind(2, "test")
    begun, go_on = Event(), Event()

    def hang() -> bool:
        begun.set()
        return go_on.wait(60)

    def refuse(self: Thread) -> None:
        raise RuntimeError("can't start new thread")

    hanging = threads.submit(hang)
    assert begun.wait(60)
    with monkeypatch.context() as patched:
        patched.setattr(Thread, "start", refuse)
        for other in [ThreadsLeftBehind(1, "test")] * 2:
            with pytest.raises(OSError, match="no thread"):
                other.submit(pow, 2, 2).result(0)
        waiting = threads.submit(pow, 2, 3)
    assert other.submit(pow, 2, 2).result(60) == 4
    go_on.set()
    assert hanging.result(60)
    assert waiting.result(60) == 8
    assert threads.submit(pow, 2, 4).result(60) == 16


def test_the_process_does_not_wait_at_its_end_for_what_hangs() -> None:
    hang = "from threading import Event; from alerting.threads import ThreadsLeftBehind as T"
    ended = subprocess.run(
        [sys.executable, "-c", f"{hang}; T(1, 'x').submit(Event().wait)"], timeout=60, check=False
    )
    assert ended.returncode == 0

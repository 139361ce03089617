"""What a worker gives back of the memory that it no longer uses."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from streams.memory import return_freed_memory

BLOCK = 8192
BLOCKS = 8000


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def has_malloc_trim() -> bool:
    try:
        return hasattr(ctypes.CDLL(None), "malloc_trim")
    except OSError:
        return False


@pytest.mark.skipif(not (has_malloc_trim() and Path("/proc/self/status").exists()), reason="needs glibc")
def test_memory_between_used_blocks_is_returned() -> None:
    blocks = [bytes([number % 251]) * BLOCK for number in range(BLOCKS)]
    used = blocks[:: BLOCKS // 100]
    before = resident_kb()
    del blocks
    return_freed_memory()
    assert before - resident_kb() > BLOCK * BLOCKS // 1024 // 2
    assert len(used) == 100


def test_a_c_library_without_such_a_call_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    return_freed_memory()

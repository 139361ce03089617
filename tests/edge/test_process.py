"""What a worker does about its own process: its limits, and how it leaves."""

from __future__ import annotations

import subprocess
import sys

from streams.worker import FAILED

LEAVING = """
from streams.logs import configure_logs
from streams.worker import leave

class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")

configure_logs()
leave("test", Unspeakable())
"""

LIMITED = """
import resource
from streams.open_files import raise_limit_on_open_files

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (200, most))
raise_limit_on_open_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
"""

# As on macOS, where there is no hard limit, and a soft limit of 256.
UNLIMITED = """
import resource
from streams.open_files import raise_limit_on_open_files

none, asked = resource.RLIM_INFINITY, []

def refuse_none(_, limits):
    if limits[0] == none:
        raise ValueError("current limit exceeds maximum limit")
    asked.append(limits)

resource.getrlimit = lambda _: (256, none)
resource.setrlimit = refuse_none
raise_limit_on_open_files()
assert asked == [(10_240, none)]
"""

FEW = """
import resource
from streams.open_files import most_calls

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
for limit, calls in ((256, 64), (2, 1)):
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    assert most_calls() == calls, most_calls()
"""


def test_a_worker_leaves_even_where_the_log_of_it_fails() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, check=False)
    assert done.returncode == FAILED


def test_a_worker_may_open_as_many_files_as_the_system_allows() -> None:
    subprocess.run([sys.executable, "-c", LIMITED], check=True)


def test_webhooks_take_a_quarter_of_the_files_that_may_be_open() -> None:
    subprocess.run([sys.executable, "-c", FEW], check=True)


def test_where_no_limit_is_set_and_none_may_be_it_is_as_high_as_the_system_takes() -> None:
    subprocess.run([sys.executable, "-c", UNLIMITED], check=True)

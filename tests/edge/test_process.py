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

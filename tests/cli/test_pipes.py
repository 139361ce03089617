"""What a command prints may be read by a program that leaves early, or by one that wants whole lines."""

from __future__ import annotations

import asyncio
import io
import os
import shlex
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from streams.cli.pipes import Printer
from streams.cli.records import growing
from streams.topics import ALERTS, ARTICLES, CLASSIFIED, REJECTED
from streams.wire import ArticleRef, Reading
from tests.builders import MOMENT, alert
from tests.cli.conftest import Kafka

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = [sys.executable, "-m", "streams.cli"]


def read_by_nobody(*arguments: str) -> tuple[int, bytes]:
    """Exit code and stderr of a command whose standard output is closed before it prints."""
    process = subprocess.Popen([*TOCSIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--json"],
        ["topics"],
        ["trace", "alr_1"],
        ["endpoint", "status"],
        ["endpoint", "enable", "desk"],
        ["tail", "alerts", "--no-follow"],
        ["schemas", "--check", "--out", str(ROOT / "docs" / "schemas")],
        ["publish", str(ROOT / "deploy" / "samples" / "articles.jsonl")],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_reader_that_leaves_early_changes_no_answer(
    kafka: Kafka, small: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    kafka.send((ALERTS, alert()))
    monkeypatch.setenv("TOCSIN_TOPICS__PARTITIONS", "4")  # as the embedded broker makes them
    assert read_by_nobody(*arguments) == (0, b"")


def test_what_is_sent_again_does_not_hang_on_its_reader(kafka: Kafka) -> None:
    many = [(REJECTED, f"{number}".encode()) for number in range(50)]
    kafka.send(*many)
    assert read_by_nobody("replay", "rejected") == (0, b"")
    assert len(kafka.values(ARTICLES)) == len(many)


def test_what_the_encoding_of_a_terminal_lacks_is_written_as_an_escape(small: Path) -> None:
    file = small.parent / "article.json"
    file.write_text('{"title": "Ateşkes ihlal edildi", "language": "tr"}', encoding="utf-8")
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*TOCSIN, "explain", str(file)], capture_output=True, check=True, env=environ)
    assert done.stdout.startswith(b"Ate\\u015fkes ihlal edildi\n")


@pytest.mark.parametrize(
    "without",
    [(0,), (1,), (2,), (0, 1, 2)],
    ids=["no stdin", "no stdout", "no stderr", "none of them"],
)
def test_a_command_does_without_standard_streams(small: Path, without: tuple[int, ...]) -> None:
    closed = " ".join(f"{number}>&-" for number in without)
    for command in ("check", "explain -"):
        line = f"{shlex.quote(sys.executable)} -m streams.cli {command} {closed}"
        done = subprocess.run(line, shell=True, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


def test_lines_are_whole_where_no_terminal_breaks_them(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    title = "Sides agree ceasefire " * 20
    ref = ArticleRef(id="art_1", title=title, source="wire", language="en")
    kafka.send((CLASSIFIED, Reading(article=ref, read_at=MOMENT)), (ALERTS, alert(headline=title)))
    # Without `env`, children get a COLUMNS that readline has set behind Python's back.
    environ = dict(os.environ)
    done = subprocess.run(
        [*TOCSIN, "trace", "alr_1"], capture_output=True, text=True, check=True, env=environ
    )
    assert any(line.rstrip().endswith(title.rstrip()) for line in done.stdout.splitlines())


def test_a_terminal_has_the_width_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert Printer(whole=True).width == 50


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_publishing_from_a_pipe_that_stays_open(kafka: Kafka) -> None:
    """The thread that waited for the next line kept the process alive for as long as the pipe was open."""
    process = subprocess.Popen([*TOCSIN, "publish", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b'{"id": "a1", "title": "Truce"}\n')
    process.stdin.flush()

    async def first() -> bytes:
        name = ARTICLES.full_name(kafka.prefix)
        async with aclosing(growing(kafka.options, name, last=None, follow=True)) as records:
            return bytes((await anext(records)).key)

    assert asyncio.run(first()) == b"a1"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr.read() == b""
    process.stdin.close()
    process.stderr.close()

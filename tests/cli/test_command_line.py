"""The command line as a whole: its help page, its errors, what it imports."""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from streams.cli import COMMANDS, app
from tests.cli.conftest import Call, error_lines


def test_the_help_page_names_every_command_with_its_summary(call: Call) -> None:
    result = call("--help")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    for command, summary in COMMANDS.items():
        assert f"{command} " in text
        assert summary.replace("`", "") in text


@pytest.mark.parametrize("command", [(), ("up",), ("endpoint",), ("endpoint", "secret")])
def test_a_flag_takes_no_value_on_the_help_page(call: Call, command: tuple[str, ...]) -> None:
    shown = call(*command, "--help").stdout
    assert "--help" in shown
    assert "bool" not in shown


def test_the_version_is_that_of_the_package(call: Call) -> None:
    result = call("--version")
    assert (result.exit_code, result.stdout) == (0, f"tocsin {version('tocsin')}\n")


@pytest.mark.parametrize("arguments", [(), ("up",), ("endpoint",), ("endpoint", "test")])
def test_h_is_help(call: Call, arguments: tuple[str, ...]) -> None:
    assert call(*arguments, "-h").stdout == call(*arguments, "--help").stdout != ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_there_and_has_help(call: Call, command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0, result.output
    assert f"Usage: tocsin {command}" in result.stdout
    module = importlib.import_module(f"streams.cli.{command}")
    assert module.__doc__ is not None
    assert module.__doc__.startswith(f"`tocsin {command}`: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bell"], "tocsin: no command 'bell'; known are backtest, check, "),
        (["chek"], "tocsin: no command 'chek'; did you mean 'check'?; see"),
        (["Worker"], "tocsin: no command 'Worker'; did you mean 'worker'?; see"),
        (["endpoint", "retyr", "desk"], "tocsin: no command 'retyr'; did you mean 'retry'?; see"),
        (["--loud"], "tocsin: no option --loud; see"),
        (["explain", "--jsno", "-"], "tocsin: no option --jsno; did you mean '--json'?; see"),
        (["replay"], "tocsin: Missing argument 'what'"),
        (["replay", "articles"], "tocsin: Invalid value for 'what': 'articles' is not one of 'rejected'"),
        (["publish", "-", "--patience", "soon"], "tocsin: Invalid value for '--patience'"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(call: Call, arguments: list[str], says: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = error_lines(result)
    assert line.startswith(says)
    assert line.endswith("--help`")


def test_the_name_of_a_file_moves_no_cursor(call: Call, small: Path) -> None:
    (line,) = error_lines(call("explain", "/nowhere/\x1b[2J"))
    assert line.startswith(r"tocsin: /nowhere/\u001b[2J: ")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["tail", "alrts"], "alerts"),
        (["explain", "-", "--watch", "gazza"], "gaza"),
        (["receiver", "--fault", "hagn"], "hang"),
    ],
)
def test_a_mistyped_name_is_told_what_was_probably_meant(
    call: Call, arguments: list[str], meant: str
) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert error_lines(result)[-1].endswith(f"; did you mean '{meant}'?")


def test_a_worker_that_is_only_starting_outlives_a_hangup() -> None:
    code = (
        "import os, signal, sys, streams.cli.worker\n"
        "def load(_):\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    sys.exit(7)\n"
        "streams.cli.worker.load_configuration = load\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "streams.cli.main(['worker'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr


def test_the_help_page_imports_nothing_that_is_slow() -> None:
    code = (
        "import sys; from streams.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "slow = ('faust', 'aiokafka', 'confluent_kafka', 'httpx', 'aiohttp', 'pydantic', 'yaml')\n"
        "sys.exit(str([m for m in slow if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_a_traceback_is_shown_only_where_asked_for(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("check", "--config", "nowhere").exit_code == 2
    monkeypatch.setenv("TOCSIN_DEBUG", "")  # so that --debug leaves nothing behind
    result = call("--debug", "check", "--config", "nowhere")
    assert "ConfigurationError" in repr(result.exception)


def test_app_runs_without_standing_alone() -> None:
    with pytest.raises(Exception, match="does not exist"):
        app(["check", "--config", "nowhere"], standalone_mode=False)


def test_the_first_process_of_a_container_can_be_stopped_while_a_command_loads() -> None:
    code = (
        "import os, signal\n"
        "itself = os.getpid()\n"
        "os.getpid = lambda: 1\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)  # so the kernel treats it there\n"
        "from streams import cli\n"
        "cli.gc_paused = lambda: os.kill(itself, signal.SIGTERM)  # as the command is imported\n"
        "cli.main(['worker'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")

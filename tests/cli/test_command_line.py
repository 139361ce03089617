"""The command line as a whole: its help page, its errors, what it imports."""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from streams.cli import COMMANDS, app
from tests.cli.conftest import Call, error_lines

ROOT = Path(__file__).resolve().parents[2]


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
        (
            ["publish", "-", "--patience", "soon"],
            "tocsin: Invalid value for '--patience': must be a valid number",
        ),
        (["explain", "a", "b"], "tocsin: nothing is expected where 'b' stands; see"),
        (
            ["check", "/"],
            "tocsin: nothing is expected where '/' stands; name the configuration's folder with --config; see",
        ),
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


def as_it_loads(
    number: signal.Signals, *arguments: str, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Begin as the script does; the process gets a signal as it imports the first library."""
    script = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["tocsin"]
    module, _, function = script.partition(":")
    code = (
        "import os, signal, sys\n"
        "itself = os.getpid()\n"
        "class Signalling:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] not in {'streams', *sys.stdlib_module_names}:\n"
        "            sys.meta_path.remove(self)\n"
        f"            os.kill(itself, {int(number)})\n"
        "sys.meta_path.insert(0, Signalling())\n"
        f"{before}\n"
        f"sys.argv = ['tocsin', {', '.join(map(repr, arguments))}]\n"
        f"from {module} import {function}\n"
        f"{function}()"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["worker", "--help"], ["--debug", "worker", "--help"]])
def test_a_worker_outlives_a_hangup_from_its_first_moment(arguments: list[str]) -> None:
    done = as_it_loads(signal.SIGHUP, *arguments, before="signal.signal(signal.SIGHUP, signal.SIG_DFL)")
    assert done.returncode == 0, done.stderr


def test_another_command_ends_with_its_terminal() -> None:
    done = as_it_loads(
        signal.SIGHUP, "publish", "worker", "--help", before="signal.signal(signal.SIGHUP, signal.SIG_DFL)"
    )
    assert done.returncode == -signal.SIGHUP


def test_the_first_process_of_a_container_can_be_stopped_from_its_first_moment() -> None:
    as_the_kernel_treats_it = "os.getpid = lambda: 1; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    done = as_it_loads(signal.SIGTERM, "worker", "--help", before=as_the_kernel_treats_it)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")


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

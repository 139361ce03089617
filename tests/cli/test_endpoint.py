"""`tocsin endpoint`: what is previewed is what would be sent; a drill is sent once, marked, and its end is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from typer.testing import Result

from streams.receiver import Received, Receiver
from tests import configurations
from tests.cli.conftest import Call, error_lines
from tests.configurations import SECRET, SMALL
from tests.edge.servers import answering, certificate, serving

ARTICLE = {
    "id": "a1",
    "title": "Ceasefire agreed",
    "body": "A ceasefire was agreed on Monday.",
    "source": "wire",
}
TEMPLATE = '{"say": "{{ alert.headline }}"}'

Tried = Callable[..., Awaitable[Result]]


@pytest.fixture
def tried(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tried:
    """Run `tocsin endpoint` on a configuration with one endpoint, `desk`, at a URL."""

    async def run(
        url: str, *arguments: object, stdin: str | None = None, settings: Any = None, **changes: Any
    ) -> Result:
        made = {"allow_private": True, "allow_http": True} | changes
        files = {"endpoints.yaml": {"endpoints": [configurations.endpoint(**made)]}}
        if settings is not None:
            files["tocsin.yaml"] = settings
        configurations.write(tmp_path, SMALL | files)
        monkeypatch.setenv("DESK_URL", url)
        monkeypatch.setenv("DESK_SECRET", SECRET)
        monkeypatch.setenv("DESK_TOKEN", "Bearer canary-token")
        return await asyncio.to_thread(call, "endpoint", *arguments, "--config", tmp_path, stdin=stdin)

    return run


@pytest.mark.parametrize("name", ["standard", "slack", "teams", "discord", "template"])
async def test_a_drill_is_sent_once_and_marked_in_every_format(tried: Tried, name: str) -> None:
    got: list[Received] = []
    receiver = Receiver(secrets=[SECRET], on_webhook=got.append)
    await receiver.start()
    try:
        changes = {"format": name} | ({"template": TEMPLATE} if name == "template" else {})
        result = await tried(receiver.url, "test", "desk", **changes)
    finally:
        await receiver.stop()
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("desk (http://127.0.0.1/…): delivered, 204, ")
    [received] = got
    assert received.verified
    assert "drill" in received.body.decode().lower()


@pytest.mark.parametrize(("status", "then"), [(500, "tried again"), (410, "given up")])
async def test_a_drill_that_is_not_taken_says_why_without_a_secret_and_exits_1(
    tried: Tried, status: int, then: str
) -> None:
    echo = b"no hook canary-path-token for Bearer canary-token"
    answer = b"HTTP/1.1 %d No\r\ncontent-length: %d\r\n\r\n%s" % (status, len(echo), echo)
    async with serving(answering(answer)) as served:
        result = await tried(served.url(), "test", "desk", headers={"authorization": "env:DESK_TOKEN"})
        assert served.accepted == 1, "once"
    assert result.exit_code == 1
    first, second, third = result.stdout.splitlines()
    assert first.startswith(f"desk (http://127.0.0.1/…): failed, {status}")
    assert second == f"an alert would be {then}"
    assert third.startswith("the answer begins: no hook ")
    assert "canary" not in result.output


async def test_nobody_listening_is_said(tried: Tried) -> None:
    result = await tried("http://127.0.0.1:1/x", "test", "desk")
    assert result.exit_code == 1
    assert "failed, no connection" in result.stdout


async def test_a_receiver_within_is_trusted_by_the_authority_that_the_configuration_names(
    tried: Tried, tmp_path: Path
) -> None:
    made = certificate(tmp_path, "127.0.0.1")
    within = {"service": {"webhook_ca_file": made.file.name}}
    async with serving(answering(b"HTTP/1.1 204 Yes\r\n\r\n"), tls=made.server()) as served:
        url = served.url("127.0.0.1", "https")
        unknown = await tried(url, "test", "desk")
        known = await tried(url, "test", "desk", settings=within)
    assert "an authority unknown here" in unknown.stdout
    assert (known.exit_code, "delivered, 204" in known.stdout) == (0, True)
    made.file.unlink()
    gone = await tried(url, "test", "desk", settings=within)
    assert gone.exit_code == 2
    assert gone.stderr.strip().endswith(
        f"service.webhook_ca_file: {made.file} cannot be read: No such file or directory"
    )


async def test_a_preview_is_what_the_watch_would_send_and_sends_nothing(tried: Tried) -> None:
    async with serving(answering(b"")) as served:
        result = await tried(served.url(), "preview", "desk", "-", stdin=json.dumps(ARTICLE))
        assert served.accepted == 0
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert (shown["type"], shown["data"]["headline"]) == ("alert.opened", "Ceasefire agreed")
    assert shown["data"]["watch"]["id"] == "truce"
    assert shown["data"]["because"]
    assert not shown["data"]["drill"]


async def test_a_preview_of_an_article_that_matches_nothing_is_shown_as_a_drill(tried: Tried) -> None:
    result = await tried("http://127.0.0.1:1/", "preview", "desk", "-", stdin='{"title": "Weather"}')
    assert json.loads(result.stdout)["data"]["drill"] is True
    assert "no watch matches" in result.stderr


async def test_a_preview_may_show_the_headers_but_not_the_values_of_the_endpoints_own(tried: Tried) -> None:
    result = await tried(
        "http://127.0.0.1:1/canary-path", "preview", "desk", "-", "--headers",
        stdin=json.dumps(ARTICLE), headers={"authorization": "env:DESK_TOKEN"},
    )  # fmt: skip
    head, _, body = result.stdout.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    assert headers["authorization"] == "…"
    assert "canary" not in result.output
    compact = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
    assert Webhook(SECRET).verify(compact, headers)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "slack"}, '"mrkdwn"'),
        ({"format": "teams"}, "AdaptiveCard"),
        ({"format": "discord"}, '"allowed_mentions"'),
        ({"format": "template", "template": TEMPLATE}, '{\n  "say": "Ceasefire agreed"\n}'),
        (
            {
                "format": "template",
                "template": "{{ alert.headline }}\n{{ alert.source }}",
                "headers": {"content-type": "env:PLAIN"},
            },
            "Ceasefire agreed\nwire\n",
        ),
    ],
)
async def test_every_format_can_be_previewed(
    tried: Tried, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    monkeypatch.setenv("PLAIN", "text/plain; charset=utf-8")
    result = await tried("http://127.0.0.1:1/", "preview", "desk", "-", stdin=json.dumps(ARTICLE), **changes)
    assert result.exit_code == 0, result.output
    assert words in result.stdout


@pytest.mark.parametrize(
    "command", [("preview", "desk", "-", "--headers"), ("preview", "desk", "-"), ("test", "desk")]
)
async def test_no_file_is_read_twice_and_no_secret_of_another_endpoint_is_needed(
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files_read: list[str],
    command: tuple[str, ...],
) -> None:
    for name, value in {
        "DESK_URL": "https://127.0.0.1:1/",
        "DESK_SECRET": SECRET,
        "PLAIN": "text/plain",
    }.items():
        monkeypatch.setenv(name, value)
    desk = configurations.endpoint(
        format="template",
        template="{{ alert.headline }}",
        allow_private=True,
        headers={"content-type": "env:PLAIN"},
    )
    other = configurations.endpoint(id="other", url="env:OTHER_URL")
    configurations.write(tmp_path, SMALL | {"endpoints.yaml": {"endpoints": [desk, other]}})
    result = await asyncio.to_thread(
        call, "endpoint", *command, "--config", tmp_path, stdin=json.dumps(ARTICLE)
    )
    assert result.exit_code == (1 if command[0] == "test" else 0), result.output
    assert len(files_read) == len(set(files_read))


@pytest.mark.parametrize("command", [("test", "dsk"), ("preview", "dsk", "-")])
async def test_an_unknown_endpoint_is_one_line_that_names_those_there_are(
    tried: Tried, command: tuple[str, ...]
) -> None:
    result = await tried("http://127.0.0.1:1/", *command, stdin="{}")
    assert result.exit_code == 2
    assert error_lines(result) == ["tocsin: no endpoint 'dsk' in the configuration; did you mean 'desk'?"]


async def test_a_template_that_fails_is_named_with_its_place(tried: Tried) -> None:
    template = '{\n"say": "{{ alert.hedline }}"}'
    result = await tried("http://127.0.0.1:1/", "test", "desk", format="template", template=template)
    assert result.exit_code == 2
    [line] = error_lines(result)
    assert line.endswith("endpoints[0].template: line 2: there is no 'hedline' here")


def test_a_new_secret_is_one_that_signs(call: Call) -> None:
    made = call("endpoint", "secret").stdout.strip()
    assert made.startswith("whsec_")
    both = call("endpoint", "secret", "--ed25519")
    assert both.stdout.startswith("whsk_")
    assert "whpk_" in both.stderr

"""What is wrong with an endpoint shows when the configuration is read: file, key and words, never the secret itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerting import sendapprise
from streams.configuration import load_configuration
from streams.errors import ConfigurationError
from tests.configurations import SECRET, SMALL, endpoint, faults, write

OK = "https://hooks.example/canary"


def test_what_is_wrong_in_itself_hides_nothing_that_is_wrong_besides(tmp_path: Path) -> None:
    endpoints = [
        endpoint(url=None, schedule=[1, "soon"], secrets=["env:DESK_URL"], timeout="20m", fallback="desk"),
        endpoint(id="other", fallback="dsk", concurrency=0, template="x"),
    ]
    assert [
        said.split(": ")[1] for said in faults(tmp_path, SMALL | {"endpoints.yaml": {"endpoints": endpoints}})
    ] == [
        "endpoints[0].fallback",
        "endpoints[0].url",
        "endpoints[0].schedule[1]",
        "endpoints[0].secrets[0]",
        "endpoints[0].timeout",
        "endpoints[1].concurrency",
        "endpoints[1].fallback",
        "endpoints[1].template",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "templat", "template": "x"},
        {"fromat": "slack", "url": "env:PLAIN"},
        {"allow_http": "maybe", "url": "env:PLAIN"},
        {"format": "template", "templat": "{}"},
        {"secrets": [7, "env:DESK_SECRET"]},
    ],
)
def test_of_what_may_be_meant_by_a_faulty_key_nothing_is_said_besides(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(**changes)]}}
    assert len(faults(tmp_path, files, PLAIN="http://hooks.example/")) == 1


@pytest.mark.parametrize(
    ("url", "changes", "fault"),
    [
        ("ftp://hooks.example/canary", {}, "the url's scheme is 'ftp'; use https"),
        (
            "http://hooks.example/canary",
            {},
            "the url is http; use https, or set allow_http where that is meant",
        ),
        ("https://127.0.0.1/canary", {}, "the address is loopback; set allow_private where that is meant"),
        (
            "https://localhost/canary",
            {},
            "the url's host is this machine; set allow_private where that is meant",
        ),
        (
            "https://2130706433/canary",
            {},
            "the url's host is an unusual spelling of an IP address; write it as usual",
        ),
        (
            "https://169.254.169.254/canary",
            {"allow_private": True},
            "the address is one of cloud metadata, multicast or none at all",
        ),
        (
            "https://canary@hooks.example/",
            {},
            "the url holds a user or password; put credentials into headers",
        ),
        ("https://hooks.example\\canary", {}, "the url holds a backslash"),
        ("canary", {}, "the url does not say its scheme; begin it with https://"),
        ("canary:canary", {}, "the url does not say its scheme; begin it with https://"),
    ],
)
def test_a_url_that_must_not_be_called_is_a_fault(
    tmp_path: Path, url: str, changes: dict[str, Any], fault: str
) -> None:
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(**changes)]}}
    assert faults(tmp_path, files, DESK_URL=url) == [f"endpoints.yaml: endpoints[0].url: {fault}"]


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("url", "htps://hooks.example/", "the url's scheme is 'htps'; use https"),
        (
            "url",
            "hooks.example/",
            "the url does not say its scheme; begin it with https://, or refer to it by env:NAME",
        ),
        ("proxy", "proxy.example:3128", "a proxy is http://host:port or https://host:port"),
        ("proxy", "socks5://proxy.example:1080", "a proxy is http://host:port or https://host:port"),
    ],
)
def test_a_scheme_that_is_missing_or_misspelt_in_the_file_is_told_as_such(
    tmp_path: Path, key: str, value: str, fault: str
) -> None:
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(**{key: value})]}}
    [found] = faults(tmp_path, files)
    assert found.startswith(f"endpoints.yaml: endpoints[0].{key}: {fault}")


def test_a_url_of_apprise_in_the_file_may_hold_a_secret(tmp_path: Path) -> None:
    channel = endpoint(format="apprise", url="tgram://canary/1", allow_private=True, secrets=[])
    [found] = faults(tmp_path, SMALL | {"endpoints.yaml": {"endpoints": [channel]}})
    assert "endpoints[0].url: the URL may hold a secret" in found
    assert "canary" not in found


@pytest.mark.parametrize("url", [OK, "https://hooks.example:8443/x?y=z", "https://93.184.215.14/x"])
def test_a_url_that_may_be_called_is_none(tmp_path: Path, url: str) -> None:
    assert faults(tmp_path, SMALL, DESK_URL=url) == []


def test_every_secret_that_cannot_sign_is_named_by_its_place(tmp_path: Path) -> None:
    files = SMALL | {
        "endpoints.yaml": {"endpoints": [endpoint(secrets=["env:DESK_SECRET", "env:SHORT", "env:PLAIN"])]}
    }
    found = faults(tmp_path, files, SHORT="whsec_Y2FuYXJ5", PLAIN="canary")
    assert found == [
        "endpoints.yaml: endpoints[0].secrets[1]: the key has 6 bytes; Standard Webhooks asks for 24 to 64",
        "endpoints.yaml: endpoints[0].secrets[2]: a signing secret begins with whsec_ (HMAC) or whsk_ (Ed25519)",
    ]


def test_headers_that_frame_the_request_or_break_its_lines_are_faults(tmp_path: Path) -> None:
    headers = {"Host": "env:GOOD", "X-Team": "env:BROKEN", "Authorization": "env:GOOD"}
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(headers=headers)]}}
    found = faults(tmp_path, files, GOOD="canary", BROKEN="canary\r\nwebhook-id: canary")
    assert sorted(found) == [
        "endpoints.yaml: endpoints[0].headers.Host: Host is set by the service itself",
        "endpoints.yaml: endpoints[0].headers.X-Team: the value is empty, or holds line breaks, control or non-ASCII "
        "characters, or blanks at an end",
    ]


def test_a_fault_of_a_template_is_named_with_its_line(tmp_path: Path) -> None:
    template = '{\n  "text": "{{ alert.hedline }}"\n}'
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(format="template", template=template)]}}
    assert faults(tmp_path, files) == [
        "endpoints.yaml: endpoints[0].template: line 2: there is no 'hedline' here"
    ]


@pytest.mark.parametrize("secret", ["https://hooks.example/canary", "whsec_canary", "whsk_canary"])
@pytest.mark.parametrize("kind", ["env", "file"])
def test_a_secret_in_place_of_its_name_is_not_quoted(tmp_path: Path, kind: str, secret: str) -> None:
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(secrets=[f"{kind}: {secret}"])]}}
    [found] = faults(tmp_path, files)
    assert f"endpoints[0].secrets[0]: {kind}: is followed by the secret itself" in found
    assert "canary" not in found


def test_no_fault_quotes_a_secret(tmp_path: Path) -> None:
    files = SMALL | {
        "endpoints.yaml": {
            "endpoints": [
                endpoint(
                    headers={"X-A": "env:BROKEN"}, secrets=["env:PLAIN"], proxy="env:PLAIN", url="env:PLAIN"
                )
            ]
        }
    }
    found = faults(tmp_path, files, PLAIN="canary canary", BROKEN="canary\ncanary")
    assert len(found) == 4
    assert "canary" not in "".join(found)
    assert SECRET not in "".join(found)


def test_an_endpoint_with_a_fault_is_not_called_unknown_as_well(tmp_path: Path) -> None:
    wrong = [endpoint(timeout="soon"), endpoint(id="ops", fallback="desk")]
    assert [
        fault.split(": ")[1] for fault in faults(tmp_path, SMALL | {"endpoints.yaml": {"endpoints": wrong}})
    ] == ["endpoints[0].timeout"]


@pytest.mark.parametrize(
    "content", ["endpoints: [", {"endpoints": ["desk"]}, {"endpoints": [{"url": "env:DESK_URL"}]}]
)
def test_where_the_endpoints_cannot_be_read_nothing_is_said_of_their_names(
    tmp_path: Path, content: object
) -> None:
    assert [
        fault
        for fault in faults(tmp_path, SMALL | {"endpoints.yaml": content})
        if "unknown endpoint" in fault
    ] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://hooks.example/canary"},
        {"format": "template", "template": "{% if"},
        {"format": "template", "template": '{"text": "{{ alert.hedline }}"}', "url": OK},
        {"format": "apprise", "secrets": None, "url": "env:DESK_URL"},
    ],
)
def test_what_stands_in_the_file_is_checked_where_no_secret_is_looked_up(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    files = SMALL | {"endpoints.yaml": {"endpoints": [endpoint(**changes)]}}
    with_secrets = faults(tmp_path, files)
    assert len(with_secrets) == 1
    with pytest.raises(ConfigurationError) as raised:
        load_configuration(tmp_path, {}, resolve_secrets=False)
    assert [f"{fault.file}: {fault.key}: {fault.message}" for fault in raised.value.faults] == with_secrets


def test_of_references_that_are_not_looked_up_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sendapprise, "installed", lambda: False)
    desk = endpoint(url=OK, headers={"X-Team": "file:tëam"}, proxy="env:PROXY")
    apprise = endpoint(id="app", format="apprise", secrets=None, allow_private=True)
    text = endpoint(
        id="text", format="template", template="{{ alert.headline }}", headers={"Content-Type": "env:T"}
    )
    write(tmp_path, SMALL | {"endpoints.yaml": {"endpoints": [desk, apprise, text]}})
    assert len(load_configuration(tmp_path, {}, resolve_secrets=False).endpoints) == 3

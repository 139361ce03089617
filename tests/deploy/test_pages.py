"""The documentation says every key and its default as the models have them, and its references lead somewhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from alerting.drill import drill_alert
from alerting.endpoint import Breaker, Endpoint
from alerting.formats import render
from alerting.formats.template import FILTERS
from alerting.signing import new_secret, public_key, sign, verify
from alerting.watch import Watch
from streams.config_values import duration
from streams.errors import REASONS
from streams.settings import BrokerSettings, ServiceSettings, TopicSettings
from tests import sample

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
WATCHES = (ROOT / "docs" / "watches.md").read_text(encoding="utf-8")


def table(page: str, before: str) -> dict[str, str]:
    """Key and default of each row of the first table behind a text."""
    lines = page[page.index(before) :].splitlines()
    rows: dict[str, str] = {}
    for line in lines:
        if line.startswith("| `"):
            key, default, *_ = [cell.strip() for cell in line.strip("|").split(" | ")]
            rows[key.strip("`")] = default
        elif rows:
            break
    return rows


def as_documented(value: str) -> Any:
    """A default as the models would hold it."""
    text = value.strip("`")
    if value in ("none", "empty", "all", "see below"):
        return None
    if text in ("true", "false"):
        return text == "true"
    return text


def same(documented: str, default: Any) -> bool:
    value = as_documented(documented)
    if default in (None, (), {}, "") or isinstance(default, BaseModel):
        return value is None
    if isinstance(default, timedelta):
        return bool(duration(value) == default)
    if isinstance(default, tuple):
        parts = str(value).split(", ")
        return all(same(part, each) for part, each in zip(parts, default, strict=True))
    return str(value) == str(default)


@pytest.mark.parametrize(
    ("page", "before", "model"),
    [
        (CONFIGURATION, "### `broker`", BrokerSettings),
        (CONFIGURATION, "### `topics`", TopicSettings),
        (CONFIGURATION, "### `service`", ServiceSettings),
        (CONFIGURATION, "A list `endpoints`", Endpoint),
        (CONFIGURATION, "`breaker`:\n", Breaker),
        (WATCHES, "**Every condition", Watch),
    ],
    ids=["broker", "topics", "service", "endpoints", "breaker", "watches"],
)
def test_every_key_is_documented_with_its_default(page: str, before: str, model: type[BaseModel]) -> None:
    rows = table(page, before)
    assert list(rows) == list(model.model_fields)
    for key, field in model.model_fields.items():
        if field.is_required():
            assert rows[key] == "required", key
        else:
            default = field.get_default(call_default_factory=True)
            assert default is not PydanticUndefined
            assert same(rows[key], default if not isinstance(default, bool) else str(default).lower()) or (
                as_documented(rows[key]) == default
            ), (key, rows[key], default)


def test_the_stages_are_those_of_the_taxonomy() -> None:
    stages = sample.taxonomies().stages()
    rows = table(WATCHES, "| topic | stages |")
    assert {topic: re.findall(r"`(\w+)`", names) for topic, names in rows.items()} == {
        topic: list(names) for topic, names in stages.items() if topic in rows
    }
    assert set(rows) == {"ceasefire", "mediation", "evacuation"}


def test_every_reason_of_a_rejection_is_explained() -> None:
    page = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    rows = table(page, "| reason | when")
    assert [reason for row in rows for reason in row.split("`, `")] == list(REASONS)


def snippet(language: str) -> str:
    """The only block of code in a language on the page about delivery."""
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(code)


SECRET = "whsec_" + "dG9jc2luLXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGVzISE="
OTHER = "whsec_" + "YW5vdGhlci1zZWNyZXQtb2YtdGhpcnR5LXR3by1ieXRlcyE="
BODY = '{"type": "alert.opened", "headline": "Ateşkes"}'.encode()


def signed(keys: list[str], at: datetime) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign(keys, "msg_1", at, BODY),
    }


def verified_by_the_page(headers: dict[str, str], body: bytes) -> bool:
    namespace: dict[str, Any] = {}
    exec(snippet("python"), namespace)
    return bool(namespace["verify"](SECRET, headers, body))


def verified_by_the_page_in_javascript(headers: dict[str, str], body: bytes) -> bool:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    call = (
        "const [secret, headers, body] = JSON.parse(require('fs').readFileSync(0));"
        "console.log(verify(secret, headers, Buffer.from(body, 'base64')));"
    )
    done = subprocess.run(
        [node, "-e", snippet("javascript") + call],
        input=json.dumps([SECRET, headers, b64encode(body).decode()]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip() == "true"


@pytest.mark.parametrize("verify", [verified_by_the_page, verified_by_the_page_in_javascript])
def test_the_examples_of_verifying_take_ours_and_nothing_else(
    verify: Callable[[dict[str, str], bytes], bool],
) -> None:
    now = datetime.now(UTC)
    assert verify(signed([SECRET], now), BODY)
    assert verify(signed([OTHER, SECRET], now), BODY)
    assert not verify(signed([OTHER], now), BODY)
    assert not verify(signed([SECRET], now), BODY + b" ")
    assert not verify(signed([SECRET], now - timedelta(minutes=10)), BODY)
    for garbage in ("", "v1", "v1,", "v1,é", "x y,z"):  # whoever sends that is told no, and nothing breaks
        assert not verify(signed([SECRET], now) | {"webhook-signature": garbage}, BODY)
    for garbage in ("", "soon", "9" * 400, "9" * 5000):
        assert not verify(signed([SECRET], now) | {"webhook-timestamp": garbage}, BODY)
    for missing in signed([SECRET], now):
        assert not verify({k: v for k, v in signed([SECRET], now).items() if k != missing}, BODY)


@pytest.mark.parametrize(("signed_body", "expected"), [(BODY, "true"), (BODY + b" ", "false")])
def test_the_call_of_node_that_verifies_ed25519_takes_ours_and_nothing_else(
    signed_body: bytes, expected: str
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    (call,) = re.findall(r"^\| Node \| `(.*)` \|$", page, re.MULTILINE)
    secret = new_secret(ed25519=True)
    at = datetime.now(UTC)
    given = {
        "key": public_key(secret).removeprefix("whpk_"),
        "content": b64encode(f"msg_1.{int(at.timestamp())}.".encode() + BODY).decode(),
        "signature": sign([secret], "msg_1", at, signed_body).removeprefix("v1a,"),
    }
    read = "const {key, content, signature} = Object.fromEntries(Object.entries(JSON.parse(process.argv[1]))"
    code = f"{read}.map(([name, value]) => [name, Buffer.from(value, 'base64')])); console.log({call})"
    done = subprocess.run(
        [node, "-e", code, json.dumps(given)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == expected


def test_the_signatures_to_test_with_are_ours() -> None:
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    ((webhook_id, timestamp, body),) = re.findall(
        r"the id `(\w+)`, the timestamp `(\d+)` and the body `(.*?)`", page
    )
    rows = re.findall(r"^\| `(wh\w+_\S+)` \| `(v1a?,\S+)` \|$", page, re.MULTILINE)
    assert [key.partition("_")[0] for key, _ in rows] == ["whsec", "whpk"]
    for key, signature in rows:
        assert verify([key], webhook_id, timestamp, signature, body.encode())


def test_the_example_of_a_template_renders_whatever_the_headline_holds() -> None:
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^template: .*$", page, re.MULTILINE)
    endpoint = Endpoint(
        id="own", url=SecretStr("https://hooks.example"), format="template", **yaml.safe_load(line)
    )
    alert = drill_alert("own", datetime(2026, 3, 7, tzinfo=UTC), "x").model_copy(
        update={"headline": 'A "truce" @all\n\\'}
    )
    body, _ = render(endpoint, alert)
    assert json.loads(body)["text"].endswith(': A "truce" @\u200ball \\')
    named = set(
        re.findall(r"`(\w+)`", page[page.index("has the filters") : page.index("What stands inside")])
    )
    assert named == set(FILTERS)

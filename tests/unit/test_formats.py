"""What each format makes of an alert, above all of one whose text was written to do harm."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting import sendapprise
from alerting.drill import drill_alert
from alerting.endpoint import Endpoint
from alerting.endpoint_faults import endpoint_faults
from alerting.formats import discord, render, slack, standard, teams, template, words
from alerting.formats.template import RenderError
from alerting.redact import excerpt, redact_url, scrub
from alerting.sendapprise import text as apprise_text
from streams.wire import (
    ActorReading,
    Alert,
    AlertWatch,
    Clause,
    EndpointDisabled,
    Evidence,
    StageReading,
    Webhook,
)
from tests.builders import MOMENT, alert, endpoint, topic_reading

HOSTILE = (
    "<!channel> <!here> <!everyone> <@U1> <#C1> <https://evil.example|bank>",
    "@everyone @here <@123> <@&5> <#7> <:x:1>",
    "[bank](https://evil.example) [x](javascript:alert(1)) ![i](https://evil.example/i.png)",
    "*bold* _it_ ~st~ `code` ```block``` # head\n> quote\n- item\n||spoiler||",
    "<at>everyone</at> {{DATE(2026-01-01T00:00:00Z)}} ${alert} <script>alert(1)</script>",
    'a "quote" \\ back\\" }, "evil": {"x": 1',
    "line\r\nwebhook-id: forged\r\n\r\n\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe \u2066x\u2069 \u200b\ufeff \u2028 \u2029 \x00",
    "https://evil.example www.evil.example",
    "&lt;!channel&gt; &amp; &#60;",
)

TEMPLATE = '{"text": "{{ alert.headline }}", "who": {{ alert.actors | tojson }}, "n": {{ alert.number }}}'


def hostile(text: str) -> Alert:
    evidence = (Evidence(field="title", start=0, end=len(text), text=text),)
    return alert(
        headline=text,
        sentence=f"{text} {text}",
        source=text,
        watch=AlertWatch(id="w", title=text, severity="high"),
        actors=(ActorReading(id="a", name=text, kind="person", match="exact", evidence=evidence),),
        because=(Clause(clause=text, held=True, evidence=evidence),),
        type="alert.updated",
        reason=text,
    )


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [found for inner in value.values() for found in strings(inner)]
    return [found for inner in value for found in strings(inner)] if isinstance(value, list) else []


def of_format(name: str) -> Endpoint:
    return endpoint(format=name, template=TEMPLATE if name == "template" else None)


@pytest.mark.parametrize("name", ["standard", "slack", "teams", "discord", "template"])
@pytest.mark.parametrize("text", HOSTILE)
def test_every_body_is_json_and_the_same_each_time(name: str, text: str) -> None:
    body, content_type = render(of_format(name), hostile(text))
    assert content_type == "application/json"
    assert json.loads(body)
    assert render(of_format(name), Alert.model_validate_json(hostile(text).to_bytes()))[0] == body


@pytest.mark.parametrize("text", HOSTILE)
def test_slack_shows_text_as_text(text: str) -> None:
    """In `mrkdwn` only `<` begins anything; each that is left is the one link to the article."""
    message = json.loads(slack.render(hostile(text)))
    texts = [message["text"]]
    for block in message["blocks"]:
        for part in block.get("elements", [block.get("text")]):
            if part["type"] == "mrkdwn":
                assert part["verbatim"] is True
                texts.append(part["text"])
    for found in texts:
        assert re.sub(r"^\*<https://news\.example/1\|(.*)>\*$", r"\1", found).count("<") == 0
        bare = found.removeprefix("*<https://news.example/1|").removesuffix(">*").removeprefix("> ")
        assert not set(bare) & set("<>*~`_")
        assert not re.search(r"@\w", found)
        assert "](" not in found, "a link in Markdown, which others that take this format understand"


@pytest.mark.parametrize("name", ["slack", "teams", "discord"])
def test_the_id_that_an_alert_is_traced_by_can_be_copied_from_every_format(name: str) -> None:
    made = alert(alert_id="alr_5vt3g2hgqbj6s3xg3wd2cz4yga", number=3)
    body = json.loads(render(of_format(name), made)[0])
    assert any("alr_5vt3g2hgqbj6s3xg3wd2cz4yga#3" in found for found in strings(body))


@pytest.mark.parametrize("name", ["slack", "teams", "discord", "apprise"])
def test_of_an_update_every_format_says_what_is_new(name: str) -> None:
    made = (
        alert(reason="no open story tells the same"),
        alert(type="alert.updated", reason="new in it: Rafah, 31"),
    )
    opened, updated = ([text.replace("\\", "") for text in told(name, one)] for one in made)
    assert any("🟠 HIGH Truce in Ukraine" in found for found in opened)
    assert any("new · wire" in found for found in opened)
    assert not any("no open story" in found for found in opened)
    assert any("🟠 HIGH UPDATE Truce in Ukraine" in found for found in updated)
    assert any("New in it: Rafah, 31" in found for found in updated)
    assert any("update · wire" in found for found in updated)


def test_a_date_behind_a_source_in_arabic_is_shown_from_its_beginning() -> None:
    assert "الجزيرة\u200e · 2026-03-07 12:00 UTC" in words.told(alert(source="الجزيرة"))
    assert "\u200e" not in words.told(alert(source="wire"))


def test_a_telephone_that_shows_one_line_shows_what_happened_and_what_is_new() -> None:
    made = alert(headline="Live: latest updates", type="alert.updated", reason="new in it: Rafah")
    line = "🟠 HIGH UPDATE Truce in Ukraine: Live: latest updates: New in it: Rafah"
    assert json.loads(slack.render(made))["text"] == line
    assert json.loads(teams.render(made))["attachments"][0]["content"]["fallbackText"] == line
    assert json.loads(discord.render(made))["content"].replace("\\", "") == line


@pytest.mark.parametrize("name", ["slack", "teams", "discord", "apprise"])
def test_a_headline_that_decided_is_not_quoted_under_itself(name: str) -> None:
    made = alert(headline="Sides agree ceasefire", sentence="Sides agree  ceasefire")
    message = "\n".join(told(name, made))
    once = "\n".join(told(name, alert(headline="Sides agree ceasefire", sentence="")))
    assert message == once


def test_how_many_tell_a_story_is_counted_in_words() -> None:
    assert words.many(alert()) == ""
    assert words.many(alert(articles=2, sources=1)) == ", 2 articles of 1 source"
    assert words.many(alert(articles=3, sources=2)) == ", 3 articles of 2 sources"


@pytest.mark.parametrize("text", HOSTILE)
def test_discord_mentions_nobody_and_escapes_markdown(text: str) -> None:
    message = json.loads(discord.render(hostile(text)))
    assert message["allowed_mentions"] == {"parse": []}
    embed = message["embeds"][0]
    shown = [message["content"], embed["title"], embed["description"].removeprefix("> ")]
    shown += [field["value"] for field in embed["fields"]]
    for found in shown:
        assert not re.search(r"(?<!\\)(?:\\\\)*[*_~`|\[\]<>@#]", found.replace("\\\\", "")), found
        assert "://" not in found
        assert not re.search(r"@\w", found)
    assert embed["url"] == "https://news.example/1"
    assert len(embed["title"]) <= 256
    assert len(embed["description"]) <= 4096
    assert len(embed["footer"]["text"]) <= 2048
    assert all(len(field["value"]) <= 1024 for field in embed["fields"])


@pytest.mark.parametrize("text", HOSTILE)
def test_teams_text_stands_where_no_markup_is_known(text: str) -> None:
    """Only `TextBlock` and `FactSet` know Markdown; a card of ours has none. No function, no mention."""
    message = json.loads(teams.render(hostile(text)))
    card = message["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert "msteams" not in card
    assert [action["url"] for action in card["actions"]] == ["https://news.example/1"]
    for found in [*strings(card["body"]), card["fallbackText"]]:
        assert "{{" not in found
        assert "${" not in found or "${\u200b" in found
        assert "<at>" not in found


@pytest.mark.parametrize("name", ["slack", "teams", "discord"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_or_bidirectional_character_reaches_people(name: str, text: str) -> None:
    for found in strings(json.loads(render(of_format(name), hostile(text))[0])):
        assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u2028\u2029]", found)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.example/",
     "https://ok@evil.example/", "https://", "x",
     "https://a\\b", "https://a.example/\r\nx", "https://a.example/ x", "https://a.example/" + "x" * 3000,
     "https://a.example/" + "é" * 400, "https:///x",
     "https://[::1", "https://a.example/\ud800", "https://i❤.example/", "https://%61.example/", "https://a|b/",
     "https://a.example:x/", "https://-a.рф/", "https://[::1%a|b]/", "https://[v1.a|b]/"],
)  # fmt: skip
def test_a_link_that_is_not_plain_http_is_left_out(url: str) -> None:
    assert words.safe_link(url) is None
    assert url not in apprise_text(alert(headline="h", sentence="s", url=url))[1].split("\n")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x|y>z", "https://a.example/x%7Cy%3Ez"),
        ("https://a.example/?q=ı&r=1", "https://a.example/?q=%C4%B1&r=1"),
        ("https://a.example/(x)", "https://a.example/%28x%29"),
        ("https://a.example/%20", "https://a.example/%20"),
        (
            "https://президент.рф/новости?q=1#ä",
            "https://xn--d1abbgf6aiiy.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=1#%C3%A4",
        ),
        ("https://STRASSE.example:8443?https://", "https://strasse.example:8443?https://"),
        ("HTTP://[2001:DB8::1]:80/[x]", "http://[2001:db8::1]:80/%5Bx%5D"),
    ],
)
def test_a_link_is_written_so_that_it_ends_no_markup(url: str, link: str) -> None:
    assert words.safe_link(url) == link


def for_people(name: str, event: Alert) -> str:
    return "\n".join(apprise_text(event)) if name == "apprise" else render(of_format(name), event)[0].decode()


@pytest.mark.parametrize("name", ["slack", "teams", "discord", "apprise"])
def test_every_format_for_people_says_when_it_was_as_it_may_come_late(name: str) -> None:
    late = alert(at=MOMENT - timedelta(hours=5))
    assert "2026-03-07 07:00 UTC" in for_people(name, late)


@pytest.mark.parametrize("name", ["slack", "teams", "discord", "apprise"])
@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (24, "12:00 UTC, published 2026-03-06 12:00"),
        (1, "12:00 UTC, published 2026-03-07 11:00"),
        (0.9, ""),
        (-24, ""),
    ],
)
def test_every_format_for_people_says_of_an_article_that_comes_late_when_it_was_published(
    name: str, hours: float, said: str
) -> None:
    text = for_people(name, alert(published_at=MOMENT - timedelta(hours=hours)))
    assert said in text
    assert said or "published" not in text


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://news.example/1", True),
        ("https://президент.рф/1", True),
        ("http://localhost/1", False),
        ("http://cms:8080/1", False),
        ("http://10.0.0.7/1", False),
        ("http://[2001:db8::1]/1", False),
    ],
)
def test_over_no_link_does_discord_refuse_an_alert(url: str, linked: bool) -> None:
    """It takes no message with a link whose host is no name of several parts."""
    [embed] = json.loads(discord.render(alert(url=url)))["embeds"]
    assert ("url" in embed) == linked


def test_plain_keeps_joiners_that_scripts_need() -> None:
    assert words.plain("می\u200cخواهم 👩\u200d🚒", 50) == "می\u200cخواهم 👩\u200d🚒"


PEOPLE = ("slack", "teams", "discord", "apprise")


def told(name: str, made: Alert) -> list[str]:
    """All texts of a message for people."""
    if name == "apprise":
        return [*apprise_text(made)]
    return [found.replace("&amp;", "&") for found in strings(json.loads(render(of_format(name), made)[0]))]


@pytest.mark.parametrize("name", PEOPLE)
def test_every_format_for_people_says_what_happened_who_and_where_to_read_it(name: str) -> None:
    evidence = topic_reading().evidence
    made = alert(
        url="https://news.example/1?a=1&b=2",
        sentence="They agreed in Doha.",
        topics=(topic_reading(), topic_reading(topic="evacuation", stage="under_way")),
        actors=tuple(
            ActorReading(id=who.lower(), name=who, kind="country", match="exact", evidence=evidence)
            for who in ("Qatar", "Egypt")
        ),
        articles=3,
        sources=2,
    )
    said = "\n".join(told(name, made))
    for part in (
        "HIGH Truce in Ukraine",
        "Sides agree ceasefire",
        "They agreed in Doha.",
        "ceasefire agreed, evacuation under way",
        "Qatar, Egypt",
        "wire, 3 articles of 2 sources",
        "https://news.example/1?a=1&b=2",
    ):
        assert part in said


@pytest.mark.parametrize("name", PEOPLE)
def test_of_what_an_alert_lacks_no_format_for_people_says_anything(name: str) -> None:
    """Services refuse a text that is empty."""
    made = alert(headline="", sentence="", topics=(), actors=(), url=None, source=None)
    texts = told(name, made)
    assert all(text.strip(" >*") for text in texts)
    said = "\n".join(texts)
    assert "no headline" in said
    assert "unknown source" in said
    assert "\n\n" not in said
    assert "http" not in said.replace("http://adaptivecards.io/schemas/adaptive-card.json", "")


@pytest.mark.parametrize(
    ("severity", "bell", "colour", "style"),
    [
        ("critical", "🔴", 0xD92D20, "attention"),
        ("high", "🟠", 0xF79009, "warning"),
        ("medium", "🟡", 0xFAC515, "accent"),
        ("low", "⚪", 0x98A2B3, "default"),
    ],
)
def test_every_severity_shows_at_a_glance_in_every_format(
    severity: Any, bell: str, colour: int, style: str
) -> None:
    made = alert(watch=AlertWatch(id="w", title="Truce", severity=severity))
    said = f"{bell} {severity.upper()} Truce"
    bodies = {name: json.loads(render(of_format(name), made)[0]) for name in ("slack", "teams", "discord")}
    assert all(any(found.startswith(said) for found in strings(body)) for body in bodies.values())
    assert apprise_text(made)[0] == said
    assert bodies["discord"]["embeds"][0]["color"] == colour
    assert f'"color":"{style}"' in teams.render(made).decode()


def test_a_drill_says_so_in_every_format() -> None:
    drill = drill_alert("desk", MOMENT, "1")
    for name in ("slack", "teams", "discord"):
        assert b"DRILL" in render(of_format(name), drill)[0]
    assert json.loads(render(of_format("standard"), drill)[0])["data"]["drill"] is True
    assert "DRILL" in apprise_text(drill)[0]
    assert drill.webhook_id != drill_alert("desk", MOMENT, "2").webhook_id


def test_apprise_text_has_no_line_from_an_article() -> None:
    for text in HOSTILE:
        title, body = apprise_text(hostile(text))
        assert "\n" not in title
        assert len(body.split("\n")) == 7


@pytest.mark.skipif(not sendapprise.installed(), reason="the optional extra `apprise` is not installed")
@pytest.mark.parametrize(
    "service",
    [
        f"discord://{'1' * 18}/{'a' * 68}/?format=markdown",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        "gchat://workspace/key/token",
        f"mmost://localhost/{'a' * 24}",
    ],
    ids=["Discord", "Slack", "Google Chat", "Mattermost"],
)
def test_by_apprise_an_article_mentions_nobody_and_forges_no_link(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def request(*_: Any, data: Any = None, **more: Any) -> Any:
        sent.append(data if isinstance(data, str) else json.dumps(data or more.get("json")))
        return SimpleNamespace(status_code=200, content=b"ok", text="ok", headers={}, json=dict)

    monkeypatch.setattr("requests.Session.request", request)
    calls = "@everyone @here @all <@123> <@&456> <!channel> !here> <users/all> <#C1>"
    links = "[bank](https://evil.example) <https://evil.example|bank> https://evil.example|bank>"
    made = alert(headline=calls, sentence=links, source="@channel", url="https://news.example/@everyone")
    sendapprise._notify(service, *apprise_text(made))
    [payload] = sent
    assert "news.example" in payload
    said = "\n".join(strings(json.loads(payload)))
    assert not re.search(r"@\w|@&|<[!@#u]|\]\(|\|bank>|allow_mentions", said + payload)


@pytest.mark.skipif(not sendapprise.installed(), reason="the optional extra `apprise` is not installed")
@pytest.mark.parametrize(("asked", "messages"), [("", 1), ("?overflow=split", 2)], ids=["as it is", "split"])
def test_by_apprise_a_message_is_cut_to_what_its_service_takes_unless_the_url_says_otherwise(
    asked: str, messages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pushover refuses more than 1024 characters."""
    sent: list[dict[str, Any]] = []

    def request(*_: Any, data: Any, **__: Any) -> Any:
        sent.append(data)
        return SimpleNamespace(status_code=200, content=b"{}", text="{}", headers={}, json=dict)

    monkeypatch.setattr("requests.Session.request", request)
    made = alert(
        headline="Sides agree ceasefire " * 12, sentence="They have agreed. " * 30, source="wire " * 16
    )
    made = made.model_copy(update={"type": "alert.updated", "reason": "another stage " * 20})
    assert sendapprise._notify(f"pover://{'u' * 30}@{'t' * 30}/{asked}", *apprise_text(made))
    assert len(sent) == messages
    assert all(len(message["message"]) <= 1024 for message in sent)
    assert sent[0]["message"].startswith("Sides agree")
    assert "https://news.example/1" in sent[0]["message"]


# Any text at all, within the limits of each service.

PIECES = (
    *("<!channel>", "<@U1>", "@everyone", "@here", "<https://evil|bank>", "[x](javascript:1)", "http://"),
    *("&", "{{", "${", "}}", "<at>x</at>", "*", "_", "`", "~", "|", "\\", '"'),
    *("\r\n", "\x1b[31m", "\u202e", "\u2028", "\ud800", "😀"),
)
ANY_TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=12).map("".join)
LONG_TEXT = st.tuples(ANY_TEXT, st.sampled_from([1, 3, 400])).map(lambda drawn: drawn[0] * drawn[1])
URLS = st.one_of(
    st.none(),
    ANY_TEXT,
    st.sampled_from(["https://n.example/?" + "a&" * 980, "https://n.example/" + "x" * 1900]),
)
any_text = settings(max_examples=150, deadline=None)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def of_any(texts: tuple[str, str, str], url: str | None) -> Alert:
    made = hostile(texts[0])
    return made.model_copy(
        update={
            "sentence": texts[1],
            "source": texts[2] or None,
            "url": url,
            "watch": made.watch.model_copy(update={"title": texts[2]}),
            "actors": tuple(made.actors[0].model_copy(update={"name": texts[1]}) for _ in range(12)),
        }
    )


@any_text
@given(texts=st.tuples(LONG_TEXT, LONG_TEXT, LONG_TEXT), url=URLS)
def test_slack_takes_any_alert_and_shows_its_text_as_text(
    texts: tuple[str, str, str], url: str | None
) -> None:
    message = json.loads(slack.render(of_any(texts, url)))
    assert len(message["blocks"]) <= 50
    for block in message["blocks"]:
        for part in block.get("elements", [block.get("text")]):
            assert 0 < units(part["text"]) <= (150 if block["type"] == "header" else 3000)
            if part["type"] == "mrkdwn":
                bare = re.sub(r"^\*<https?://[^<>|\s]*\|(.*)>\*$", r"\1", part["text"], flags=re.S)
                bare = bare.removeprefix("> ").removeprefix("*").removesuffix("*")
                assert not set(bare) & set("<>*~`_")
                assert not re.search(r"&(?!amp;|lt;|gt;)", bare)
                assert not re.search(r"@\w", bare)


@any_text
@given(texts=st.tuples(LONG_TEXT, LONG_TEXT, LONG_TEXT), url=URLS)
def test_discord_takes_any_alert_and_mentions_nobody(texts: tuple[str, str, str], url: str | None) -> None:
    message = json.loads(discord.render(of_any(texts, url)))
    assert message["allowed_mentions"] == {"parse": []}
    [embed] = message["embeds"]
    fields = embed["fields"]
    assert units(message["content"]) <= 2000
    assert 0 < units(embed["title"]) <= 256
    assert units(embed.get("description", "")) <= 4096
    assert units(embed["footer"]["text"]) <= 2048
    assert all(units(field["value"]) <= 1024 for field in fields)
    assert (
        sum(units(text) for text in [embed["title"], embed.get("description", ""), embed["footer"]["text"]])
        + sum(units(field["name"]) + units(field["value"]) for field in fields)
        <= 6000
    )
    shown = [message["content"], embed["title"], embed.get("description", "").removeprefix("> ")]
    for found in shown + [field["value"] for field in fields]:
        assert not re.search(r"(?<!\\)(?:\\\\)*[*_~`|\[\]<>@#]", found.replace("\\\\", "")), found
        assert "://" not in found
        assert not re.search(r"@\w", found)


@any_text
@given(texts=st.tuples(LONG_TEXT, LONG_TEXT, LONG_TEXT), url=URLS)
def test_teams_takes_any_alert_and_knows_no_markup_in_it(
    texts: tuple[str, str, str], url: str | None
) -> None:
    body = teams.render(of_any(texts, url))
    assert len(body) <= 28_000
    card = json.loads(body)["attachments"][0]["content"]
    assert card["body"]
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    for found in [*strings(card["body"]), card["fallbackText"]]:
        assert not re.search(r"\{\{|\$\{(?!\u200b)|<at>", found)


@any_text
@given(text=ANY_TEXT)
def test_a_template_is_json_around_any_text(text: str) -> None:
    made = hostile(text.encode("utf-8", "ignore").decode())
    said = json.loads(template.render(TEMPLATE, made))
    assert (said["text"], said["who"][0]["name"]) == (made.headline, made.headline)


@any_text
@given(text=LONG_TEXT, limit=st.integers(10, 60))
def test_what_is_cut_ends_in_no_half_of_an_escape(text: str, limit: int) -> None:
    for escape, halves in ((slack.escape, r"&(?!amp;|lt;|gt;)"), (discord.escape, r"(?<!\\)(\\\\)*\\$")):
        found = words.cut(words.plain(text, 500), escape, limit)
        assert units(found) <= limit
        assert not re.search(halves, found)


def test_an_article_without_a_title_is_told_by_its_sentence() -> None:
    made = alert(headline="", sentence="The sides agreed.")
    assert json.loads(discord.render(made))["embeds"][0]["title"] == "The sides agreed."
    assert "(no headline)" in slack.render(alert(headline="\u200b", sentence="")).decode()


# The standard format.

TEXTS = st.tuples(st.text(max_size=30), st.sampled_from([1, 10, 1000]))
"""A text and how often it is repeated: what fails stays short to read."""


@settings(max_examples=40, deadline=None)
@given(texts=st.tuples(TEXTS, TEXTS, TEXTS), evidence=st.integers(1, 20), many=st.integers(0, 30))
def test_a_standard_body_stays_below_20_kb_and_says_what_happened(
    texts: tuple[tuple[str, int], ...], evidence: int, many: int
) -> None:
    text, title, url = (part * times for part, times in texts)
    pieces = tuple(Evidence(field="body", start=n, end=n + len(text), text=text) for n in range(evidence))
    made = hostile(text).model_copy(
        update={
            "watch": AlertWatch(id="w", title=title, severity="low"),
            "url": url,
            "topics": tuple(
                topic_reading(evidence=pieces, stages=(StageReading(stage="agreed", evidence=pieces),) * many)
                for _ in range(max(1, many // 10))
            ),
            "actors": tuple(
                ActorReading(id=str(n), name=text, kind="person", match="exact", evidence=pieces)
                for n in range(many)
            ),
            "because": tuple(Clause(clause=text, held=True, evidence=pieces) for _ in range(many)),
        }
    )
    body = standard.render(made)
    assert len(body) <= standard.LIMIT
    told = Webhook.model_validate_json(body).data
    assert isinstance(told, Alert)
    assert (told.alert_id, told.webhook_id, told.type) == (made.alert_id, made.webhook_id, made.type)
    assert [reading.topic for reading in told.topics] == [reading.topic for reading in made.topics][
        : len(told.topics)
    ]
    assert told.topics
    assert all(reading.evidence for reading in told.topics)
    assert standard.render(made) == body


@pytest.mark.parametrize(("length", "kept"), [(150, 8), (400, 3), (1200, 1)])
def test_a_long_alert_loses_evidence_step_by_step_before_anything_else(length: int, kept: int) -> None:
    pieces = tuple(Evidence(field="body", start=n, end=n + length, text="x" * length) for n in range(20))
    stage = StageReading(stage="agreed", evidence=pieces)
    actor = ActorReading(id="qatar", name="Qatar", kind="country", match="exact", evidence=pieces)
    clause = Clause(clause="topic: ceasefire", held=True, evidence=pieces)
    made = alert(
        topics=(topic_reading(evidence=pieces, stages=(stage, stage)),),
        actors=(actor,) * 2,
        because=(clause,),
    )
    fewer = {"evidence": pieces[:kept]}
    stages = (stage.model_copy(update=fewer),) * 2
    assert standard.fitting(made) == made.model_copy(
        update={
            "topics": (made.topics[0].model_copy(update={**fewer, "stages": stages}),),
            "actors": (actor.model_copy(update=fewer),) * 2,
            "because": (clause.model_copy(update=fewer),),
        }
    )


def test_what_happened_is_told_of_an_alert_that_is_too_long_without_any_evidence() -> None:
    long = "x" * 5000
    evidence = (Evidence(field="body", start=7, end=5007, text=long),)
    made = alert(
        headline=long,
        sentence=long,
        reason=long,
        source=long,
        url="https://news.example/" + "x" * 1900,
        watch=AlertWatch(id="ukraine-truce", title=long, severity="high"),
        topics=(topic_reading(evidence=evidence, stages=(StageReading(stage="agreed", evidence=evidence),)),)
        * 9,
    )
    told = standard.fitting(made)
    cut = Evidence(field="body", start=7, end=207, text=long[:200])
    assert told == made.model_copy(
        update={
            **dict.fromkeys(("headline", "sentence", "reason", "source"), long[:200]),
            "watch": AlertWatch(id="ukraine-truce", title=long[:200], severity="high"),
            "topics": (topic_reading(evidence=(cut,)),) * 5,
        }
    )
    far = standard.fitting(made.model_copy(update={"url": f"https://news.example/{long}"}))
    assert far == told.model_copy(update={"url": None})


def test_that_an_endpoint_was_disabled_is_sent_whole() -> None:
    event = EndpointDisabled(webhook_id="msg_1", at=MOMENT, endpoint="desk", reason="410 gone")
    assert Webhook.model_validate_json(standard.render(event)).data == event


def test_a_short_alert_is_sent_whole() -> None:
    assert Webhook.model_validate_json(standard.render(alert())).data == alert()


# Templates.


@pytest.mark.parametrize("text", HOSTILE)
def test_a_template_cannot_be_broken_by_text(text: str) -> None:
    said = json.loads(template.render(TEMPLATE, hostile(text)))
    assert set(said) == {"text", "who", "n"}
    assert said["text"] == text
    assert said["who"][0]["name"] == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ alert.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ alert.headline.upper() }}",
        '{{ "%1000000000d" % 1 }}',
        '{{ "a" * 1000000000 }}',
        "{{ 9 ** 9 ** 9 }}",
        "{{ 9 | round(-1000000) }}",
        '{{ 9.5 | round(1000000, "ceil") }}',
        '{{ [9] | map("round", -1000000) | first }}',
        '{{ "ff" | int(0, 16) }}',
        "{{ range(1000000000) | tojson }}",
        "{% for a in range(9) %}x{% endfor %}",
        '{{ alert.headline | replace("", "xxxxxxxx") }}',
        '{{ "x" | center(1000000000) }}',
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ lipsum.__globals__ }}",
        "{{ self }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ alert.hedline | tojson }}",
        "{{ alert.topics }}",
        "{{ alert.headline",
        "{% for topic in alert.topics %}",
        "not json",
        '{"x": "{{ alert.headline }}"',
        "",
    ],
)
def test_a_template_that_does_more_than_choose_and_format_is_refused(source: str) -> None:
    with pytest.raises(RenderError):
        template.render(source, alert(headline="canary"))


def test_in_a_template_plain_text_mentions_nobody_and_forges_no_link() -> None:
    source = '{"text": "{{ alert.headline | plain }}", "source": {{ alert.source | plain | tojson }}}'
    text = "<!channel> @everyone\n[bank](https://evil.example) <https://evil.example|bank> \u202e"
    said = json.loads(template.render(source, alert(headline=text, source=None)))
    assert not re.search(r"@\w|<|\]\(|\|bank>|\n|\u202e", said["text"])
    assert "bank" in said["text"]
    assert said["source"] is None


def test_what_an_alert_does_not_have_takes_the_default() -> None:
    source = (
        '{"link": {{ alert.url | default("") | tojson }}, "from": "{{ alert.source | default("unknown") }}"}'
    )
    said = json.loads(template.render(source, alert(url=None, source=None)))
    assert said == {"link": "", "from": "unknown"}
    said = json.loads(template.render(source, alert(url="https://wire.example/1", source="Wire")))
    assert said == {"link": "https://wire.example/1", "from": "Wire"}


def test_a_template_yields_a_bounded_body() -> None:
    source = (
        '["'
        + "{% for c in alert.headline %}{% for d in alert.headline %}xxxxxxxxxx{% endfor %}{% endfor %}"
        + '"]'
    )
    with pytest.raises(RenderError, match="more than"):
        template.render(source, alert(headline="x" * 1000))


@pytest.mark.parametrize(
    "step",
    [
        "{% set a = a ~ a %}",
        "{% set a = a + a %}",
        "{% set a = [a, a, a] | join %}",
        "{% set a = [a, a] | tojson %}",
        "{% set a %}{{ a }}{{ a }}{% endset %}",
        "{% for b in a %}{% for c in a %}{% for d in a %}{% endfor %}{% endfor %}{% endfor %}",
        "{% set a = [a, a] %}",
    ],
)
def test_a_template_that_doubles_a_text_again_and_again_is_refused(step: str) -> None:
    source = "{% set a = alert.headline %}" + 22 * step + '"{{ a | tojson | length }}"'
    with pytest.raises(RenderError, match=r"line 1: it works on more than 2,000,000 characters and entries"):
        template.render(source, alert(headline="x" * 1000))


@pytest.mark.parametrize(
    "use",
    [
        "{{ a | upper | length }}",
        '{{ [a] | map("lower") | first | length }}',
        "{{ [a, b] | unique | first | length }}",
        "{{ (a == b) | tojson }}",
        "{{ (1 < 2 < 3 == (b in [a])) | tojson }}",
        "{{ (a is eq(b)) | tojson }}",
        "{% set c = {a: 1} %}1",
        "{{ alert[a] }}",
        "{% filter lower %}{{ a | tojson }}{% endfilter %}",
    ],
)
def test_what_a_template_does_with_a_list_of_lists_of_lists_is_counted(
    use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds the one before twice, so that it takes no room, and going through it takes for ever."""
    monkeypatch.setattr(template, "MOST_WORK", 20_000)
    source = (
        '{% set a = ("x",) %}{% set b = ("x",) %}' + "{% set a = (a, a) %}{% set b = (b, b) %}" * 64 + use
    )
    with pytest.raises(RenderError, match=r"line 1: it works on more than 20,000 characters and entries"):
        template.render(source, alert())


def test_what_a_template_filters_again_and_again_is_counted_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(template, "MOST_WORK", 20_000)
    again = "{% for c in alert.headline %}{{ alert.headline | lower | length }},{% endfor %}"
    with pytest.raises(RenderError, match=r"line 1: it works on more than 20,000 characters and entries"):
        template.render(again, alert(headline="x" * 200))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("\n{{ alert.hedline }}", "line 2: there is no 'hedline' here"),
        ("{{ alert.hedline | plain }}", "line 1: there is no 'hedline' here"),
        ("{{ hedline }}", "line 1: there is no 'hedline' here"),
        ("{{ alert.topics }}", "line 1: a list or an object needs the filter tojson"),
        ("{{ 1 // 0 }}", "line 1: it fails with a ZeroDivisionError"),
        ("{{ 1 | round(21) }}", "line 1: it rounds to more than 20 digits"),
        ('"' + "x" * template.LIMIT + '"', "the template yields more than 65536 characters"),
        ('"{% for a in alert.headline %}' + "x" * 20_000 + '{% endfor %}"', "more than 65536 characters"),
        ("nothing", "what the template yields is not JSON from its line 1, column 1 on"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(source: str, said: str) -> None:
    with pytest.raises(RenderError, match=re.escape(said)):
        template.render(source, alert())


def test_a_name_that_is_missing_is_a_fault_in_text_too() -> None:
    with pytest.raises(RenderError, match="line 1: there is no 'hedline' here"):
        template.render("{{ alert.hedline }}", alert(), as_text=True)


def test_values_stand_in_json_as_they_are_and_what_there_is_not_is_empty() -> None:
    headline = 'é "\u2028\u2029'
    source = """{"none": "{{ alert.url }}", "null": {{ alert.url | tojson }}, "drill": {{ alert.drill }},
        "text": "{{ alert.headline }}"}"""
    body = template.render(source, alert(url=None, headline=headline))
    assert json.loads(body) == {"none": "", "null": None, "drill": False, "text": headline}
    assert 'é \\"\\u2028\\u2029' in body.decode(), (
        "what ends a line in JavaScript is escaped, and nothing else"
    )
    assert template.render("[{{ alert.url }}]", alert(url=None), as_text=True) == b"[]"


def test_every_filter_of_a_template_does_what_jinja2_says() -> None:
    source = """{
        "first": "{{ ["a", "b"] | first }}", "last": "{{ ["a", "b"] | last }}", "int": {{ "7" | int }},
        "length": {{ "abc" | length }}, "lower": "{{ "AB" | lower }}", "upper": "{{ "ab" | upper }}",
        "map": {{ ["A", "B"] | map("lower") | join("-") | tojson }},
        "unique": "{{ ["a", "a", "b"] | unique | join }}", "test": {{ (alert.nothing is not defined) | tojson }},
        "item": "{{ {"a": "b"}["a"] }}", "part": "{{ "abc"[1:] }}", "in": {{ ("a" in ["a"] and 1 < 2) | tojson }},
        "round": {{ 2.567 | round(1) }},
        "ceil": {{ 2.1 | round(method="ceil") }}, "default": "{{ alert.nothing | default("none") }}"
    }"""
    assert json.loads(template.render(source, alert())) == {
        **{"first": "a", "last": "b", "int": 7, "length": 3, "lower": "ab", "upper": "AB", "map": "a-b"},
        **{"test": True, "item": "b", "part": "bc", "in": True},
        **{"unique": "ab", "round": 2.6, "ceil": 3.0, "default": "none"},
    }


def test_what_a_template_joins_and_loops_over_stays_what_it_is() -> None:
    source = """[{% for topic in alert.topics %}{{ (topic.topic ~ ":" ~ (1 + 1)) | tojson }},
        {{ [topic.stage, "x"] | join("-") | tojson }}, {{ loop.length }}, {{ loop.last | tojson }}{% endfor %}]"""
    assert json.loads(template.render(source, alert())) == ["ceasefire:2", "agreed-x", 1, True]


def test_a_template_sees_a_long_alert_as_it_is_in_the_standard_format() -> None:
    """An article that names everybody must not keep its own alert from being sent."""
    named = Evidence(field="body", start=0, end=30, text="Представитель ООН " * 2)
    actors = tuple(
        ActorReading(id=f"a{n}", name="Представитель", kind="person", match="exact", evidence=(named,) * 3)
        for n in range(600)
    )
    made = alert(actors=actors)
    body, _ = render(endpoint(format="template", template="{{ alert | tojson }}"), made)
    assert Alert.model_validate(json.loads(body)) == Webhook.model_validate_json(standard.render(made)).data


def test_a_template_may_yield_text_whose_lines_are_its_own() -> None:
    made = endpoint(
        format="template",
        template="{{ alert.headline }}\n{{ alert.source }}",
        headers={"Content-Type": "text/plain; charset=utf-8"},
    )
    body, content_type = render(made, alert(headline="a\r\nb\x1b[0m", source=None))
    assert (body, content_type) == (b"a b [0m", "text/plain; charset=utf-8")


def test_faults_of_a_template_show_when_the_configuration_is_read() -> None:
    def faults(source: str) -> list[tuple[str, str]]:
        return list(endpoint_faults(endpoint(format="template", template=source)))

    assert faults(TEMPLATE) == []
    assert faults('{"t": "{{ alert.topics[0].stage if alert.topics else "" }}"}') == []
    assert faults('{"t": "{{ alert.hedline }}"}') == [("template", "line 1: there is no 'hedline' here")]
    assert faults('{\n"t": {{ alert.hedline | tojson }}}') == [
        ("template", "line 2: there is no 'hedline' here")
    ]
    assert faults('{\n"t": "{{ alert.topics[0].stage }}"}') == [
        ("template", "line 2: what it names is not there")
    ]
    assert faults('{\n"t": "{{ alert.headline"}')[0][1].startswith("line 2: ")
    assert faults('{\n"t":\n{{ alert.headline | nosuch }}}') == [
        ("template", "line 3: No filter named 'nosuch'")
    ]
    assert faults('{"t": "{{ alert.headline }}"')[0][1].startswith("what the template yields is not JSON")


@pytest.mark.parametrize(
    "source",
    [
        '{"t": "{% if alert.actors %}{{ alert.actors[0].nmae }}{% endif %}"}',
        '{"t": "{% for clause in alert.because %}{{ clause.words }}{% endfor %}"}',
        '{"t": "{% if alert.number > 1 %}{{ alert.nmuber }}{% endif %}"}',
        '{"t": "{% if alert.type == "alert.updated" %}{{ alert.articels }}{% endif %}"}',
        '{"t": "{% if alert.drill %}drill{% else %}{{ alert.hedline }}{% endif %}"}',
        '{"t": [{% for topic in alert.topics %}"{{ topic.topic }}"{% endfor %}]}',
        '{"t": [{% for topic in alert.topics %}{{ topic.stages | tojson }}{% endfor %}]}',
    ],
)
def test_nor_does_a_fault_wait_for_an_alert_that_has_what_the_template_asks_for(source: str) -> None:
    assert list(endpoint_faults(endpoint(format="template", template=source)))


@pytest.mark.parametrize(
    "source",
    ["{{ alert() }}", "{{ alert.headline() }}", "{{ alert[alert.headline] }}", "{{ alert.headline.x }}",
     "{{ alert.headline + 1 }}", "{{ alert.headline | round }}", "{{ alert.headline.__class__ }}"],
)  # fmt: skip
def test_an_error_of_a_template_quotes_nothing_of_the_alert(source: str) -> None:
    with pytest.raises(RenderError, match=r"^line 1: ") as caught:
        template.render(source, alert(headline="canary"))
    assert "canary" not in str(caught.value)


def test_an_apprise_endpoint_must_accept_that_its_addresses_are_not_guarded() -> None:
    keys = {key for key, _ in endpoint_faults(endpoint(format="apprise", allow_private=False))}
    assert {"allow_private", "secrets"} <= keys


@pytest.mark.parametrize(
    "proxy",
    [
        *("socks5://127.0.0.1:1", "canary", "http://", "http://x:0", "http://x:y"),
        *("http://prøxy:3128", "http://pro xy:1", "http://x:1/\n"),
        *("http://10.0.0.256:3128", "http://[::1]x:3128", "http://us:er@p[::1]:3128"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_fault(proxy: str) -> None:
    [(key, fault)] = endpoint_faults(endpoint(proxy=proxy))
    assert key == "proxy"
    assert "canary" not in fault


# What may be said of a URL and of an answer.


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://hooks.example/T000/canary?x=canary#canary", "https://hooks.example/…"),
        ("https://user:canary@hooks.example:8443/canary", "https://hooks.example/…"),
        ("http://hooks.example/canary", "http://hooks.example/…"),
        ("https:///canary", "(URL without a host)"),
        ("slack://canary/canary", "slack://…"),
        ("canary", "://…"),
        ("https://[canary", "(unreadable URL)"),
    ],
)
def test_of_a_url_only_the_host_is_said(url: str, said: str) -> None:
    assert redact_url(url) == said


def test_an_answer_that_echoes_a_secret_is_scrubbed() -> None:
    url = "https://hooks.example/services/T0/canary-token?key=canary-key"
    echo = b"no such hook: /services/T0/canary-token\r\nkey canary-key, Bearer canary-bearer \x1b[2J"
    said = excerpt(echo, [url, "Bearer canary-bearer"])
    assert "canary" not in said
    assert said.isprintable()
    parted = "key \u200bcanary\u200b-key, canary\x00-token".encode()
    assert "canary-key" not in excerpt(parted, [url])
    escaped = excerpt(b"no such hook: T0/canary=token", ["https://hooks.example/T0%2Fcanary%3Dtoken"])
    assert "canary" not in escaped
    assert scrub("nothing here", [url]) == "nothing here"


@pytest.mark.parametrize(
    "secret", ["whsec_ab/canary/cd+ef=", "https://hooks.example/ab/canary?cd=ef", "ab:canary@cd", "canary"]
)
def test_of_a_secret_that_stands_whole_in_an_answer_nothing_is_left(secret: str) -> None:
    """Its longer parts go too, but the whole first: of what is left its short parts could be told."""
    assert excerpt(f"no {secret} here".encode(), [secret]) == "no [secret] here"

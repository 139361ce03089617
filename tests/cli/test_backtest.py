"""`tocsin backtest`: alerts of a new configuration against those of the one in force, over a file and the topic."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from agents.reading.article import article_of
from streams.backtest import Backtest, Side
from streams.cli.moments import moment
from streams.configuration import load_configuration
from streams.errors import UsageError
from streams.topics import ARTICLES
from tests.cli.conftest import Call, Kafka
from tests.configurations import SMALL, watch, write

NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)
HARBOUR = "Rebels and army agree ceasefire at the harbour of Massala, says harbour master"
VALLEY = "Governor announces corridor through the valley of Dara for the sick and wounded"


def article(name: str, title: str, hours: float = 0, **changes: Any) -> dict[str, Any]:
    published = (NOON + timedelta(hours=hours)).isoformat()
    return {"id": name, "title": title, "language": "en", "published_at": published, **changes}


def configured(folder: Path, *watches: dict[str, Any]) -> Path:
    folder.mkdir()
    return write(folder, SMALL | {"watches.yaml": {"watches": list(watches)}})


@pytest.fixture
def folders(tmp_path: Path, desk_environ: None) -> tuple[Path, Path]:
    """One in force that watches for ceasefires, a new one that watches for harbours and corridors."""
    old = configured(tmp_path / "old", watch(id="coast", query="ceasefire", examples=[]))
    new = configured(tmp_path / "new", watch(id="coast", query="harbour OR corridor", examples=[]))
    return old, new


def jsonl(folder: Path, *articles: Any) -> Path:
    path = folder / "articles.jsonl"
    path.write_text(
        "".join((json.dumps(each) if isinstance(each, dict) else each) + "\n" for each in articles)
    )
    return path


def run(call: Call, folders: tuple[Path, Path], *arguments: object) -> dict[str, Any]:
    result = call("backtest", "--against", folders[0], "--config", folders[1], "--json", *arguments)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


def test_alerts_lost_gained_and_kept_are_told_apart(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    file = jsonl(
        tmp_path,
        article("kept", HARBOUR),
        article("lost", "Ceasefire signed in the mountains after a month of fighting", 1),
        article("gained", VALLEY, 30),
        article("neither", "Farmers expect a good harvest of cotton this year in the north", 31),
        "not json",
    )
    answer = run(call, folders, file)
    assert (answer["articles"], answer["unreadable"]) == (4, 1)
    assert (answer["from"], answer["to"]) == ("2026-03-07T12:00:00.000Z", "2026-03-08T19:00:00.000Z")
    assert answer["in_force"] == {"hits": 2, "alerts": 2, "updates": 0}
    assert answer["new"] == {"hits": 2, "alerts": 2, "updates": 0}
    (lost,) = answer["lost"]
    (gained,) = answer["gained"]
    assert (lost["article_id"], lost["words"]) == ("lost", ["Ceasefire"])
    assert lost["why_not"].startswith("query: harbour OR corridor")
    assert (gained["article_id"], gained["words"]) == ("gained", ["corridor"])
    assert answer["by_watch"] == {"coast": {"in_force": 2, "new": 2, "lost": 1, "gained": 1}}
    assert answer["by_day"] == {
        "2026-03-07": {"in_force": 2, "new": 1, "lost": 1, "gained": 0},
        "2026-03-08": {"in_force": 0, "new": 1, "lost": 0, "gained": 1},
    }
    assert [(term["term"], term["alerts"]) for term in answer["noisiest"]] == [
        ("corridor", 1),
        ("harbour", 1),
    ]


def test_a_story_that_only_begins_earlier_is_neither_lost_nor_gained(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    text = "The two sides laid down their arms at the harbour on Friday, and the ferries sail again from Monday. "
    early = article("early", "Quiet at the harbour", body=text * 3)
    late = article("late", "Quiet at the harbour", 1, body=text * 3 + "It is a ceasefire.")
    answer = run(call, folders, jsonl(tmp_path, early, late))
    assert (answer["in_force"]["alerts"], answer["new"]["alerts"]) == (1, 1)
    assert answer["lost"] == answer["gained"] == []


def test_articles_of_a_file_are_taken_in_the_order_of_their_time(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    answer = run(call, folders, jsonl(tmp_path, article("b", HARBOUR, 5), article("a", HARBOUR, 0)))
    assert answer["from"] == "2026-03-07T12:00:00.000Z"
    assert answer["in_force"] == {"hits": 2, "alerts": 1, "updates": 1}


def test_only_what_lies_between_from_and_to_counts(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    file = jsonl(tmp_path, *(article(f"a{day}", f"{HARBOUR} {day}", 24 * day) for day in range(4)))
    answer = run(call, folders, file, "--from", "2026-03-08T12:00", "--to", "2026-03-10")
    assert (answer["articles"], answer["from"], answer["to"]) == (
        2,
        "2026-03-08T12:00:00.000Z",
        "2026-03-09T12:00:00.000Z",
    )


def test_a_watch_that_only_one_side_has_says_so(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    other = configured(tmp_path / "other", watch(id="harbours", query="harbour", examples=[]))
    answer = run(call, (folders[0], other), jsonl(tmp_path, article("a", HARBOUR)))
    assert [(each["watch"], each["why_not"]) for each in answer["lost"]] == [
        ("coast", "the watch is not there")
    ]
    assert [(each["watch"], each["why_not"]) for each in answer["gained"]] == [
        ("harbours", "the watch is not there")
    ]
    assert set(answer["by_watch"]) == {"coast", "harbours"}


def test_a_person_sees_the_same(call: Call, folders: tuple[Path, Path], tmp_path: Path) -> None:
    file = jsonl(tmp_path, article("lost", "Ceasefire signed"), article("gained", VALLEY, 1))
    result = call("backtest", file, "--against", folders[0], "--config", folders[1])
    assert result.exit_code == 0, result.output
    for words in (
        "2 articles from 2026-03-07 12:00 to 2026-03-07 13:00 UTC",
        "lost: the new configuration would not raise 1",
        "Ceasefire signed",
        "gained: only the new configuration raises 1",
        "because  “corridor”",
        "noisiest words",
    ):
        assert words in result.stdout
    alone = call("backtest", file, "--against", folders[0]).stdout
    assert "lost" not in alone
    assert "alerts 1, updates 0, hits 1" in alone


def test_what_one_configuration_would_have_raised_is_named(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    file = jsonl(tmp_path, *(article(f"a{hours}", HARBOUR, hours) for hours in (0, 1, 72)))
    shown = call("backtest", file, "--against", folders[0]).stdout
    assert "  2026-03-07 12:00  coast  Rebels and army agree ceasefire" in shown
    assert "  2026-03-10 12:00  coast  Rebels and army agree ceasefire" in shown
    alone = json.loads(call("backtest", file, "--against", folders[0], "--json").stdout)
    assert [(each["article_id"], each["updates"], each["words"]) for each in alone["alerts"]] == [
        ("a0", 1, ["ceasefire"]),
        ("a72", 0, ["ceasefire"]),
    ]
    assert run(call, folders, file)["alerts"] is None


def test_the_topic_is_read_by_the_time_of_its_records(
    call: Call, kafka: Kafka, folders: tuple[Path, Path]
) -> None:
    first = datetime(2024, 3, 7, 12, tzinfo=UTC)  # by any clock: what is to come counts as of now

    async def send() -> None:
        producer = AIOKafkaProducer(**kafka.options)
        await producer.start()
        for number, partition in enumerate((1, 0, 2, 1, 0, 3)):
            value = json.dumps({"id": f"a{number}", "title": f"{HARBOUR} {number}"}).encode()
            at = int((first + timedelta(days=number)).timestamp() * 1000)
            await producer.send_and_wait(
                ARTICLES.full_name(kafka.prefix), value, partition=partition, timestamp_ms=at
            )
        await producer.stop()

    asyncio.run(send())
    answer = run(call, folders)
    assert answer["articles"] == 6
    assert answer["in_force"] == {"hits": 6, "alerts": 1, "updates": 5}, (
        "read in order, each goes on with the story"
    )
    answer = run(call, folders, "--from", "2024-03-08T12:00", "--to", "2024-03-10")
    assert answer["articles"] == 2
    assert (answer["from"], answer["to"]) == ("2024-03-08T12:00:00.000Z", "2024-03-09T12:00:00.000Z")


def test_a_time_that_no_article_of_a_file_has_is_said_to_be_one(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    file = jsonl(tmp_path, article("early", HARBOUR), article("late", VALLEY, 30))
    result = call("backtest", file, "--against", folders[0], "--from", "2026-04-01")
    assert result.exit_code == 0
    assert result.stderr.strip() == (
        "tocsin: all 2 articles are outside of --from and --to: they are of 2026-03-07 12:00 to 2026-03-08 18:00 UTC"
    )


def test_spans_dates_and_times_are_understood() -> None:
    assert moment(None, "--from", NOON) is None
    assert moment("7d", "--from", NOON) == NOON - timedelta(days=7)
    assert moment("2026-03-07", "--from", NOON) == datetime(2026, 3, 7, tzinfo=UTC)
    assert moment("2026-03-07T14:00+02:00", "--from", NOON) == NOON
    with pytest.raises(UsageError, match="--to 'soon': give a date"):
        moment("soon", "--to", NOON)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.jsonl"], "missing.jsonl: No such file or directory"),
        (["-", "--from", "2026-03-08", "--to", "2026-03-07"], "nothing would be read"),
        (["-", "--from", "tomorrow"], "--from 'tomorrow': give a date"),
        (["-", "--config", "nowhere"], "nowhere: the configuration folder does not exist"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(
    call: Call, small: Path, arguments: list[str], says: str
) -> None:
    result = call("backtest", *arguments, stdin="")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line


def test_the_same_article_twice_raises_nothing_more(folders: tuple[Path, Path]) -> None:
    compared = Backtest(Side(load_configuration(folders[0])))
    for _ in range(2):
        compared.feed(article_of(article("a", HARBOUR)), NOON)
    assert (compared.in_force.hits, len(compared.in_force.raised)) == (1, 1)
    assert compared.difference().lost == ()

"""Intake reads a batch in portions; every record causes what it would cause alone."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, NoReturn

import pytest
from aiokafka import ConsumerRecord

from agents import intake
from agents.intake import A_QUESTION, A_WATCH, LONG, TO_TELL, Intake
from agents.reading.article import read_article
from agents.reading.portions import AT_ONCE
from agents.reading.reader import Reader
from agents.reading.scene import Scene
from alerting.watch import Watch
from streams.batch import Batch
from streams.breathing import breathe
from streams.errors import OutputRefused, UnreadableArticle
from streams.lingering import Acknowledgement
from streams.metrics import RESULTS, Metrics
from streams.service import InForce, Service
from streams.topics import Topic
from streams.wire import Candidate, Reading, TopicReading, Wire
from tests import sample
from tests.builders import MOMENT, topic_reading


class Written:
    """Takes the place of the producers: keeps the topic and key of each output, and what was counted."""

    metrics: Metrics

    def __init__(self, refuses: int = -1) -> None:
        """`refuses` is which of the outputs the broker does not take."""
        self._refuses = refuses
        self.outputs: list[tuple[str, str | None]] = []
        self.seen_at: list[datetime] = []
        self.reading_ids: list[str] = []

    async def publish(
        self,
        topic: Topic,
        value: Wire,
        *,
        key: str,
        event_id: str,
        time: datetime,
    ) -> Acknowledgement:
        if isinstance(value, Candidate):
            self.seen_at.append(value.seen_at)
        if isinstance(value, Reading):
            self.reading_ids.append(event_id)
        return self._keep(topic, key)

    async def send(self, topic: Topic, value: bytes, *, key: Any, headers: Any) -> Acknowledgement:
        return self._keep(topic, None)

    def _keep(self, topic: Topic, key: str | None) -> Acknowledgement:
        done: Any = asyncio.get_running_loop().create_future()
        if len(self.outputs) == self._refuses:
            done.set_exception(OutputRefused(topic.name))
        else:
            done.set_result(None)
        self.outputs.append((topic.name, key))
        return done  # type: ignore[no-any-return]


class Told:
    """A classifier that does what the title says: fail, or find a topic."""

    def classify(self, scene: Scene) -> tuple[TopicReading, ...]:
        if scene.article.title == "fail":
            raise UnreadableArticle("classifier", "it failed")
        return (topic_reading(),) if scene.article.title == "A lawn: ceasefire" else ()


def leave(where: str, error: BaseException) -> NoReturn:
    raise AssertionError(where) from error


def record(offset: int, value: bytes | None) -> ConsumerRecord:
    size = len(value or b"")
    return ConsumerRecord("articles", 0, offset, 1000 * offset, 0, None, value, None, 0, size, ())


def article(number: int, title: str, body: str = "") -> bytes:
    return json.dumps({"id": f"a{number}", "title": title, "body": body, "language": "en"}).encode()


@cache
def in_force(others: int = 0) -> InForce:
    others_too = (Watch(id=f"w{number}", title="Hedges too", query="hedge") for number in range(others))
    watches = (Watch(id="hedges", title="Hedges", query="hedge"), *others_too)
    reader = Reader(
        taxonomies=sample.taxonomies(),
        registry=sample.registry(),
        watches=watches,
        classifier=Told(),
    )
    return InForce(replace(sample.configuration(), watches=watches), reader)


def service_of(written: Any, others: int = 0) -> Service:
    return Service(
        in_force=in_force(others), outputs=written, client_options={}, fail=leave, now=lambda: MOMENT
    )


async def written_of(batch: Batch, others: int = 0) -> Written:
    written = Written()
    service = service_of(written, others)
    await (await Intake(service).handle(batch))
    written.metrics = service.metrics
    return written


async def outputs_of(*values: bytes | None, others: int = 0) -> list[tuple[str, str | None]]:
    batch = Batch([record(offset, value) for offset, value in enumerate(values)])
    return sorted((await written_of(batch, others)).outputs, key=str)


LONG_LAWN = "The lawn. " * (AT_ONCE // 10)
SEVERAL_PORTIONS = (
    article(1, "A hedge"),
    None,
    b"no article",
    article(2, "fail"),
    article(3, "A lawn", LONG_LAWN),
    article(4, "Another hedge", LONG_LAWN),
    article(5, "fail", "hedge"),
    article(6, "The last hedge"),
)


async def test_each_record_of_a_batch_of_several_portions_causes_its_own_outputs() -> None:
    together = await outputs_of(*SEVERAL_PORTIONS)
    each = [one for value in SEVERAL_PORTIONS for one in await outputs_of(value)]
    assert together == sorted(each, key=str)
    assert together.count(("candidates", "hedges")) == 3
    assert together.count(("rejected", None)) == 4


async def test_a_batch_is_not_done_unless_each_of_its_outputs_was_taken() -> None:
    batch = Batch([record(offset, value) for offset, value in enumerate(SEVERAL_PORTIONS)])
    for number, (topic, _) in enumerate((await written_of(batch)).outputs):
        rest = await Intake(service_of(Written(refuses=number))).handle(batch)
        with pytest.raises(OutputRefused, match=topic):
            await rest


async def test_each_article_is_counted_by_what_came_of_it() -> None:
    """The alert rules that ship look at these: how much is rejected, and whether anything is read at all."""
    values = [
        article(1, "A hedge"),
        article(2, "Two hedges: a hedge and a hedge"),
        article(3, "A lawn"),
        article(4, "fail"),
        article(5, "A lawn: ceasefire"),
        b"no article",
        b"[]",
    ]
    written = await written_of(Batch([record(offset, value) for offset, value in enumerate(values)]))
    counted = written.metrics.registry.get_sample_value
    assert {result: counted("tocsin_articles_total", {"result": result}) for result in RESULTS} == {
        "hit": 2,
        "topic": 1,
        "nothing": 1,
        "rejected": 3,
    }
    reasons = ("classifier", "not-json", "not-an-object")
    assert [counted("tocsin_rejected_total", {"reason": reason}) for reason in reasons] == [1, 1, 1]
    assert counted("tocsin_hits_total") == 2


async def test_a_repeat_is_known_by_the_id_of_its_reading_and_a_correction_is_no_repeat() -> None:
    """Who drops what has an id that he has had must not drop a correction."""
    values = [article(1, "A hedge", body) for body in ("", "It was cut.", "")]
    batch = Batch([record(offset, value) for offset, value in enumerate(values)])
    first, corrected, again = (await written_of(batch)).reading_ids
    assert first == again
    assert corrected != first
    assert first.startswith("a1/ver_")
    assert first.endswith("/reading")


async def test_an_empty_batch_causes_nothing() -> None:
    assert await outputs_of() == []


IN_TIME = MOMENT - timedelta(hours=3)


@pytest.mark.parametrize(
    ("time_in_kafka", "seen_at"),
    [
        (IN_TIME.timestamp() * 1_000, IN_TIME),
        ((MOMENT + timedelta(days=1)).timestamp() * 1_000, MOMENT),
        (IN_TIME.timestamp() * 1_000_000, MOMENT),  # in microseconds: the year 50,000
        (IN_TIME.timestamp() * 1_000_000_000, MOMENT),
        (2**63 - 1, MOMENT),
        (IN_TIME.timestamp(), MOMENT),  # in seconds: January 1970
        (-1, MOMENT),  # none
        (-(2**63), MOMENT),
    ],
)
async def test_an_article_is_told_at_its_time_in_kafka_or_now_where_that_cannot_be(
    time_in_kafka: float, seen_at: datetime
) -> None:
    one = replace(record(0, article(1, "A hedge")), timestamp=int(time_in_kafka))
    assert (await written_of(Batch([one]))).seen_at == [seen_at]


LONG_BODY = "The lawn. " * (LONG // 10)


@pytest.mark.parametrize(
    ("step", "body", "others"),
    [
        ("read_article", LONG_BODY, 0),
        ("search", LONG_BODY, 0),
        ("called_by", LONG_BODY, 0),
        ("called_by", "The lawn. " * (LONG // TO_TELL // 10 + 1), 0),
        ("read_called", LONG_BODY, 0),
        ("called_by", "", LONG // A_QUESTION),  # short, but many watches look for a word of it
        ("read_called", "", LONG // A_WATCH),  # or match
    ],
)
async def test_while_an_article_is_read_that_takes_long_the_loop_goes_on(
    step: str, body: str, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, loop_went_on = threading.Event(), threading.Event()

    def held(read: Any) -> Any:
        def wait_and_read(*arguments: Any) -> Any:
            began.set()
            assert loop_went_on.wait(30), "the loop waits for the article"
            return read(*arguments)

        return wait_and_read

    if step == "read_article":
        monkeypatch.setattr(intake, step, held(read_article))
    else:
        monkeypatch.setattr(Reader, step, held(getattr(Reader, step)))
    reading = asyncio.ensure_future(outputs_of(article(1, "A hedge", body), others=others))
    await asyncio.to_thread(began.wait)
    loop_went_on.set()
    assert ("candidates", "hedges") in await reading


async def test_between_the_candidates_of_an_article_others_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "breathe", partial(breathe, every=-1))
    written = Written()
    seen: list[int] = []

    async def look() -> None:
        while True:
            seen.append(sum(topic == "candidates" for topic, _ in written.outputs))
            await asyncio.sleep(0)

    looking = asyncio.ensure_future(look())
    await (await Intake(service_of(written, others=2)).handle(Batch([record(0, article(1, "A hedge"))])))
    looking.cancel()
    assert {1, 2, 3} <= {*seen}


async def test_with_each_article_of_a_batch_the_agent_makes_progress() -> None:
    """Where thousands of watches match each of them, a batch takes longer than an agent may seem to be stuck."""
    written = Written()
    service = service_of(written)
    beating: list[bool] = []

    async def publish(topic: Topic, value: Wire, **about: Any) -> Acknowledgement:
        beating.append(intake.NAME in service.heartbeats)
        return await Written.publish(written, topic, value, **about)

    written.publish = publish  # type: ignore[method-assign]
    batch = Batch([record(number, article(number, "A hedge")) for number in range(2)])
    await (await Intake(service).handle(batch))
    assert beating == [False, False, True, True]

"""The values that cross Kafka and HTTP, as pydantic models: the contract with every other application.

Every model is frozen and ignores unknown fields when read, so that an older worker reads a newer message.
Field names are the wire names. Times are UTC datetimes on the model and RFC 3339 on the wire.
Offsets (`start`, `end`) count code points of the text that the article was read as (see `agents.reading.article`).
"""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

Severity = Literal["low", "medium", "high", "critical"]
Match = Literal["exact", "alias", "folded", "inflected", "typo"]
FieldName = Literal["title", "body"]
ActorKind = Literal["person", "organisation", "country"]
AlertType = Literal["alert.opened", "alert.updated", "alert.retracted"]
Outcome = Literal["delivered", "retry", "given_up", "disabled"]


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _utc_if_any(moment: datetime) -> datetime:
    try:
        return _utc(moment)
    except OverflowError:
        raise ValueError("must lie within the years 1 and 9999 in UTC") from None


Moment = Annotated[datetime, AfterValidator(_utc_if_any)]

EARLIEST_YEAR: Final = 1000
LATEST_YEAR: Final = 9000
"""Spans of time are added to moments of the years between. Near the ends of the calendar the sum would be no date, and
an agent would end on a value that anybody may have written.
"""


def _within_reckoning(moment: datetime) -> datetime:
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(f"must lie between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return moment


Name = Annotated[str, Field(max_length=256)]
"""An id that is both the key and in the value of a record, short enough that no broker refuses the record for it."""


def _packed(numbers: Any) -> bytes:
    if isinstance(numbers, bytes):
        return numbers
    try:
        return array("I", numbers).tobytes()
    except (TypeError, OverflowError) as error:
        raise ValueError("must be numbers from 0 to 2**32 - 1") from error


def _numbers(packed: bytes) -> list[int]:
    return array("I", packed).tolist()


Fingerprint = Annotated[bytes, BeforeValidator(_packed), PlainSerializer(_numbers)]
"""A MinHash signature (see `alerting.fingerprint`): numbers on the wire, packed where they are held, 4 bytes each.

As Python's numbers those of one text would take 2.6 kB.
"""


class Wire(BaseModel):
    """Base of all messages: frozen, tolerant of fields that a newer version added."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    def to_bytes(self) -> bytes:
        """The JSON value as it is written to a topic: UTF-8, fields in the order of declaration."""
        return self.model_dump_json(exclude_none=True).encode()


W = TypeVar("W", bound=Wire)


LONGEST_EVIDENCE: Final = 300
"""Characters of a piece of evidence, at most. Its words may stand as far apart as the article is long, but all that is
read of an article goes into one record, and brokers take none of more than a megabyte.
"""


class Evidence(Wire):
    """The words that decided something: `text` is `field[start:end]` of the article as it was read."""

    field: FieldName
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    text: str

    @classmethod
    def cut(cls, field: FieldName, text: str, start: int, end: int) -> Evidence:
        """The text of a field between two places, or the first `LONGEST_EVIDENCE` characters of that."""
        end = min(end, start + LONGEST_EVIDENCE)
        return cls(field=field, start=start, end=end, text=text[start:end])


class Codes(Wire):
    """The field's own codes for a topic at a stage."""

    cameo: tuple[str, ...] = ()
    iptc: tuple[str, ...] = ()
    gdelt: tuple[str, ...] = ()


class StageReading(Wire):
    """One stage of a topic that an article reports, and the words that say so."""

    stage: str
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    codes: Codes = Codes()


class TopicReading(Wire):
    """One topic that an article is about. `stages` are `stage` and `other_stages`, each with its evidence."""

    topic: str
    score: Annotated[float, Field(ge=0, le=1)]
    stage: str
    other_stages: tuple[str, ...] = ()
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    stages: tuple[StageReading, ...] = ()
    codes: Codes = Codes()


class ActorReading(Wire):
    """One actor of the registry that an article names, and how the best of its mentions matched.

    `country` is the id of the country of a person or organisation.
    """

    id: str
    name: str
    kind: ActorKind
    wikidata: str | None = None
    country: str | None = None
    match: Match
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class KeywordReading(Wire):
    """A literal of a watch's query that an article holds."""

    term: str
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class ArticleRef(Wire):
    """What later steps need to know of an article; never its whole text."""

    id: str
    title: str
    url: str | None = None
    source: str | None = None
    language: str
    published_at: Moment | None = None


class Clause(Wire):
    """One condition of a watch, whether it held, and the words that made it hold."""

    clause: str
    held: bool
    evidence: tuple[Evidence, ...] = ()
    note: str = ""


class Reading(Wire):
    """Value of `classified`: how one article was read.

    Of actors, keywords and matching watches it has the first hundred each; every watch that matches has its candidate.
    """

    article: ArticleRef
    topics: tuple[TopicReading, ...] = ()
    actors: tuple[ActorReading, ...] = ()
    keywords: tuple[KeywordReading, ...] = ()
    watches: tuple[str, ...] = ()
    read_at: Moment


class Candidate(Wire):
    """Value of `candidates`: one hit of one watch in one article. Keyed by watch.

    - `sentence`: the sentence around the strongest evidence of a topic that the watch asks for. `said`: a checksum of
      it, then of each sentence with such evidence, in order.
    - `named`: the names and numbers near any evidence as they are written, by their short form (`alerting.names`).
    - `fingerprint`: the article's text as a MinHash signature. `gist`: the telling words of headline and lead, with
      their weights (`alerting.gist`).
    - `takes_back`: the watch does not ask for the article's stage, but at this stage an article may take back what an
      open story told. Everything else of the watch matched.
    - `seen_at`: the time that Kafka gave the article's record. It is the clock of all decisions that follow, so that a
      second reading of the same record decides the same.
    """

    candidate_id: Name
    watch: Name
    article: ArticleRef
    topics: tuple[TopicReading, ...] = ()
    actors: tuple[ActorReading, ...] = ()
    because: tuple[Clause, ...] = ()
    sentence: str = ""
    said: tuple[str, ...] = ()
    named: dict[str, str] = Field(default_factory=dict)
    fingerprint: Fingerprint = b""
    gist: dict[Annotated[str, Field(min_length=1)], Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    takes_back: bool = False
    seen_at: Annotated[Moment, AfterValidator(_within_reckoning)]


class AlertWatch(Wire):
    """The watch of an alert, as its readers see it."""

    id: Name
    title: str
    severity: Severity


class Alert(Wire):
    """Value of `alerts`, and `data` of every webhook: what happened in one story under one watch.

    `alert_id` is a function of watch and story, `number` counts its events from 1, `webhook_id` is a function of
    the alert and the candidate: whoever sees the same `webhook_id` twice has seen a repeat. `sources` and `articles`
    count what tells the story so far. `because` is why the watch matched, `reason` why that is an event: what is new.
    """

    type: AlertType
    alert_id: Name
    number: Annotated[int, Field(ge=1)]
    webhook_id: Name
    at: Moment
    watch: AlertWatch
    headline: str
    url: str | None = None
    source: str | None = None
    language: str
    article_id: str
    published_at: Moment | None = None
    sentence: str = ""
    topics: tuple[TopicReading, ...] = ()
    actors: tuple[ActorReading, ...] = ()
    because: tuple[Clause, ...] = ()
    reason: str = ""
    sources: Annotated[int, Field(ge=1)] = 1
    articles: Annotated[int, Field(ge=1)] = 1
    opened_at: Moment
    drill: bool = False


class EndpointDisabled(Wire):
    """`data` of a webhook `endpoint.disabled`, sent to the fallback of an endpoint that is called no more.

    `reason` is in words; `failing_since` is when the first of its unbroken failures was. What the endpoint was owed is
    in `undelivered`.
    """

    type: Literal["endpoint.disabled"] = "endpoint.disabled"
    webhook_id: Name
    at: Moment
    endpoint: Name
    title: str = ""
    reason: str
    failing_since: Moment | None = None

    @property
    def alert_id(self) -> str:
        """It belongs to no alert, and stands for itself."""
        return self.webhook_id


Event = Annotated[Alert | EndpointDisabled, Field(discriminator="type")]
"""What a webhook can be about."""


class Notification(Wire):
    """Value of `notifications`: an alert bound for one endpoint. Keyed by endpoint. `replay` counts re-sendings.

    The fallback of an endpoint that was disabled gets the news of that in the place of an alert.
    """

    endpoint: Name
    alert: Event
    replay: Annotated[int, Field(ge=0)] = 0
    replayed_at: Moment | None = None


class EndpointEnabled(Wire):
    """Value of `notifications` that asks to call a disabled endpoint again. Keyed by endpoint.

    With `retry` it asks for something else: to try now what the endpoint is owed, unless the endpoint is disabled. That
    is a field because earlier versions know no other type; they only start the endpoint's breaker anew.
    """

    type: Literal["endpoint.enabled"] = "endpoint.enabled"
    endpoint: Name
    at: Moment
    retry: bool = False


class Attempt(Wire):
    """Value of `deliveries`: one attempt to tell one endpoint, and what came of it.

    `number` counts from 1 (anew in each `replay`), `status` is the HTTP status where there was an answer, `latency_ms`
    the time to the end of the attempt, `next_at` when the next attempt is due (none: it was the last).
    """

    webhook_id: str
    alert_id: str
    endpoint: str
    number: Annotated[int, Field(ge=1)]
    replay: Annotated[int, Field(ge=0)] = 0
    outcome: Outcome
    reason: str
    status: int | None = None
    latency_ms: Annotated[float, Field(ge=0)]
    at: Moment
    next_at: Moment | None = None


class Undelivered(Wire):
    """Value of `undelivered`: a notification that was given up, ready to be replayed."""

    notification: Notification
    attempts: tuple[Attempt, ...] = ()
    reason: str
    at: Moment


class Webhook(Wire):
    """Body of a webhook in the format `standard` (Standard Webhooks). `type` is that of `data`."""

    type: str
    timestamp: Moment
    data: Event


CLOUDEVENT_SOURCE: Final = b"/tocsin"

CLOUDEVENT_TYPES: Final[dict[type[Wire], str]] = {
    Reading: "tocsin.article.classified",
    Candidate: "tocsin.watch.candidate",
    Notification: "tocsin.alert.notification",
    EndpointEnabled: "tocsin.endpoint.enabled",
    Attempt: "tocsin.delivery.attempt",
    Undelivered: "tocsin.delivery.undelivered",
}
"""CloudEvents `type` of each value; an Alert says its own (`tocsin.alert.opened`, …)."""


def cloudevent_headers(value: Wire, *, event_id: str, time: datetime) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 headers of a value in Kafka's binary mode."""
    kind = f"tocsin.{value.type}" if isinstance(value, Alert) else CLOUDEVENT_TYPES[type(value)]
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", CLOUDEVENT_SOURCE),
        ("ce_type", kind.encode()),
        ("ce_time", rfc3339(time).encode()),
        ("content-type", b"application/json"),
    ]


def rfc3339(moment: datetime) -> str:
    """A UTC moment as RFC 3339 with milliseconds and `Z`."""
    return _utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_bytes(model: type[W], value: bytes) -> W:
    """Parse a topic's value. Raises pydantic's ValidationError."""
    return model.model_validate_json(value)

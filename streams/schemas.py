"""The contract with other applications as documents: JSON Schemas of the values, AsyncAPI 3.0 of the topics.

All of it is made from the models in `streams.wire`, the topics in `streams.topics` and the names of an article's
fields in `agents.reading.shapes`; docs/schemas/ holds what this module makes.

Sources: JSON Schema 2020-12, the AsyncAPI 3.0.0 specification with its Kafka bindings 0.5.0, and CloudEvents 1.0 with
its Kafka binding (binary content mode).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, get_args

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import TaggedUnionSchema

from agents.reading.shapes import NAMES
from streams.rejection import CUT, PREFIX
from streams.settings import TopicSettings
from streams.topics import ALERTS, ARTICLES, CLASSIFIED, DELIVERIES, REJECTED, UNDELIVERED, Topic
from streams.wire import CLOUDEVENT_TYPES, Alert, AlertType, Attempt, Reading, Undelivered, Webhook

CONTRACT: Final = "1.0.0"
"""Version of the contract: the second number grows with a new field, the first with a change that breaks readers."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

ASYNCAPI: Final = "asyncapi.yaml"

_KAFKA: Final = {"bindingVersion": "0.5.0"}
_REFERENCE: Final = "#/components/schemas/{model}"


Name = str | dict[str, Any]
"""A short text, or an object with a name, as in schema.org."""

Names = str | list[Name] | dict[str, Any]

_AROUND: Final = ("headlines", "bodies", "@graph", "mainEntity", "liveBlogUpdate")
"""Keys that a title or a body may stand in."""

TextGiven = str | list[Name] | dict[str, Any]
"""A text, its paragraphs, or an object around it."""


def _also(field: str, meaning: str) -> str:
    return f"{meaning} Also: {', '.join(NAMES[field][1:])}."


class Article(BaseModel):
    """An article as a producer sends it: one JSON object in UTF-8, at most 1 MiB.

    A title or a body is needed, under one of the names that are understood; everything else is optional and unknown
    fields are ignored. docs/articles.md says what becomes of each field, and which other shapes are read.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in (*NAMES["title"], *NAMES["body"], *_AROUND)],
        },
    )

    id: Annotated[
        Name | int | None, Field(description="Else derived from the URL, else from the content.")
    ] = None
    title: Annotated[TextGiven | None, Field(description=_also("title", "The headline."))] = None
    body: Annotated[TextGiven | None, Field(description=_also("body", "Plain text or HTML."))] = None
    url: Annotated[Name | None, Field(description=_also("url", "http or https; left out otherwise."))] = None
    source: Annotated[
        Name | None, Field(description=_also("source", "Who publishes it; else the host of the URL."))
    ] = None
    language: Annotated[
        Name | None, Field(description=_also("language", "BCP 47; else found from the text."))
    ] = None
    published_at: Annotated[
        datetime | float | None,
        Field(description=_also("published_at", "RFC 3339, or Unix seconds or milliseconds.")),
    ] = None
    updated_at: Annotated[
        datetime | float | None, Field(description=_also("updated_at", "As published_at."))
    ] = None
    authors: Annotated[Names | None, Field(description=_also("authors", "At most 50 are kept."))] = None
    tags: Annotated[Names | None, Field(description=_also("tags", "At most 50 are kept."))] = None


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "article.json": Article,
    "reading.json": Reading,
    "alert.json": Alert,
    "attempt.json": Attempt,
    "undelivered.json": Undelivered,
    "webhook.json": Webhook,
}
"""File of each schema, and the model that it describes."""


def documents() -> dict[str, bytes]:
    """Every document by the name of its file, as it is to be written."""
    schemas = {name: _written_json(schema_of(model)) for name, model in MODELS.items()}
    return schemas | {ASYNCAPI: _written_yaml(asyncapi())}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of one value as it is written."""
    schema = model.model_json_schema(mode="serialization", schema_generator=_Schemas)
    return {"$schema": DIALECT, **schema}


class _Schemas(GenerateJsonSchema):
    """Without titles, which repeat the names of fields, and without a keyword that is OpenAPI's alone."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        # Strict validators refuse `discriminator`, and in AsyncAPI it means something else.
        union = super().tagged_union_schema(schema)
        union.pop("discriminator", None)
        return union


def _written_json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"


class _Plain(yaml.SafeDumper):
    """Writes every value out, where YAML would point to an earlier one."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _written_yaml(value: Any) -> bytes:
    text = yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return str(text).encode()


@dataclass(frozen=True, slots=True)
class _Channel:
    """One public topic as AsyncAPI tells it. `types` are the CloudEvents types of its values."""

    topic: Topic
    message: str
    summary: str
    model: type[BaseModel] | None
    event_id: str = ""
    types: Sequence[str] = ()


_CHANNELS: Final = (
    _Channel(ARTICLES, "article", "An article to be read.", Article),
    _Channel(REJECTED, "rejected", "What could not be read: the original bytes, and why.", None),
    _Channel(
        CLASSIFIED, "reading", "How one article was read: topics, actors, keywords, each with the words themselves.",
        Reading, "ARTICLE_ID/VERSION/reading", (CLOUDEVENT_TYPES[Reading],),
    ),
    _Channel(
        ALERTS, "alert", "What happened in one story under one watch.",
        Alert, "the alert's webhook_id", tuple(f"tocsin.{kind}" for kind in get_args(AlertType)),
    ),
    _Channel(
        DELIVERIES, "attempt", "One attempt to tell one endpoint, and what came of it.",
        Attempt, "WEBHOOK_ID/ENDPOINT/REPLAY/NUMBER", (CLOUDEVENT_TYPES[Attempt],),
    ),
    _Channel(
        UNDELIVERED, "undelivered", "A notification that was given up, ready to be replayed.",
        Undelivered, "WEBHOOK_ID/ENDPOINT/REPLAY/undelivered", (CLOUDEVENT_TYPES[Undelivered],),
    ),
)  # fmt: skip


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document of the public topics."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tocsin",
            "version": CONTRACT,
            "description": (
                "The Kafka topics that Tocsin shares with other applications. Topic names begin with the prefix of "
                f"the settings, here `{TopicSettings().prefix}`. Everything is delivered at least once: a repeat "
                "carries the same ce_id. Fields may be added; readers ignore those that they do not know."
            ),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "localhost:9092",
                "protocol": "kafka",
                "description": "The brokers of the settings.",
            }
        },
        "channels": {channel.topic.name: _channel(channel) for channel in _CHANNELS},
        "operations": {
            f"{_action(channel)}-{channel.message}": {
                "action": _action(channel),
                "channel": {"$ref": f"#/channels/{channel.topic.name}"},
                "summary": channel.summary,
                "messages": [{"$ref": f"#/channels/{channel.topic.name}/messages/{channel.message}"}],
            }
            for channel in _CHANNELS
        },
        "components": {
            "messages": {channel.message: _message(channel) for channel in _CHANNELS},
            "schemas": _shared_schemas(),
        },
    }


def _action(channel: _Channel) -> str:
    """What Tocsin itself does there; other applications do the opposite."""
    return "receive" if channel.topic is ARTICLES else "send"


def _channel(channel: _Channel) -> dict[str, Any]:
    topic = channel.topic
    return {
        "address": topic.full_name(TopicSettings().prefix),
        "description": f"{channel.summary} Key: {topic.key}.",
        "messages": {channel.message: {"$ref": f"#/components/messages/{channel.message}"}},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": [topic.cleanup]}, **_KAFKA}},
    }


def _message(channel: _Channel) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": channel.message,
        "title": channel.summary.partition(":")[0].rstrip("."),
    }
    if channel.types:
        message["headers"] = _cloudevent_headers(channel)
    elif channel.topic is REJECTED:
        message["headers"] = _rejection_headers()
    message["contentType"] = "application/json" if channel.model else "application/octet-stream"
    message["payload"] = (
        {"$ref": _REFERENCE.format(model=channel.model.__name__)}
        if channel.model
        else {"description": "The message as it came, byte for byte, readable or not."}
    )
    key = {"type": "string", "description": channel.topic.key}
    message["bindings"] = {"kafka": {"key": key, **_KAFKA}}
    return message


def _cloudevent_headers(channel: _Channel) -> dict[str, Any]:
    kinds = list(channel.types)
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
        "properties": {
            "ce_specversion": {**text, "const": "1.0"},
            "ce_id": {**text, "description": f"The same for a repeat: {channel.event_id}."},
            "ce_source": {**text, "format": "uri-reference"},
            "ce_type": {**text, "const": kinds[0]} if len(kinds) == 1 else {**text, "enum": kinds},
            "ce_time": {**text, "format": "date-time"},
            "content-type": {**text, "const": "application/json"},
        },
    }


def _rejection_headers() -> dict[str, Any]:
    told = {
        "reason": "A short stable word, such as not-json; docs/articles.md lists them.",
        "message": "The same for a person.",
        "field": "The field at fault; empty: the whole message.",
        "exception": "The class of the error.",
        "topic": "Where the message was.",
        "partition": "Its partition.",
        "offset": "Its offset.",
        "time": "When it was rejected, RFC 3339.",
    }
    return {
        "type": "object",
        "description": "The message's own headers, and these.",
        "required": [PREFIX + name for name in told],
        "properties": {
            PREFIX + name: {"type": "string", "description": meaning}
            for name, meaning in (
                told | {CUT: "Only of a message too long to be kept whole: its bytes."}
            ).items()
        },
    }


def _shared_schemas() -> dict[str, Any]:
    models = [channel.model for channel in _CHANNELS if channel.model is not None]
    _, schema = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template=_REFERENCE,
        schema_generator=_Schemas,
    )
    shared: dict[str, Any] = schema["$defs"]
    return shared

"""The shapes that articles come in, brought to one object with fields of the usual names.

A shape is an object with fields of the usual names, an item of IPTC ninjs (1, 2 or 3), or a schema.org
NewsArticle (JSON-LD, alone or in an `@graph`). What a value is worth is decided in `agents.reading.fields`.

Sources: the ninjs 3.0 schema (iptc.org/std/ninjs), schema.org/NewsArticle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.reading.fields import name_of
from streams.errors import UnreadableArticle

Json = Mapping[str, Any]

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "_id", "guid", "uri", "@id", "article_id", "articleId", "identifier"),
    "title": ("title", "headline", "webTitle", "name"),
    "body": (
        "body", "text", "content", "articleBody", "body_text", "bodyText", "content_text", "full_text",
        "fullText", "body_html", "body_xhtml", "content_html", "content:encoded", "description", "description_text",
        "description_html", "summary", "abstract",
    ),
    "url": (
        "url", "link", "canonical_url", "webUrl", "web_url", "mainEntityOfPage", "href", "uri", "@id",
    ),
    "source": ("source", "publisher", "provider", "outlet", "site", "site_name", "infosource", "domain"),
    "language": ("language", "lang", "inLanguage", "locale"),
    "published_at": (
        "published_at", "published", "publishedAt", "datePublished", "date_published", "publication_date",
        "pubDate", "firstcreated", "versioncreated", "webPublicationDate", "pub_date", "date", "created_at",
        "timestamp", "seendate",
    ),
    "updated_at": (
        "updated_at", "updated", "updatedAt", "dateModified", "date_modified", "modified", "versioncreated",
    ),
    "authors": ("authors", "author", "byline", "by", "creator"),
    "tags": ("tags", "keywords", "subjects", "subject", "categories", "category", "articleSection"),
}  # fmt: skip
"""Field of an article → the names it goes by, the best first."""

_SERVES: Final = {
    name: tuple(field for field, names in NAMES.items() if name in names)
    for names in NAMES.values()
    for name in names
}
_RANK: Final = {(field, name): rank for field, names in NAMES.items() for rank, name in enumerate(names)}

Given = dict[str, list[tuple[str, Any]]]
"""Field of an article → the names and values that were given for it, the best first."""


def given_fields(item: Json) -> Given:
    """What an object gives for each field. Costs what the object has of keys, not what there is of names."""
    given: Given = {}
    for name, value in item.items():
        for field in _SERVES.get(name, ()):
            if value is not None:
                given.setdefault(field, []).append((name, value))
    for field, values in given.items():
        if len(values) > 1:
            values.sort(key=lambda named: _RANK[field, named[0]])
    return given


PLAIN_BODIES: Final = frozenset(("body_text", "bodyText", "content_text", "description_text"))
HTML_BODIES: Final = frozenset(("body_html", "body_xhtml", "content_html", "description_html"))

_ARTICLE_TYPES: Final = frozenset((
    "Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle",
    "OpinionNewsArticle", "ReviewNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting", "BlogPosting",
    "SocialMediaPosting", "Report",
))  # fmt: skip
_WITHDRAWN: Final = frozenset(("canceled", "cancelled", "withheld"))
_NINJS_MARKS: Final = ("versioncreated", "body_xhtml", "body_text", "body_html")
_MAX_NODES: Final = 500


def with_usual_names(item: Json) -> Json:
    """The object in which an article's fields have one of the names in NAMES.

    Raises UnreadableArticle where the sender says that the article must not be used, or where a graph holds
    none.
    """
    if "@graph" in item:
        return _with_updates(_from_graph(item))
    if "@type" in item:
        item = _with_updates(_of_page(item))
    if "headlines" in item or "bodies" in item:
        return _from_ninjs3(_usable(item))
    if "uri" in item and any(mark in item for mark in _NINJS_MARKS):
        return _from_ninjs(_usable(item))
    if "webTitle" in item and isinstance(item.get("fields"), dict):
        return {**item["fields"], **item}
    return item


def _usable(item: Json) -> Json:
    status = item.get("pubstatus")
    if isinstance(status, str) and status.rpartition(":")[2].lower() in _WITHDRAWN:
        raise UnreadableArticle(
            "withdrawn",
            "pubstatus says that the article was cancelled or withheld: it is not read",
            "pubstatus",
        )
    return item


def _from_ninjs(item: Json) -> Json:
    """ninjs 1 and 2. Its `title` is a short name for the newsroom; the headline is what readers see."""
    return {**item, "title": item["headline"]} if item.get("headline") else item


def _from_ninjs3(item: Json) -> Json:
    renamed = {name: value for name, value in item.items() if name not in NAMES["body"] and name != "title"}
    renamed["title"] = _chosen(item.get("headlines")).get("value", item.get("headline", item.get("title")))
    body = _chosen(item.get("bodies")) or _chosen(item.get("descriptions"))
    kind = body.get("contenttype")
    name = "body" if not isinstance(kind, str) else "body_html" if "html" in kind.lower() else "body_text"
    renamed[name] = body.get("value")
    if not item.get("source"):
        renamed["source"] = name_of(item.get("infosources"), "source") or name_of(
            item.get("copyrightholder"), "source"
        )
    renamed.setdefault("authors", item.get("bylines") or item.get("creditline"))
    return renamed


def _chosen(values: Any) -> Json:
    """Of several headlines or bodies the one to read: the main one, text rather than HTML, else the first."""
    usable = (
        [part for part in values if isinstance(part, dict) and part.get("value")]
        if isinstance(values, list)
        else []
    )
    return min(usable, key=_rank, default={})


def _rank(part: Json) -> tuple[bool, bool]:
    role, kind = str(part.get("role", "main")), str(part.get("contenttype", "text/plain"))
    return "main" not in role.lower(), "html" in kind.lower()


def _from_graph(item: Json) -> Json:
    graph = item["@graph"]
    nodes = (
        [node for node in graph[:_MAX_NODES] if isinstance(node, dict)]
        if isinstance(graph, list)
        else [graph]
    )
    found = next((node for node in nodes if isinstance(node, dict) and _is_article(node)), None)
    if found is None:
        raise UnreadableArticle(
            "no-text", "the @graph holds no article: it needs a node of @type NewsArticle", "@graph"
        )
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    return {name: _resolved(value, by_id) for name, value in found.items()}


def _of_page(item: Json) -> Json:
    """The article that a page is about, where it holds it; else the object itself."""
    article = item.get("mainEntity")
    return article if isinstance(article, dict) and _is_article(article) and not _is_article(item) else item


def _with_updates(item: Json) -> Json:
    """A live blog with the texts of its updates behind its own."""
    updates = item.get("liveBlogUpdate")
    if not isinstance(updates, list | dict):
        return item
    texts = [item.get("articleBody") or item.get("description")]
    posts = updates[:_MAX_NODES] if isinstance(updates, list) else [updates]
    for post in posts:
        if isinstance(post, dict):
            texts += [post.get("headline"), post.get("articleBody") or post.get("description")]
    return {**item, "articleBody": [text for text in texts if text]}


def _is_article(node: Json) -> bool:
    types = node.get("@type")
    return any(
        isinstance(kind, str) and kind.rpartition("/")[2].rpartition(":")[2] in _ARTICLE_TYPES
        for kind in (types if isinstance(types, list) else [types])
    )


def _resolved(value: Any, by_id: Mapping[str, Json]) -> Any:
    """A reference to another node of the graph (`{"@id": …}` alone) replaced by that node."""
    if isinstance(value, list):
        return [_resolved(part, by_id) for part in value[:_MAX_NODES] if not isinstance(part, list)]
    if isinstance(value, dict) and len(value) == 1:
        reference = value.get("@id")
        return by_id.get(reference, value) if isinstance(reference, str) else value
    return value

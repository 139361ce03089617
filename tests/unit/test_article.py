"""Reading an article from its bytes: shapes, names, identifiers, where the body begins."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reading.article import Article, body_start, read_article
from agents.reading.fields import canonical_url
from agents.reading.shapes import NAMES
from streams.errors import UnreadableArticle

SEED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "seed_article.json"


def read(**fields: Any) -> Article:
    return read_article(json.dumps(fields).encode())


def test_native_article_is_read_as_it_was_sent() -> None:
    article = read(
        id="a1",
        title=" Title  as sent ",
        body="Body\r\n with <3 and 5 < 6\n",
        url="https://news.example/a1",
        source="Wire",
        language="en",
        published_at="2026-03-07T12:00:00+03:00",
        updated_at="2026-03-07T13:00:00Z",
        authors=["A", "B"],
        tags=["x", "y"],
        unknown={"ignored": [1, 2]},
    )
    assert article == Article(
        id="a1",
        title=" Title  as sent ",
        body="Body\r\n with <3 and 5 < 6\n",
        url="https://news.example/a1",
        source="Wire",
        language="en",
        published_at=datetime(2026, 3, 7, 9, tzinfo=UTC),
        updated_at=datetime(2026, 3, 7, 13, tzinfo=UTC),
        authors=("A", "B"),
        tags=("x", "y"),
    )


@pytest.mark.parametrize("name", NAMES["title"])
def test_every_name_of_the_title_is_understood(name: str) -> None:
    assert read(**{name: "Truce holds"}).title == "Truce holds"


@pytest.mark.parametrize("name", NAMES["body"])
def test_every_name_of_the_body_is_understood(name: str) -> None:
    assert read(**{name: "The truce held."}).body == "The truce held."


@pytest.mark.parametrize("name", NAMES["published_at"])
def test_every_name_of_the_publication_time_is_understood(name: str) -> None:
    assert read(title="t", **{name: "2026-03-07T09:00:00Z"}).published_at == datetime(
        2026, 3, 7, 9, tzinfo=UTC
    )


def test_the_better_name_wins_whatever_the_order() -> None:
    assert read(description="teaser", body="whole text").body == "whole text"
    assert read(body=" ", description="teaser").body == "teaser"


def test_title_of_another_type_is_passed_over_for_one_that_is_text() -> None:
    assert read(title=5, headline="Truce").title == "Truce"


@pytest.mark.parametrize("value", [5, 1.5, True, {"a": 1}, [1], [{"a": 1}]])
@pytest.mark.parametrize("field", ["title", "body"])
def test_a_text_that_is_no_text_is_a_bad_field(field: str, value: Any) -> None:
    with pytest.raises(UnreadableArticle) as caught:
        read(**{field: value})
    assert (caught.value.reason, caught.value.field) == ("bad-field", field)


def test_paragraphs_in_a_list_and_rendered_objects_are_text() -> None:
    article = read(title={"rendered": "Truce &amp; talks"}, content=["One.", "Two."])
    assert (article.title, article.body) == ("Truce & talks", "One.\n\nTwo.")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"title": ""}',
        b'{"title": " ", "body": "\\n"}',
        b'{"id": "x"}',
        b"{}",
        b'{"title": null}',
        b'{"body": []}',
    ],
)
def test_neither_title_nor_body_is_no_text(raw: bytes) -> None:
    with pytest.raises(UnreadableArticle) as caught:
        read_article(raw)
    assert caught.value.reason == "no-text"


@pytest.mark.parametrize(
    ("stated", "read_as"),
    [
        *(("tur", "tr"), ("pt_BR", "pt-BR"), ("ua-UA", "uk-UA"), ("iw", "he"), ("ckb", "ckb"), ("EN", "en")),
        *((none, "") for none in ("und", "mul", "jp", "xx", "english", "")),
    ],
)
def test_a_stated_language_is_one_or_is_left_to_be_found_from_the_text(stated: str, read_as: str) -> None:
    assert read(title="Truce", language=stated).language == read_as


# Shapes


def test_ninjs_3_is_read() -> None:
    article = read(
        uri="urn:newsml:x:1",
        pubstatus="usable",
        language="tr",
        versioncreated="2026-03-07T09:30:00Z",
        firstcreated="2026-03-07T09:00:00Z",
        title="slug",
        headlines=[{"role": "short", "value": "Kısa"}, {"role": "main", "value": "Ateşkes çağrısı"}],
        bodies=[
            {"role": "main", "contenttype": "text/html", "value": "<p>Bir.</p><p>İki &amp; üç.</p>"},
            {"role": "caption", "contenttype": "text/plain", "value": "Fotoğraf"},
        ],
        subjects=[{"name": "peace process", "uri": "x"}, {"literal": "diplomasi"}],
        infosources=[{"name": "Boğaz Haber"}],
        altids=[{"role": "x", "value": "y"}],
        associations=[{"headlines": [{"value": "another"}]}],
    )
    assert (article.id, article.title, article.body) == (
        "urn:newsml:x:1",
        "Ateşkes çağrısı",
        "Bir.\n\nİki & üç.",
    )
    assert (article.source, article.tags) == ("Boğaz Haber", ("peace process", "diplomasi"))
    assert article.published_at == datetime(2026, 3, 7, 9, tzinfo=UTC)
    assert article.updated_at == datetime(2026, 3, 7, 9, 30, tzinfo=UTC)


def test_ninjs_plain_text_is_not_taken_for_html() -> None:
    body = {"contenttype": "text/plain", "value": "He wrote <p> and &amp; on the wall."}
    assert read(headlines=[{"value": "t"}], bodies=[body]).body == body["value"]


def test_ninjs_1_takes_the_headline_and_not_the_newsroom_title() -> None:
    article = read(
        uri="https://n.example/1",
        title="slug-1",
        headline="Truce holds",
        body_xhtml="<p>A<br/>B</p>",
        versioncreated="2026-03-07T09:00:00Z",
    )
    assert (article.title, article.body, article.url) == ("Truce holds", "A\nB", "https://n.example/1")


@pytest.mark.parametrize("status", ["canceled", "withheld", "ninpub:canceled"])
def test_a_withdrawn_item_is_not_read(status: str) -> None:
    with pytest.raises(UnreadableArticle) as caught:
        read(uri="u", pubstatus=status, headlines=[{"value": "t"}])
    assert caught.value.reason == "withdrawn"


def test_schema_org_article_is_read() -> None:
    article = read(
        **{
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": "Truce holds",
            "articleBody": "It held.",
            "datePublished": "2026-03-07",
            "dateModified": "2026-03-08T01:00:00+01:00",
            "inLanguage": "en-GB",
            "author": [{"@type": "Person", "name": "A. Writer"}, "B. Writer"],
            "publisher": {"@type": "Organization", "name": "Coast Herald"},
            "mainEntityOfPage": {"@type": "WebPage", "@id": "https://c.example/1"},
            "keywords": "truce, coast",
        }
    )
    assert (article.title, article.body, article.language) == ("Truce holds", "It held.", "en-GB")
    assert (article.source, article.url) == ("Coast Herald", "https://c.example/1")
    assert (article.authors, article.tags) == (("A. Writer", "B. Writer"), ("truce", "coast"))
    assert article.published_at == datetime(2026, 3, 7, tzinfo=UTC)
    assert article.updated_at == datetime(2026, 3, 8, tzinfo=UTC)


def test_an_article_in_a_graph_is_found_and_its_references_are_followed() -> None:
    graph = [
        {"@type": "Organization", "@id": "#o", "name": "Coast Herald"},
        {
            "@type": ["https://schema.org/ReportageNewsArticle"],
            "headline": "Truce",
            "publisher": {"@id": "#o"},
        },
    ]
    article = read(**{"@context": "https://schema.org", "@graph": graph})
    assert (article.title, article.source) == ("Truce", "Coast Herald")


@pytest.mark.parametrize(
    "graph", [[], {}, None, 5, [{"@type": "WebPage", "name": "x"}], [[{"@type": "Article"}]]]
)
def test_a_graph_without_an_article_has_no_text(graph: Any) -> None:
    with pytest.raises(UnreadableArticle) as caught:
        read(**{"@graph": graph})
    assert caught.value.reason == "no-text"


# Identifiers


TRUCE, TEXT = "Army and rebels sign ceasefire", "They signed it on Thursday."


@pytest.mark.parametrize(
    "item",
    [
        {"@type": "WebPage", "name": "A page", "mainEntity": {"@type": "Report", "headline": TRUCE, "text": TEXT}},
        {"@type": "LiveBlogPosting", "headline": TRUCE, "liveBlogUpdate": {"articleBody": TEXT}},
        {"@type": "LiveBlogPosting", "headline": TRUCE, "liveBlogUpdate": [{"headline": TEXT}, 7, None]},
        {"uri": "urn:1", "versioncreated": "2026-03-07T09:00:00Z", "headline": TRUCE, "description_text": TEXT},
        {"title": TRUCE, "description": "Short.", "content:encoded": f"<p>{TEXT}</p>"},
        {"title": TRUCE, "summary": "Short.", "content": [{"type": "text/html", "value": f"<p>{TEXT}</p>"}]},
        {"webTitle": TRUCE, "fields": {"bodyText": TEXT}},
        {"headline": {"main": TRUCE, "kicker": None}, "abstract": TEXT},
        {"title": [{"_": TRUCE, "$": {"type": "html"}}], "content": [{"_": f"<p>{TEXT}</p>"}]},
        {"title": {"_text": TRUCE}, "description": {"_cdata": TEXT}},
        {"title": TRUCE, "body": [{"type": "image", "url": "x"}, {"type": "paragraph", "text": TEXT}]},
    ],
)  # fmt: skip
def test_shapes_that_others_send_are_read_whole(item: dict[str, Any]) -> None:
    article = read(**item)
    assert (article.title, article.body) == (TRUCE, TEXT)


def test_the_updates_of_a_live_blog_stand_behind_its_own_text() -> None:
    posts = [{"headline": "16:10", "articleBody": "Shells fall."}, {"articleBody": "Buses leave."}]
    article = read(**{"@type": "LiveBlogPosting", "articleBody": "All of it.", "liveBlogUpdate": posts})
    assert article.body == "All of it.\n\n16:10\n\nShells fall.\n\nBuses leave."


def test_a_nul_in_the_best_text_is_not_passed_over_for_another() -> None:
    with pytest.raises(UnreadableArticle, match="NUL"):
        read(title="Truce", body="a\x00b", description="Another.")


def test_a_time_of_gdelt_is_one() -> None:
    assert read(title="x", seendate="20260307T090000Z").published_at == datetime(2026, 3, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("Army and rebels sign ceasefire  The Star", ""),
        ("Army and rebels sign ceasefire", ""),
        ("Army and rebels sign ceasefire\n\nThey met in Doha.", "They met in Doha."),
        ("Army and rebels sign ceasefire - The Star\nThey met.", "They met."),
        ("Army and rebels sign ceasefire deal in Doha.", "Army and rebels sign ceasefire deal in Doha."),
    ],
)
def test_a_title_is_known_without_the_credit_that_it_ends_with(body: str, rest: str) -> None:
    assert body[body_start(f"{TRUCE} - The Star", body) :] == rest


def test_a_number_is_an_id() -> None:
    assert read(id=77, title="t").id == "77"


@pytest.mark.parametrize("given_id", ["x" * 257, "a\nb", "a\u202eb"])
def test_an_id_that_cannot_be_shown_is_replaced_by_one_derived_from_it(given_id: str) -> None:
    first, second = read(id=given_id, title="t"), read(id=given_id, title="another")
    assert first.id == second.id
    assert first.id.startswith("art_")


@pytest.mark.parametrize(
    "same",
    [
        "HTTPS://News.Example/a?b=1&a=2",
        "http://news.example:80/a?a=2&b=1#part",
        "https://news.example/a?utm_source=x&a=2&fbclid=y&b=1",
    ],
)
def test_spellings_of_one_url_have_one_id(same: str) -> None:
    first = read(url="https://news.example/a?a=2&b=1", title="one")
    assert read(url=same, title="two").id == first.id


@pytest.mark.parametrize(
    "other", ["https://news.example/b", "https://news.example/a?a=3", "https://other.example/a"]
)
def test_other_pages_have_other_ids(other: str) -> None:
    assert read(url=other, title="t").id != read(url="https://news.example/a", title="t").id


def test_without_id_and_url_the_content_decides() -> None:
    assert read(title="t", body="b").id == read(title="t", body="b", tags=["x"]).id
    assert read(title="t", body="b").id != read(title="tb", body="").id


def test_without_id_and_url_the_same_words_at_another_time_are_another_article() -> None:
    """An order to leave is given in the words of the last one."""
    first = read(title="Leave zone 5", published_at="2026-03-07T09:00:00Z")
    assert first.id == read(title="Leave zone 5", published_at="2026-03-07T10:00:00+01:00").id
    assert first.id != read(title="Leave zone 5", published_at="2026-03-07T14:00:00Z").id
    assert first.id != read(title="Leave zone 5").id
    at_a_url = {"title": "Leave zone 5", "url": "https://city.example/alerts"}
    assert read(**at_a_url, published_at=1).id == read(**at_a_url, published_at=2).id


@given(st.text(max_size=40))
def test_canonical_url_of_a_canonical_url_is_itself(path: str) -> None:
    article = read(title="t", url=f"https://n.example/{path}")
    if article.url is not None:
        once = canonical_url(article.url)
        assert canonical_url("https://" + once) == once


# Where the body begins


def test_seed_article_begins_at_its_dateline() -> None:
    if not SEED.exists():
        pytest.skip("the seed article is not beside this checkout")
    article = read_article(SEED.read_bytes())
    assert article.body[article.body_start :].startswith("ANKARA\n")


@pytest.mark.parametrize(
    ("title", "body", "rest"),
    [
        ("Kalın says yes", "KALIN SAYS  YES\n\nText", "Text"),
        ("Kalın says yes", "  Kalin says yes.\nText", "Text"),
        ("Çavuşoğlu “ready”", 'Cavusoglu "ready"\r\n\r\nText', "Text"),
        ("Truce holds", "Truce holds. Text", "Text"),
        ("The truce holds on", "The truce holds on The truce holds on ANKARA Text", "ANKARA Text"),
        ("Truce holds", "Truce holds in the valley", "Truce holds in the valley"),
        ("Truce", "Truces are rare", "Truces are rare"),
        ("Truce", "Truce", ""),
        ("", "Text", "Text"),
        ("\u200b", "Text", "Text"),
        ("Truce holds", "", ""),
        ("Truce", "Another", "Another"),
    ],
)
def test_repetitions_of_the_title_are_passed_over(title: str, body: str, rest: str) -> None:
    assert body[body_start(title, body) :] == rest


@given(st.text(max_size=20), st.text(max_size=60))
def test_body_start_is_a_position_of_the_body(title: str, body: str) -> None:
    assert 0 <= body_start(title, body) <= len(body)
    assert 0 <= body_start(title, f"{title}\n{body}") <= len(title) + 1 + len(body)


# Whatever comes

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
FIELD_NAMES = st.sampled_from(
    sorted(
        {name for names in NAMES.values() for name in names}
        | {"headlines", "bodies", "@graph", "@type", "pubstatus"}
    )
)


def _outcome(raw: bytes | None) -> Article | UnreadableArticle:
    try:
        return read_article(raw)
    except UnreadableArticle as error:
        return error


def _holds(raw: bytes | None) -> None:
    article = _outcome(raw)
    if isinstance(article, UnreadableArticle):
        assert article.reason
        assert str(article).isprintable()
        assert len(str(article)) < 250
        return
    texts = (article.id, article.title, article.body, article.source or "", *article.authors, *article.tags)
    for text in texts:
        assert "\x00" not in text
        text.encode()
    assert article.id
    assert 0 <= article.body_start <= len(article.body)
    assert (article.title + article.body).strip()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_article_or_unreadable(raw: bytes) -> None:
    _holds(raw)


@settings(max_examples=300)
@given(st.dictionaries(FIELD_NAMES, JSON, max_size=8))
def test_any_object_is_an_article_or_unreadable(item: dict[str, Any]) -> None:
    _holds(json.dumps(item).encode())


@given(st.text(alphabet=st.sampled_from(list("<>/&;!-'\"= \n\x1e\x1fpdivtableascript#x0")), max_size=120))
def test_any_markup_is_an_article_or_unreadable(body: str) -> None:
    _holds(json.dumps({"title": "t", "body": "<p>" + body}).encode())

"""Text out of HTML: paragraphs apart, words together, nothing of scripts, styles and navigation.

Parsing HTML as browsers do is quadratic or worse for some inputs (deep nesting, thousands of attributes, formatting
elements that are re-opened in every paragraph): 800 kB can take half a minute. So one linear pass first reduces the
markup to bare block-level tags, which decide all that matters here; lexbor then builds the tree from those.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import Final

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

MAX_TAGS: Final = 4000
"""Block-level tags from which a tree is built (at worst 20 ms). With more, text is split at its tags."""

# Separators that the text carries through the parser. Written inside of elements, because text between
# the cells of a table would be moved out of it.
_PARAGRAPH: Final = "\x1e"
_LINE: Final = "\x1f"

_PARAGRAPHS: Final = (
    "address", "article", "blockquote", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "main", "ol", "p",
    "pre", "section", "summary", "ul",
)  # fmt: skip
_LINES: Final = ("li", "td", "th")
_STRUCTURE: Final = ("table", "thead", "tbody", "tfoot", "tr")
_LEFT_OUT: Final = ("nav", "aside", "footer", "button", "select", "dialog", "menu", "svg", "math", "object")
_GAPS: Final = ("img", "video", "audio", "embed", "input", "canvas", "picture", "source")
_INLINE: Final = (
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "q", "s",
    "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
)  # fmt: skip
_WHOLE: Final = ("br", "hr", "html", "body", "head", "script", "style", "iframe", "noscript")

_REWRITTEN: Final[dict[str, str]] = {
    **{name: f"<{name}>{_PARAGRAPH}" for name in _PARAGRAPHS},
    **{f"/{name}": f"{_PARAGRAPH}</{name}>" for name in _PARAGRAPHS},
    **{name: f"<{name}>{_LINE}" for name in _LINES},
    **{f"/{name}": f"</{name}>" for name in _LINES},
    **{slash + name: f"<{slash}{name}>" for name in _STRUCTURE for slash in ("", "/")},
    # What is left out may still stand between two words.
    **{name: f"{_PARAGRAPH}<{name}>" for name in _LEFT_OUT},
    **{f"/{name}": f"</{name}>{_PARAGRAPH}" for name in _LEFT_OUT},
    **dict.fromkeys(_GAPS, " "),
    "br": _LINE,
    "/br": _LINE,
    "hr": _PARAGRAPH,
}
"""What becomes of a tag. Others vanish: inline tags separate neither words nor paragraphs."""

_BLOCKS: Final = frozenset((*_PARAGRAPHS, *_LINES, *_STRUCTURE, *_LEFT_OUT, *_GAPS, *_WHOLE))
_KNOWN: Final = _BLOCKS | frozenset(_INLINE)
# One name for all tags: to try each of a hundred at every `<` takes half a minute where there is nothing else.
_MARKUP: Final = re.compile(
    r"<(?:([a-z][a-z0-9]*+)\s*+(?:(/?>)|(?<=\s)[a-z][a-z:-]*+\s*+=)|/([a-z][a-z0-9]*+)\s*+>|!--|!doctype\b)",
    re.IGNORECASE,
)
# Every alternative either ends or takes the rest, so that the search never starts over from each opening.
_UNREADABLE: Final = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|title|template|noscript|iframe|textarea)\b.*?(?:</\1[^<>]*+>|\Z)"
    r"|<!\[CDATA\[|\]\]>|<[!?][^<>]*+>",
    re.IGNORECASE | re.DOTALL,
)
_NAME: Final = r"/?[a-z][a-z0-9:_.-]*+"
_TAG: Final = re.compile(
    rf"""<(?:({_NAME})(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|({_NAME})[^<>]*+>)?""", re.IGNORECASE
)
_BARE_TAG: Final = re.compile(r"</?[a-z0-9]+>")
_ENTITY: Final = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_SHORTEST_NAME: Final = 2
_LONGEST_PREFIX: Final = 6
"""Characters of the names of entities that browsers read without a semicolon, too, in front of anything."""
_TIMES_ESCAPED: Final = 3
"""How many times over a text may have been escaped."""
_SPACE: Final = re.compile(rf"[^\S{_PARAGRAPH}{_LINE}]+")
_BREAKS: Final = re.compile(rf" ?[{_PARAGRAPH}{_LINE}][{_PARAGRAPH}{_LINE} ]*")


def readable_text(text: str) -> str:
    """A text that may or may not be HTML: as it is when it is plain, except that entities are decoded.

    Text counts as HTML when it holds a tag that HTML knows; `5 < 6` or `<unnamed>` do not make it so. HTML
    that came escaped as a whole (`&lt;p&gt;`, as feeds send it) is taken for what it is, and so is what was escaped
    twice (`&amp;quot;`), as feeds of feeds have it.
    """
    for _ in range(_TIMES_ESCAPED):
        if "<" in text and _looks_like_html(text):
            return _decoded(html_to_text(text))
        decoded = _decoded(text)
        if decoded == text:
            return text
        text = decoded
    return text


def _looks_like_html(text: str) -> bool:
    """Whether a text has a tag that HTML knows.

    An inline tag counts when it has an attribute or is closed: wire texts have tickers such as `<U>` in them.
    """
    for found in _MARKUP.finditer(text):
        opened, bare, closed = found.groups()
        name = opened or closed
        if name is None or name.lower() in (_BLOCKS if bare else _KNOWN):
            return True
    return False


def html_to_text(html: str) -> str:
    """The text of HTML: blank lines between paragraphs, single spaces between words."""
    bare = _reduce(html)
    if bare.count("<") > MAX_TAGS:
        return _arrange(_decoded(_BARE_TAG.sub(_PARAGRAPH, bare)))
    # WO_EVENTS: no copying of one element into another (`selectedcontent`).
    tree = LexborHTMLParser(bare, options=LexborDocumentOptions.WO_EVENTS)
    if tree.body is None:
        return ""
    everything = tree.body.text()
    tree.strip_tags(list(_LEFT_OUT))
    # A navigation element that is never closed holds the whole article.
    return _arrange(tree.body.text()) or _arrange(everything)


def _reduce(html: str) -> str:
    """Markup of nothing but bare block-level tags; every other `<` is escaped. Linear in the length."""
    clean = html.replace(_PARAGRAPH, " ").replace(_LINE, " ")
    return _TAG.sub(_rewrite, _UNREADABLE.sub(" ", clean))


def _rewrite(tag: re.Match[str]) -> str:
    name = tag[1] or tag[2]
    return _REWRITTEN.get(name.lower(), "") if name else "&lt;"


def _arrange(text: str) -> str:
    spaced = _SPACE.sub(" ", text)
    return _BREAKS.sub(_break, spaced).strip()


def _break(separators: re.Match[str]) -> str:
    found = separators[0]
    return "\n\n" if _PARAGRAPH in found or found.count(_LINE) > 1 else "\n"


def _decoded(text: str) -> str:
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def _decode_entity(entity: re.Match[str]) -> str:
    name = entity[1]
    known = html5.get(f"{name};")
    if known is not None:
        return known
    if name[0] == "#" or any(name[:end] in html5 for end in range(_SHORTEST_NAME, _LONGEST_PREFIX + 1)):
        return _unescaped(entity[0])
    return entity[0]


@lru_cache(1024)
def _unescaped(entity: str) -> str:
    return unescape(entity)

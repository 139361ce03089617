"""Text out of HTML, and what is not taken for HTML."""

from __future__ import annotations

import pytest

from agents.reading import html
from agents.reading.html import html_to_text, readable_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One.<p>Two.", "One.\n\nTwo."),
        ("<div>One.</div>Two.", "One.\n\nTwo."),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("One<br><br>Two", "One\n\nTwo"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("<table><tr><td>One</td><td>Two</td></tr><tr><td>Three</td></tr></table>", "One\nTwo\nThree"),
        ("<p>A <b>cease</b>fire\n   holds</p>", "A ceasefire holds"),
        ("<p>fire<img src=x>fight</p>", "fire fight"),
        ("<p>T&uuml;rkiye &amp; &#8220;truce&#x201d;&nbsp;now</p>", "Türkiye & “truce” now"),
        ("<p>a</p><script>var x = '<p>no</p>' < 5;</script><style>p{}</style><p>b</p>", "a\n\nb"),
        ("<nav><ul><li>Home</li></ul></nav><p>Text</p><footer>©</footer>", "Text"),
        ("<nav><p>Never closed, but all there is</p>", "Never closed, but all there is"),
        ("<html><head><title>T</title></head><body><p>Text</p></body></html>", "Text"),
        ("<!DOCTYPE html><!-- <p>no</p> --><p>Text</p>", "Text"),
        ("<p>5 < 6 and x<y</p>", "5 < 6 and x<y"),
        ('<p title="a > b">Text</p>', "Text"),
        ("<p title=it's>Text</p>", "Text"),
        ("<P CLASS='x'>Text</P >", "Text"),
        ("<p>One\x1etwo\x1fthree</p>", "One two three"),
        ("<p>[<![CDATA[Text]]>]</p>", "[ Text ]"),
        ("<o:p>Text</o:p><amp-ad>x</amp-ad>", "Textx"),
        ("", ""),
    ],
)
def test_html_becomes_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    "plain",
    [
        "5 < 6 and 7 > 3",
        "TWA <TWA> CONFIRMS OWNERSHIP OF USAIR <U> STOCK",
        "I <3 Ankara",
        "a <b and c> d",
        "Johnson & Johnson; AT&T",
        "&nonsense without an end",
        "line\n\n  kept   as it is\t",
    ],
)
def test_plain_text_stays_as_it_is(plain: str) -> None:
    assert readable_text(plain) == plain


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("Johnson &amp; Johnson &#8211; &quot;done&quot;", 'Johnson & Johnson – "done"'),
        ("&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One.\n\nTwo."),
        ("5 &lt; 6", "5 < 6"),
        ("R&amp;amp;D: &amp;quot;no&amp;nbsp;truce&amp;#8217;s&amp;quot;", 'R&D: "no\xa0truce’s"'),
        ("&amp;lt;p&amp;gt;Sch&amp;amp;uuml;tz&amp;lt;/p&amp;gt;", "Schütz"),
        ("<p>M&amp;uuml;nchen &amp;amp;amp; Wien</p>", "München &amp; Wien"),
        ("Text <a href='x'>link</a>", "Text link"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
    ],
)
def test_entities_and_escaped_html_are_decoded(sent: str, text: str) -> None:
    assert readable_text(sent) == text


def test_text_of_too_many_tags_is_split_at_them(monkeypatch: pytest.MonkeyPatch) -> None:
    markup = "<div><p>One &amp; two.</p><p>Three <b>four</b>.</p></div>"
    by_tree = html_to_text(markup)
    monkeypatch.setattr(html, "MAX_TAGS", 1)
    assert html_to_text(markup) == by_tree == "One & two.\n\nThree four."

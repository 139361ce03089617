"""Makes text safe to print and log: line breaks, terminal escapes and bidirectional controls become escapes.

So a headline can neither forge a line nor move the cursor.
"""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """The text with control and format characters written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else f"\\u{ord(character):04x}"
        for character in text
    )


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 article`, `2 articles`."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis: at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"

"""The credit that a title may end with: who publishes the article (`Ceasefire agreed - The Wall Street Journal`)."""

from __future__ import annotations

import re
from typing import Final

_CREDIT: Final = re.compile(r"\s(?:[-–—|·•]|::)\s[^-–—|·•:]{2,48}\Z")
"""What stands last in a title, behind a dash or a bar: nearly always who publishes it."""
_BEFORE: Final = 16
"""Characters of a title that stand before a credit at least."""


def credit_of(title: str) -> int:
    """Where the credit of a title, folded or not, begins, with the space before the dash; its end if it has none."""
    found = _CREDIT.search(title, _BEFORE)
    return found.start() if found else len(title)

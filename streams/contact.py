"""Logs when brokers no longer answer a running worker, and when they answer again: one line each."""

from __future__ import annotations

from typing import Final

import structlog

log = structlog.get_logger("tocsin.broker")

SILENT: Final = 5.0
"""Seconds without an answer that count as silence; brokers answer an empty fetch within 1.5 s."""

SILENT_LOOKS: Final = 5
"""Silent looks in a row before it is logged. Not seconds: while this process was suspended no broker was silent."""


class Contact:
    """Whether brokers answer. Look once a second."""

    def __init__(self) -> None:
        self._silent_looks = 0
        self._away_since: float | None = None

    def look(self, now: float, last_answers: dict[str, float]) -> None:
        """`last_answers`: when a fetch of each topic was last answered; all times in Unix seconds."""
        topic = min(last_answers, key=last_answers.__getitem__, default=None)
        if topic is None:
            return
        answered_at = last_answers[topic]
        if now - answered_at <= SILENT:
            if self._away_since is not None:
                log.info("broker.back", seconds=round(answered_at - self._away_since))
            self._silent_looks, self._away_since = 0, None
        elif self._away_since is None:
            self._silent_looks += 1
            if self._silent_looks >= SILENT_LOOKS:
                self._away_since = answered_at
                log.warning("broker.away", topic=topic, seconds=round(now - answered_at))

"""What the log says of brokers that no longer answer while a worker runs, and of their return: one line each."""

from __future__ import annotations

from typing import Final

import structlog

log = structlog.get_logger("tocsin.broker")

SILENT: Final = 5.0
"""Seconds without an answer that count as silence; brokers answer a fetch of nothing within 1.5 s."""

LOOKS: Final = 5
"""Silent looks in a row until it is said. Seconds would not do: no broker was silent when this process stood still."""


class Contact:
    """Whether brokers answer. Look once a second."""

    def __init__(self) -> None:
        self._looks = 0
        self._away_since: float | None = None

    def look(self, now: float, heard_at: dict[str, float]) -> None:
        """`heard_at`: when the brokers last answered what is new in each topic; both in Unix seconds."""
        topic = min(heard_at, key=heard_at.__getitem__, default=None)
        if topic is None:
            return
        silent = now - heard_at[topic]
        if silent <= SILENT:
            if self._away_since is not None:
                log.info("broker.back", seconds=round(heard_at[topic] - self._away_since))
            self._looks, self._away_since = 0, None
        elif self._away_since is None:
            self._looks += 1
            if self._looks >= LOOKS:
                self._away_since = heard_at[topic]
                log.warning("broker.away", topic=topic, seconds=round(silent))

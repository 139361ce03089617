"""The short form of `make chaos`: everything at once, on a small scale."""

from __future__ import annotations

from pathlib import Path

from tests.broker.conftest import Place
from tests.chaos.report import as_text
from tests.chaos.run import Run, Settings


async def test_the_books_hold_after_kills_an_orderly_end_and_a_stop_beyond_the_session(
    place: Place, tmp_path: Path
) -> None:
    settings = Settings(articles=400, kills=2, seed=93, kinds=("kill", "term", "stop"))
    outcome = await Run(settings, place.kafka, place.prefix, place.group, tmp_path, print).go()
    assert not outcome.verdict.broken, as_text(outcome)
    assert outcome.verdict.counts["webhooks_taken"] == outcome.verdict.counts["webhooks_owed"] > 20

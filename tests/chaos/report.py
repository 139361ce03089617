"""What a run came to, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.chaos.run import Outcome

SHOWN = 20
"""Broken promises that the text names one by one."""


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The whole outcome, for a machine."""
    settings, verdict = outcome.settings, outcome.verdict
    return {
        "articles": settings.articles,
        "kills": settings.kills,
        "seed": settings.seed,
        "treated_badly": settings.badly,
        "seconds": round(outcome.seconds, 1),
        "faults": dict(sorted(Counter(event.kind for event in outcome.events).items())),
        "left_by_themselves": [code for _, code in outcome.left],
        "counts": verdict.counts,
        "taken_again_because_of": dict(sorted(verdict.duplicates.items())),
        "broken": verdict.broken,
        "holds": not verdict.broken,
    }


def as_text(outcome: Outcome) -> str:
    """The outcome for a person."""
    values = as_json(outcome)
    counts = values["counts"]
    lines = [
        f"chaos, seed {values['seed']}: {values['articles']} articles, {values['seconds']:.0f} s",
        "faults          " + ", ".join(f"{count} {kind}" for kind, count in values["faults"].items()),
        f"webhooks        {counts['webhooks_owed']} owed, {counts['webhooks_taken']} taken; "
        f"{counts['arrivals']} arrivals, {counts['arrivals_treated_badly']} of them treated badly",
        f"unreadable      {counts['unreadable']} sent, {counts['rejected_records']} records in rejected",
        f"state           {counts['state_records_written']} records written, {counts['state_records_left']} left by "
        "compaction",
        f"taken again     {counts['taken_again']}"
        + "".join(f", {count} by {cause}" for cause, count in values["taken_again_because_of"].items()),
        f"left            {len(values['left_by_themselves'])} workers ended by themselves"
        + (f" with {sorted(set(values['left_by_themselves']))}" if values["left_by_themselves"] else ""),
    ]
    if values["holds"]:
        lines.append("holds           nothing missing, one id and one body each, order kept, all committed")
    lines += [f"BROKEN          {what}" for what in values["broken"][:SHOWN]]
    if len(values["broken"]) > SHOWN:
        lines.append(f"BROKEN          and {len(values['broken']) - SHOWN} more")
    return "\n".join(lines)

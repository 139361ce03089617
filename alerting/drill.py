"""A drill: an alert that is marked as such, to see that an endpoint can be told."""

from __future__ import annotations

from datetime import datetime

from streams.ids import derive_id
from streams.wire import Alert, AlertWatch


def drill_alert(endpoint_id: str, now: datetime, nonce: str) -> Alert:
    """A drill for one endpoint, under ids of its own: a function of the endpoint, the time and `nonce`."""
    alert_id = derive_id("alr", "drill", endpoint_id, now.isoformat(), nonce)
    return Alert(
        type="alert.opened",
        alert_id=alert_id,
        number=1,
        webhook_id=derive_id("msg", alert_id, "1"),
        at=now,
        watch=AlertWatch(id="drill", title="Drill: this is a test of Tocsin", severity="low"),
        headline="This is a drill. Whoever reads this will be told when it is not.",
        language="en",
        article_id="drill",
        opened_at=now,
        drill=True,
    )

"""What `tocsin up` shows of its worker's log."""

from __future__ import annotations

import orjson
from rich.text import Text

from streams.printable import clean, counted


def said_by_worker(line: str) -> Text | None:
    """What to show of a line of the worker's log; None for most."""
    try:
        event = orjson.loads(line)
        name, level = str(event["event"]), str(event["level"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Text(clean(f"worker: {line}"), style="red") if "Traceback" in line else None
    match name:
        case "configuration.reloaded":
            said = (
                f"the configuration was reloaded: {counted(event['watches'], 'watch', 'watches')}, "
                f"{counted(event['endpoints'], 'endpoint')}"
            )
            return Text(f"worker: {said}", style="green")
        case "configuration.settings_need_restart":
            changed = ", ".join(event["settings"])
            return Text(clean(f"worker: changed settings need a restart: {changed}"), style="yellow")
        case "configuration.warning":
            return Text(clean(f"worker: note: {event['warning']}"), style="yellow")
        case "configuration.fault":
            return Text(clean(f"worker: {event['fault']}"), style="red")
        case "configuration.refused":
            why = event.get("message") or counted(event["faults"], "fault")
            said = f"the changed configuration is refused ({why}); {event['in_force']} stays in force"
            return Text(clean(f"worker: {said}"), style="red")
    return Text(clean(f"worker: {line}"), style="red") if level in ("error", "critical") else None

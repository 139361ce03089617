"""Who is told, and how: watches, endpoints, alerts, stories and retries (pure); webhook client and formats (edge)."""

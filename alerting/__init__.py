"""Who is told, and how: watches, endpoints, alerts, stories and retries (pure); webhook client and formats (edge).

- What a team writes: `watch`, `endpoint`, `endpoint_faults`.
- From a candidate to an alert: `policy`; its story among others: `stories`, `indexes`, `story`; what it tells:
  `telling`, `news`, by `gist`, `fingerprint`, `names`, `proper` and `focus`.
- What is owed, and when it is tried: `pending`, `retry`, `verdict`; `gate`, of `breaker` and `limits`; `turns`.
- An attempt: `attempt`, `formats`, `headers`, `signing`, `redact`; alerts of our own: `drill`, `notice`.
- The edge: `client`, `network`, `addresses`, `tls`, `threads`; `sendapprise`.
"""

"""The Kafka client, aiokafka: what is patched in it and what is replaced, one module each.

- Replaced for speed: how a producer sends (`direct_sender`), when a worker fetches (`fetch_pacing`), what a fetch asks
  for (`fetch_request`), and the encoding of both requests (`protocol`).
- Records: how much a batch may unpack to (`bounded_batches`), names of headers that are not UTF-8 (`header_names`),
  batches that a disk has damaged (`damaged_batches`).
- Membership: `committed_offsets` that could not be read, `static_members` that lost their place, closing a consumer
  while it joins (`leave_group`) or after its last fetch failed (`fetcher_close`).
- Brokers: when to ask for `metadata`, `silent_brokers`, `lost_connections`; `refusals` keeps why one
  could not be connected to.
- `patches` applies those that every process needs.

All of this relies on private parts of aiokafka 0.14. `tests/unit/test_faust_internals.py` fails when an upgrade changes
one of them.
"""

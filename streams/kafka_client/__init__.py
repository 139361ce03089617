"""The Kafka client, aiokafka: what is patched in it and what is replaced, one module each.

All of this relies on private parts of aiokafka 0.14. `tests/unit/test_faust_internals.py` fails when an upgrade changes
one of them.
"""

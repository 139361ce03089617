"""The Kafka client, aiokafka: what is mended of it and what is replaced, each in a module of its own.

All of it relies on private parts of aiokafka 0.14; `tests/unit/test_faust_internals.py` fails when an upgrade changes
one of them.
"""

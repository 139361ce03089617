"""Chaos: the whole service on a real Kafka while its processes are killed, stopped and cut off, and its books checked.

    python -m tests.chaos --articles 20000 --kills 100 --seed 7

`inputs` makes articles and knows what is owed for them, `schedule` draws the faults, `ledger` is the receiver (a
process of its own), `run` does it, `verdict` compares what was owed with what the ledger holds, `report` says so.
"""

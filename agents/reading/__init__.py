"""How an article is read: pure functions from bytes to a reading, without Kafka, Faust or HTTP."""

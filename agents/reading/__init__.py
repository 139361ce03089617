"""How an article is read: pure functions from bytes to a reading, without Kafka, Faust or HTTP.

- From bytes to an article: `article`; `decode`, `shapes`, `fields`, `html`, `credits`.
- Its texts: `scene`; `fold`, `scripts`, `letters`, `sentences`, `language`.
- All of reading: `reader`; several articles at once: `portions`, `joined`; what is searched in all: `automaton`, and
  the many terms of watches: `terms`, `termtable`, `wordhash`.
- Topics: `topics`, which says the steps; what users write: `taxonomy`, `choices`, `plain_spellings`; the steps:
  `topic_gate`, `excerpt`, `links`, `phrases`, `lazy`, `patterns`, `cues`, `stage_words`, `denial`, `features`; a
  classifier of a user's own: `guarded`.
- Actors: `actors`.
- Watches: `watches`; what words stand for: `keywords`, `endings`; queries: `query`, `query_ast`, `query_tree`,
  `query_leaves`, `query_match`, `query_words`, `wildcards`, `habits`; what nearly held: `near_miss`.
- What goes on to the wire: `results`.
"""

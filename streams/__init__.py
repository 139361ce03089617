"""What flows: topics and their values, the configuration, the worker, its way to Kafka, and the command line.

- On the wire: `topics`, `wire`, `ids`, `record_time`, `rejection`; `schemas` writes it down for others.
- The configuration: `configuration`, made of what `config_files` reads; `settings`, `config_values`, `sample`;
  `reload`, `visible_files`; the reader built from it: `reading`; tried out by `examples`, `trial` and `backtest`.
- What the agents share: `service`; `batch`, `breathing`, `partitions`, `state`, `outputs`, `lingering`.
- A worker: `worker` (how it starts and stops), `worker_health`, `health`, `probe`, `metrics`, `logs`, `contact`,
  `pauses`; its process: `memory`, `gc_pause`, `open_files`, `parent`.
- The way to Kafka: `connection`, `tls`, `topic_admin`, `topic_alter`; `app`, `transport`, `consumer_thread` and
  `offset_reset` replace parts of Faust, `kafka_client` parts of aiokafka; brokers to try out: `embedded`,
  `local_kafka`.
- Commands: `entry`, where they begin; `cli`; the webhook receiver behind some of them: `receiver`, `misbehaviours`.
- Everywhere: `errors`, `printable`, `suggestion`, `installation`.
"""

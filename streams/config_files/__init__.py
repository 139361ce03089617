"""How the files of a configuration folder are read and checked; `streams.configuration` puts the result together.

- A file: `yamlfile` parses it, `validation` holds it against its model, `partial_model` saves what is valid of a
  faulty one so that the rest can be checked too.
- The settings: `settings_file`.
- Watches and endpoints: `placed` values from files; `watch_checks` and `endpoint_checks` hold them against all else.
  Keywords of watches: `termlist`. Secrets of endpoints: `endpoint_secrets`, looked up like those of the settings by
  `secrets`.
- The files of `topics/` and `actors/`: `topics_and_actors`.
"""

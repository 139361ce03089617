"""How the files of a configuration folder are read and checked; `streams.configuration` puts the result together."""

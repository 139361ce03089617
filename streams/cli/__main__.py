"""`python -m streams.cli`: the command line without its script."""

from streams.entry import main

main()

"""The command: `python -m tests.chaos`. Parameters by option, or by the environment: ARTICLES, KILLS, SEED, BROKERS."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.kafka_client.silent_brokers import patch_clients
from streams.local_kafka import LocalKafka, why_not
from tests.broker.cluster import LocalCluster, OneOfThree
from tests.chaos.report import as_json, as_text
from tests.chaos.run import Brokers, Run, Settings


@contextmanager
def _brokers(count: int, seed: int) -> Iterator[Brokers]:
    if count == 1:
        with LocalKafka() as kafka:
            yield kafka
    else:
        patch_clients()  # who publishes is not to wait for what is frozen
        with LocalCluster() as cluster:
            yield OneOfThree(cluster, seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--articles", type=int, default=int(os.environ.get("ARTICLES") or 20_000))
    parser.add_argument("--kills", type=int, default=int(os.environ.get("KILLS") or 100))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.randrange(10**6)))
    parser.add_argument(
        "--badly", type=float, default=0.15, help="share of arrivals that the receiver treats badly"
    )
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=int(os.environ.get("BROKERS") or 1))
    parser.add_argument("--folder", type=Path, help="where logs, ledger and report go [default: a new one]")
    options = parser.parse_args()
    reason = why_not()
    if reason is not None:
        print(f"chaos: no Kafka: {reason}", file=sys.stderr)
        return 2
    folder = options.folder or Path(tempfile.mkdtemp(prefix="tocsin-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"logs, ledger and report: {folder}", flush=True)
    settings = Settings(options.articles, options.kills, options.seed, options.badly, brokers=options.brokers)

    def say(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

    with _brokers(options.brokers, options.seed) as kafka:
        outcome = asyncio.run(Run(settings, kafka, "chaos.", "chaos", folder, say).go())
    (folder / "report.json").write_text(json.dumps(as_json(outcome), indent=2) + "\n")
    text = as_text(outcome)
    (folder / "report.txt").write_text(text + "\n")
    print(text)
    return 1 if outcome.verdict.broken else 0


if __name__ == "__main__":
    sys.exit(main())

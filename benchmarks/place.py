"""Where a measurement takes place: topics on a real Kafka, a configuration with a watchlist, a loaded stream."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.generator import watchlist
from streams.configuration import Configuration, load_configuration
from streams.outputs import MAX_OUTPUT_BYTES
from streams.topic_admin import ensure_topics
from streams.topics import ARTICLES

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it logs each retry on a topic just made

ROOT: Final = Path(__file__).resolve().parent.parent
PARTITIONS: Final = 4
SECRET: Final = "whsec_dG9jc2luLWJlbmNobWFyay1vZi0zMi1ieXRlcyEhISE="
CALLED: Final = 500
"""The stream's hits are drawn from the first so many literals of a watchlist, whatever its size."""

PATIENCE: Final = 300.0
LOOK_EVERY: Final = 0.05


def sample_path() -> Path | None:
    """The file of real articles that BENCH_SAMPLE names, if any."""
    named = os.environ.get("BENCH_SAMPLE", "")
    return Path(named) if named and Path(named).is_file() else None


def write_configuration(
    folder: Path,
    *,
    servers: str,
    prefix: str,
    literals: int,
    url: str = "http://127.0.0.1:9/",
    partitions: int = PARTITIONS,
    window: str = "48h",
    retention: str = "14d",
    all_tell: bool = False,
) -> Path:
    """A configuration with the sample's topics and actors, one watch with so many literals, and one endpoint.

    `window` is that of all watches, `retention` that of the topics; with `all_tell` every watch notifies the endpoint,
    not only the one with the literals.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "broker": {"servers": [servers]},
        "topics": {"prefix": prefix, "partitions": partitions, "retention": retention},
        "service": {"group": f"{prefix}group", "health_port": 0},
    }
    watches: list[dict[str, Any]] = [
        {
            "id": "watchlist",
            "title": "Watchlist",
            "terms_file": "terms.txt",
            "notify": ["desk"],
            "update_every": "0s",
        },
        {"id": "ceasefires", "title": "Ceasefires", "topics": {"any": ["ceasefire"]}, "severity": "high"},
        {
            "id": "talks",
            "title": "Talks",
            "topics": {"any": ["mediation"]},
            "actors": {"any": ["turkey", "qatar", "united-nations"]},
        },
        {
            "id": "routes",
            "title": "Routes",
            "query": '("humanitarian corridor" OR convoy*) AND NOT title:football',
        },
    ]
    endpoint = {
        "id": "desk",
        "url": "env:BENCH_URL",
        "secrets": ["env:BENCH_SECRET"],
        "allow_private": True,
        "allow_http": True,
        "concurrency": 50,
    }
    (folder / "tocsin.yaml").write_text(json.dumps(settings))
    for watch in watches:
        watch["window"] = window
        if all_tell:
            watch["notify"] = ["desk"]
    (folder / "watches.yaml").write_text(json.dumps({"watches": watches}))
    (folder / "endpoints.yaml").write_text(json.dumps({"endpoints": [endpoint]}))
    (folder / "terms.txt").write_text("\n".join(watchlist(literals)))
    (folder / "environment.json").write_text(json.dumps({"BENCH_URL": url, "BENCH_SECRET": SECRET}))
    return folder


def configuration(folder: Path) -> Configuration:
    """The configuration of a folder, its URL and secret from beside it."""
    environment = json.loads((folder / "environment.json").read_text())
    return load_configuration(folder, {**os.environ, **environment})


def start_worker(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """A worker with the configuration of a folder, in a process of its own."""
    return start_process([sys.executable, "-m", "streams.cli", "worker"], folder, log)


def start_process(arguments: Sequence[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """A process with the environment of a folder's configuration; what it says goes to `log`."""
    environment = json.loads((folder / "environment.json").read_text())
    with log.open("ab") as out:
        return subprocess.Popen(
            arguments,
            env={**os.environ, **environment, "TOCSIN_CONFIG": str(folder)},
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )


def stop_all(processes: Sequence[subprocess.Popen[bytes]], patience: float = 15.0) -> None:
    """Ask processes to end, and end those that do not."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def load_stream(config: Configuration, messages: Sequence[bytes]) -> None:
    """Make the topics and write all messages into `articles`, dealt out to its partitions."""
    await ensure_topics(config.settings, create=True)
    producer = producer_of(config, linger_ms=5, max_batch_size=512 * 1024)
    await producer.start()
    try:
        await send_all(producer, config, messages)
    finally:
        await producer.stop()


async def send_all(producer: AIOKafkaProducer, config: Configuration, messages: Sequence[bytes]) -> None:
    """Write messages into `articles`, dealt out to its partitions."""
    topic = ARTICLES.full_name(config.settings.topics.prefix)
    partitions = config.settings.topics.partitions
    sent: list[Any] = []
    for number, message in enumerate(messages):
        sent.append(await producer.send(topic, message, partition=number % partitions))
        if len(sent) >= 2000:
            await asyncio.gather(*sent)
            sent.clear()
    await asyncio.gather(*sent)


def producer_of(config: Configuration, **options: Any) -> AIOKafkaProducer:
    """A plain producer, `acks=all`."""
    return AIOKafkaProducer(
        bootstrap_servers=list(config.settings.broker.servers),
        acks="all",
        max_request_size=MAX_OUTPUT_BYTES,
        **options,
    )


async def committed(config: Configuration, admin: AIOKafkaAdminClient) -> int:
    """How many records of `articles` the configuration's group has committed."""
    topic = ARTICLES.full_name(config.settings.topics.prefix)
    offsets = await admin.list_consumer_group_offsets(config.settings.service.group)
    return sum(max(0, at.offset) for tp, at in offsets.items() if tp.topic == topic)


async def until_committed(config: Configuration, admin: AIOKafkaAdminClient, wanted: int) -> None:
    """Wait until the configuration's group has committed so many articles."""
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        if await committed(config, admin) >= wanted:
            return
        await asyncio.sleep(LOOK_EVERY)
    raise RuntimeError(f"{wanted} articles were not committed in {PATIENCE:.0f} s")


def memory_mb(pid: int | str = "self", *, most: bool = False) -> float:
    """Resident memory of a process, now or the most it ever was; of this one where none is named."""
    wanted = "VmHWM:" if most else "VmRSS:"
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(wanted)) / 1024

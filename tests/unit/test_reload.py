"""The configuration in force follows its files; a version with faults is refused and the one before stays."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from streams import reload
from streams.configuration import Configuration, load_configuration
from streams.reload import LiveConfiguration, Seen, look
from streams.visible_files import signature
from streams.worker import Worker
from tests.configurations import ENVIRON, SMALL, endpoint, load, watch, write

A = frozenset({("watches.yaml", 1, 10, 1)})
B = frozenset({("watches.yaml", 2, 12, 1)})


def test_a_change_counts_once_it_has_stood_still_for_a_look() -> None:
    seen, now = look(Seen(A, A), B)
    assert not now
    seen, now = look(seen, B)
    assert now
    seen, now = look(seen, B)
    assert not now


def test_a_file_that_is_being_copied_is_not_read_by_halves() -> None:
    seen, first = look(Seen(A, A), B)
    longer = frozenset({("watches.yaml", 3, 99, 1)})
    seen, second = look(seen, longer)
    _, third = look(seen, longer)
    assert (first, second, third) == (False, False, True)


def test_the_signature_sees_a_changed_added_or_missing_file_and_no_hidden_one(tmp_path: Path) -> None:
    write(tmp_path)
    before = signature(tmp_path)
    (tmp_path / ".watches.yaml.swp").write_text("x")
    assert signature(tmp_path) == before
    (tmp_path / "watches").mkdir()
    (tmp_path / "watches" / "more.yaml").write_text("watches: []")
    assert signature(tmp_path) != before


def test_the_signature_sees_a_configmap_change_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """As Kubernetes does it: links to a hidden second link, which is exchanged for one to the new version."""
    mounted = tmp_path / "mounted"
    for version, title in (("..v1", "Old"), ("..v2", "New")):
        watches = {"watches.yaml": None, "watches/a.yaml": {"watches": [watch(title=title)]}}
        write(mounted / version, SMALL | watches)
    (mounted / "..data").symlink_to("..v1")
    for name in ("tocsin.yaml", "endpoints.yaml", "watches", "topics", "actors"):
        (mounted / name).symlink_to(f"..data/{name}")
    assert load_configuration(mounted, ENVIRON).watches[0].title == "Old"
    before = signature(mounted)
    (mounted / "..tmp").symlink_to("..v2")
    (mounted / "..tmp").rename(mounted / "..data")
    assert signature(mounted) != before
    assert load_configuration(mounted, ENVIRON).watches[0].title == "New"


def test_links_in_a_circle_are_walked_once(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "here").symlink_to(".")
    (tmp_path / "watches").symlink_to("../" + tmp_path.name)
    assert len(signature(tmp_path)) == 3


class Live:
    """A live configuration of a folder, with what it put in force and refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.in_force: list[Configuration] = []
        self.refused = 0
        self.swapped = asyncio.Event()
        self.live = LiveConfiguration(
            load(folder),
            load=lambda: load_configuration(folder, ENVIRON),
            build=lambda configuration: configuration,
            swap=self._put_in_force,
            refused=self._refuse,
        )

    def _put_in_force(self, configuration: Configuration) -> None:
        self.in_force.append(configuration)
        self.swapped.set()

    def _refuse(self) -> None:
        self.refused += 1

    def write(self, name: str, content: Any) -> None:
        write(self.folder, {name: content})


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(tmp_path)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    logger = CapturingLogger()
    monkeypatch.setattr(reload, "log", logger)
    return logger


async def test_a_new_version_is_put_in_force(live: Live) -> None:
    live.write("watches.yaml", {"watches": [watch(), watch(id="second")]})
    assert await live.live.reload()
    assert [each.id for each in live.in_force[-1].watches] == ["truce", "second"]


async def test_a_version_with_faults_is_refused_and_the_next_sound_one_taken(live: Live) -> None:
    live.write("watches.yaml", {"watches": [watch(notify=["nobody"])]})
    assert not await live.live.reload()
    assert (live.in_force, live.refused) == ([], 1)
    live.write("watches.yaml", {"watches": [watch(title="Renamed")]})
    assert await live.live.reload()
    assert live.in_force[-1].watches[0].title == "Renamed"


async def test_a_version_that_lost_a_watch_or_an_endpoint_is_put_in_force_and_names_them(
    live: Live, logged: CapturingLogger
) -> None:
    """It may have been taken out, or its file be written by halves."""
    both = {
        "watches.yaml": {"watches": [watch(), watch(id="second")]},
        "endpoints.yaml": {"endpoints": [endpoint(), endpoint(id="other")]},
    }
    write(live.folder, both)
    assert await live.live.reload()
    write(live.folder, {"watches.yaml": {"watches": [watch(), watch(id="third")]}})
    assert await live.live.reload()
    gone = [call.kwargs for call in logged.calls if call.args == ("configuration.gone",)]
    assert gone == [{"watches": ["second"], "endpoints": ["other"]}]


async def test_a_version_that_lost_all_its_watches_is_refused(live: Live) -> None:
    (live.folder / "watches.yaml").unlink()
    assert not await live.live.reload()
    assert (live.in_force, live.refused) == ([], 1)
    live.write("watches.yaml", {"watches": [watch(enabled=False)]})
    assert await live.live.reload(), "to switch them off is another matter"


@pytest.mark.parametrize(
    "content",
    [
        'watches:\n  - id: half\n    title: "Hal',
        "",
        b"\xff\xfe\x00",
        "watches: [{id: a, title: b, query: '(truce'}]",
        "&a [*a]",
        "watches: []\n",
    ],
)
async def test_whatever_is_wrong_with_a_version_the_one_before_stays(
    live: Live, content: str | bytes, logged: CapturingLogger
) -> None:
    before = live.live.current
    live.write("watches.yaml", content)
    assert not await live.live.reload()
    assert (live.live.current is before, live.in_force, live.refused) == (True, [], 1)
    *faults, refused = logged.calls
    assert {(call.method_name, call.args) for call in faults} == {("error", ("configuration.fault",))}
    assert all(call.kwargs["fault"].startswith("watches.yaml") for call in faults)
    assert (refused.args, refused.kwargs["faults"]) == (("configuration.refused",), len(faults))


async def test_an_error_of_any_kind_refuses_a_version_and_is_logged(
    live: Live, logged: CapturingLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(_: Configuration) -> Configuration:
        raise MemoryError("a reader of so many watches")

    monkeypatch.setattr(live.live, "_build", build)
    before = live.live.current
    live.write("watches.yaml", {"watches": [watch(title="Renamed")]})
    assert not await live.live.reload()
    assert (live.live.current is before, live.in_force, live.refused) == (True, [], 1)
    [refused] = logged.calls
    assert (refused.method_name, refused.args) == ("error", ("configuration.refused",))
    assert (refused.kwargs["error"], refused.kwargs["message"]) == (
        "MemoryError",
        "a reader of so many watches",
    )


@pytest.mark.parametrize(
    ("name", "wrong", "key"),
    [
        ("topics/truce.yaml", {"topic": "truce", "stages": []}, "topics/truce.yaml"),
        ("actors/persons.yaml", {"actors": [{"id": "un", "kind": "club"}]}, "actors/persons.yaml"),
        ("endpoints.yaml", {"endpoints": [endpoint(url="env:NOWHERE")]}, "endpoints.yaml"),
        (
            "watches.yaml",
            {"watches": [watch(query=None, terms_file="away.txt", examples=None)]},
            "watches.yaml",
        ),
        ("watches.yaml", {"watches": [watch(query="actor:nobody", examples=None)]}, "watches.yaml"),
    ],
)
async def test_every_kind_of_file_is_checked_before_it_is_put_in_force(
    live: Live, logged: CapturingLogger, name: str, wrong: Any, key: str
) -> None:
    sound = (live.folder / name).read_text()
    live.write(name, wrong)
    assert not await live.live.reload()
    assert logged.calls[0].kwargs["fault"].startswith(key)
    live.write(name, sound)
    assert await live.live.reload()
    assert live.refused == 1


async def test_a_folder_that_is_away_for_a_while_is_refused_and_taken_again(
    live: Live, tmp_path: Path
) -> None:
    aside = tmp_path.with_name("aside")
    os.rename(tmp_path, aside)
    assert await live.live._changed() is False
    assert await live.live._changed(), "it has stood still"
    assert not await live.live.reload()
    os.rename(aside, tmp_path)
    await live.live._changed()
    assert await live.live._changed()
    assert await live.live.reload()


@pytest.mark.parametrize("kind", ["terms", "secret"])
async def test_a_version_that_lacks_a_file_elsewhere_is_taken_when_the_file_has_come(
    live: Live, tmp_path: Path, kind: str
) -> None:
    """As where a ConfigMap is mounted anew a minute before the Secret that it refers to."""
    elsewhere = tmp_path.with_name(f"{tmp_path.name}-{kind}")
    if kind == "terms":
        watches = [watch(query=None, terms_file=str(elsewhere), examples=None)]
        live.write("watches.yaml", {"watches": watches})
    else:
        live.write("endpoints.yaml", {"endpoints": [endpoint(url=f"file:{elsewhere}")]})
    assert not await live.live.reload()
    assert [await live.live._changed() for _ in range(3)] == [False] * 3, "it is not tried again and again"
    elsewhere.write_text("https://receiver.example/hook")
    await live.live._changed()
    assert await live.live._changed(), "it has stood still"
    assert await live.live.reload()
    assert live.refused == 1


@pytest.mark.parametrize("when", ["while the first is built", "while one is read", "while one is built"])
@pytest.mark.parametrize("where", ["folder", "elsewhere"])
async def test_what_changes_while_a_version_is_read_or_built_is_taken_next(
    tmp_path: Path, when: str, where: str
) -> None:
    """A long list takes seconds to read and as long to build: a worker that starts, too, must not miss a change."""
    listed = tmp_path / "words.txt" if where == "folder" else tmp_path.with_name(f"{tmp_path.name}-words.txt")
    listed.write_text("truce\n")
    watches = [watch(query=None, terms_file=str(listed), examples=None)]
    first = load(tmp_path, {"watches.yaml": {"watches": watches}})
    moment = [when == "while the first is built"]

    def change() -> None:
        if moment:
            moment.clear()
            listed.write_text("truce\nceasefire\n")

    def load_again() -> Configuration:
        configuration = load_configuration(tmp_path, ENVIRON)
        if when == "while one is read":
            change()
        return configuration

    def build(configuration: Configuration) -> Configuration:
        if when == "while one is built":
            change()
        return configuration

    if moment[0]:
        change()
    live = LiveConfiguration(first, load=load_again, build=build, swap=lambda _: None)
    if not when.endswith("the first is built"):
        assert await live.reload()
    assert [await live._changed(), await live._changed()] == [False, True]
    assert await live.reload()
    assert [*live.current.terms["truce"]] == ["truce", "ceasefire"]
    assert [await live._changed(), await live._changed()] == [False, False]


async def test_notes_on_a_version_are_logged(live: Live, logged: CapturingLogger) -> None:
    live.write("watches.yaml", {"watches": [watch(query="truce^2", examples=None)]})
    assert await live.live.reload()
    notes = [call.kwargs["warning"] for call in logged.calls if call.args == ("configuration.warning",)]
    assert any("boosts (^) are ignored" in note for note in notes)


async def test_settings_stay_those_of_the_start_and_the_log_names_them(
    live: Live, logged: CapturingLogger
) -> None:
    broker = {"servers": ["other.example:9092"]}
    live.write("tocsin.yaml", {"broker": broker, "service": {"classify_all": True}})
    assert await live.live.reload()
    assert live.in_force[-1].settings.broker.servers == ("kafka.example:9092",)
    named = [call.kwargs["settings"] for call in logged.calls if "settings" in call.kwargs]
    assert named == [["broker.servers", "service.classify_all"]]


async def test_sighup_reloads_at_once(live: Live) -> None:
    running = asyncio.ensure_future(live.live.run())
    await asyncio.sleep(0)  # it begins, and listens to the signal
    live.write("endpoints.yaml", {"endpoints": [endpoint(title="Renamed")]})
    os.kill(os.getpid(), signal.SIGHUP)
    try:
        async with asyncio.timeout(60):
            await live.swapped.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert live.in_force[-1].endpoints[0].title == "Renamed"


async def test_sighup_means_afterwards_what_it_meant_before(live: Live) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        running = asyncio.ensure_future(live.live.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("desk_environ")
async def test_a_worker_reads_with_the_new_version_and_counts_a_refused_one(tmp_path: Path) -> None:
    worker = Worker(load(tmp_path))
    metrics, first = worker.service.metrics, worker.service.in_force
    assert metrics.configuration_loaded_at._value.get() > 0
    write(tmp_path, {"watches.yaml": {"watches": [watch(), watch(id="second")]}})
    assert await worker.reloading.reload()
    in_force = worker.service.in_force
    assert [each.id for each in in_force.configuration.watches] == ["truce", "second"]
    assert in_force.reader is not first.reader
    write(tmp_path, {"watches.yaml": "watches: ["})
    assert not await worker.reloading.reload()
    assert worker.service.in_force is in_force
    assert metrics.configuration_refused._value.get() == 1
    assert metrics.configuration_outdated._value.get() == 1
    write(tmp_path, {"watches.yaml": {"watches": [watch()]}})
    assert await worker.reloading.reload()
    assert metrics.configuration_outdated._value.get() == 0

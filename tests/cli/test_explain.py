"""`tocsin explain`: what it prints of an article, and what of one that cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.reading.article import read_article
from streams.cli import app, articles  # noqa: F401 - the command adds itself to it
from streams.cli.articles import articles_in
from tests.cli.conftest import Call, error_lines
from tests.cli.small import CEASEFIRE
from tests.configurations import SMALL, watch, write

SEED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "seed_article.json"

HARBOUR = {
    "id": "harbour-1",
    "title": "Envoys agree ceasefire for the harbour of Odesa",
    "body": "Ukraine and Russia agreed to a ceasefire around the harbour on Friday.\n\n"
    "The sides signed the truce in Ankara after Turkish President Recep Tayyip Erdoğan had mediated for weeks.",
    "language": "en",
    "source": "Coast Wire",
}


def lines_of(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def cut_out(article: dict[str, str], evidence: dict[str, Any]) -> str:
    return article[evidence["field"]][evidence["start"] : evidence["end"]]


@pytest.mark.skipif(not SEED.is_file(), reason="the shared data are not here")
def test_the_seed_article_reads_as_a_person_reads_it(call: Call) -> None:
    result = call("explain", SEED, "--json")
    assert result.exit_code == 0, result.output
    (read,) = lines_of(result.stdout)
    assert read["error"] is None
    assert {topic["topic"] for topic in read["topics"]} == {"ceasefire", "mediation", "evacuation"}
    actors = {actor["id"]: actor for actor in read["actors"]}
    wanted = {
        "recep-tayyip-erdogan", "vladimir-putin", "ibrahim-kalin", "mevlut-cavusoglu", "dmytro-kuleba", "sergey-lavrov",
    }  # fmt: skip
    assert wanted <= set(actors)
    words = [evidence["text"] for evidence in actors["mevlut-cavusoglu"]["evidence"]]
    assert any(text.endswith("Çavuşoğu") for text in words), "it is misspelt once"
    article = read_article(SEED.read_bytes())
    texts = {"title": article.title, "body": article.body}
    evidence = [e for part in (*read["topics"], *read["actors"]) for e in part["evidence"]]
    assert evidence
    assert all(cut_out(texts, each) == each["text"] for each in evidence)


@pytest.mark.usefixtures("read_before")
def test_every_field_of_a_json_line_is_there(call: Call) -> None:
    result = call("explain", "-", "--json", stdin=json.dumps(HARBOUR))
    (read,) = lines_of(result.stdout)
    assert list(read) == ["id", "language", "topics", "actors", "watches", "error"]
    assert (read["id"], read["language"], read["error"]) == ("harbour-1", "en", None)
    ceasefire = next(topic for topic in read["topics"] if topic["topic"] == "ceasefire")
    assert ceasefire["stage"] == "agreed"
    assert 0 < ceasefire["score"] <= 1
    assert cut_out(HARBOUR, ceasefire["evidence"][0]) == ceasefire["evidence"][0]["text"]
    erdogan = next(actor for actor in read["actors"] if actor["id"] == "recep-tayyip-erdogan")
    assert (erdogan["kind"], erdogan["match"]) == ("person", "exact")


@pytest.mark.usefixtures("read_before")
def test_each_topic_says_by_which_words_it_is_at_its_stages(call: Call) -> None:
    title = "Houthis say truce with Saudis is not being respected"
    result = call("explain", "-", stdin=json.dumps({"title": title}))
    assert "    ceasefire violated" in result.stdout
    assert "        stage  violated “not being respected”\n" in result.stdout


@pytest.mark.usefixtures("read_before")
def test_a_stage_that_no_word_says_is_not_said_to_rest_on_any(call: Call) -> None:
    result = call("explain", "-", stdin=json.dumps({"title": "The truce between Houthis and Saudis"}))
    assert "    ceasefire in_force" in result.stdout
    assert " stage  " not in result.stdout


def test_every_watch_says_which_conditions_held(call: Call, tmp_path: Path) -> None:
    watches = [
        watch(id="odesa", query="odesa AND harbour"),
        watch(id="odessa", query="odessa", examples=[]),
        watch(id="turkish", query="ceasefire", languages=["tr"], examples=[]),
    ]
    folder = write(tmp_path, SMALL | {"watches.yaml": {"watches": watches}})
    result = call("explain", "-", "--json", "--config", folder, stdin=json.dumps(HARBOUR))
    assert result.exit_code == 0, result.output
    read = {each["id"]: each for each in lines_of(result.stdout)[0]["watches"]}
    assert [read["odesa"]["matched"], read["odessa"]["matched"], read["turkish"]["matched"]] == [
        True,
        False,
        False,
    ]
    held = [(clause["clause"], clause["held"]) for clause in read["turkish"]["because"]]
    assert held == [("query: ceasefire", True), ("language: tr", False)]
    assert read["turkish"]["because"][1]["note"] == "the article is in en"
    assert "Odesa" in read["odessa"]["because"][0]["note"], "the near miss is named"
    assert {cut_out(HARBOUR, e) for c in read["odesa"]["because"] for e in c["evidence"]} == {
        "Odesa",
        "harbour",
    }


def test_there_is_one_line_for_each_line_in_order_also_for_those_that_cannot_be_read(
    call: Call, small: Path
) -> None:
    good = [json.dumps(HARBOUR | {"id": f"a{number}"}).encode() for number in range(3)]
    lines = [good[0], b"not json", good[1], b"", b'{"title": "\xff"}', b"[1]", b"[" * 5000, b"{}", good[2]]
    result = call("explain", "-", "--json", stdin=b"\n".join(lines) + b"\n")
    read = lines_of(result.stdout)
    assert [each["id"] for each in read] == ["a0", None, "a1", None, None, None, None, None, "a2"]
    errors = [each["error"] and each["error"].split(":")[0] for each in read]
    assert errors == [
        None,
        "not-json",
        None,
        "empty",
        "not-utf8",
        "not-an-object",
        "too-deep",
        "no-text",
        None,
    ]
    assert all(each["topics"] == each["actors"] == each["watches"] == [] for each in read if each["error"])
    assert result.exit_code == 1


def test_an_array_a_single_object_and_a_gzip_file_are_taken(call: Call, tmp_path: Path, small: Path) -> None:
    other = HARBOUR | {"id": "harbour-2"}
    (tmp_path / "array.json").write_text(json.dumps([HARBOUR, other], indent=1))
    (tmp_path / "one.json").write_text(json.dumps(HARBOUR, indent=1))
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(json.dumps(HARBOUR).encode(), mtime=0))
    for name, ids in (
        ("array.json", ["harbour-1", "harbour-2"]),
        ("one.json", ["harbour-1"]),
        ("packed.jsonl.gz", ["harbour-1"]),
    ):
        assert [each["id"] for each in lines_of(call("explain", tmp_path / name, "--json").stdout)] == ids


def test_a_person_sees_stage_codes_words_in_context_and_the_near_miss(call: Call, tmp_path: Path) -> None:
    watches = [watch(id="odesa", query="odesa"), watch(id="odessa", query="odessa", examples=[])]
    folder = write(tmp_path, CEASEFIRE | {"watches.yaml": {"watches": watches}})
    result = call("explain", "-", "--config", folder, stdin=json.dumps(HARBOUR))
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert "harbour-1 · en · Coast Wire" in text
    assert "ceasefire agreed" in text
    assert "medtop:20000073" in text
    assert "Envoys agree [ceasefire] for the harbour" in text, "words are marked where there are no colours"
    assert "✓ odesa" in text
    assert "✗ odessa" in text
    assert "nearly: Odesa" in text


def test_what_only_updates_an_open_story_is_said_to(call: Call, tmp_path: Path) -> None:
    one = watch(query=None, examples=None) | {"topics": {"any": ["ceasefire"], "stages": ["agreed"]}}
    topic = json.loads(CEASEFIRE["topics/ceasefire.yaml"])
    topic["stages"] = ["agreed", "rejected"]
    topic["languages"]["en"]["stages"] = {"agreed": ["agree*"], "rejected": ["den*", "reject*"]}
    of_topic = {"topics/ceasefire.yaml": json.dumps(topic)}
    folder = write(tmp_path, CEASEFIRE | of_topic | {"watches.yaml": {"watches": [one]}})
    denied = json.dumps({"title": "Army denies ceasefire", "body": "The army rejected a ceasefire."})
    shown = call("explain", "-", "--config", folder, stdin=denied)
    assert "opens no alert, but updates one that told of this" in shown.output
    plain = call("explain", "-", "--json", "--config", folder, stdin=denied)
    (read,) = lines_of(plain.stdout)[0]["watches"]
    assert (read["matched"], read["takes_back"]) == (False, True)


@pytest.mark.parametrize(
    ("condition", "article", "note"),
    [
        ({"query": "corridor"}, {"body": "Two corridors opened."}, "corridors goes on behind corridor: write"),
        ({"query": "ceasefire"}, {"body": "The ceasfire holds."}, "ceasfire is one letter off ceasefire"),
        ({"query": '"grain corridor"'}, {"body": "Grain corridors opened."}, "corridors goes on behind corridor"),
        ({"query": '"grain deal"'}, {"body": "A deal on the grain."}, 'the words of "grain deal" stand in the body'),
        ({"query": "газа"}, {"body": "Удары по Газу."}, "Газу may be a form of газа: write газ? to find it"),
        ({"query": "title:port"}, {"body": "The port opened."}, "title:port is in the body only"),
        ({"query": 'title:"port talks"'}, {"body": "The port. Some talks."}, ""),
        ({"query": "title:port"}, {"body": "A passport."}, ""),
        ({"query": "title:corrid*"}, {"body": "Two corridors."}, "title:corrid* is in the body only"),
        ({"query": "ceasefire"}, {"body": "The cease-fire holds."}, 'otherwise: write "cease-fire" to find it'),
        ({"query": "cease-fire"}, {"body": "The ceasefire holds."}, 'otherwise: write "ceasefire" to find it'),
        ({"query": "UN"}, {"body": "The U.N. spoke."}, 'U.N is UN written otherwise: write "U.N" to find it'),
        ({"query": "U.N."}, {"body": "The UN spoke."}, "UN is U.N. written otherwise"),
        ({"query": "U.N."}, {"body": "Un accord."}, ""),
        ({"terms": ["O'Brien"]}, {"body": "OBrien said"}, "OBrien is O'Brien written otherwise"),
        ({"query": "휴전"}, {"body": "휴전이 시작됐다"}, "휴전이 goes on behind 휴전: write 휴전* to find it"),
        ({"query": "दिल्ली"}, {"body": "दलली"}, "दलली is one letter off दिलली"),
        ({"query": "harbour AND language:fr"}, {"body": "Harbour", "language": "en"}, "the article is in en"),
        ({"query": "harbour AND source:wire"}, {"source": "The Wire", "body": "Harbour"}, "the source is The Wire"),
        ({"terms": ["grain deal"]}, {"body": "Deals on grain: a deel"}, ""),
        ({"terms": ["grain deal"]}, {"body": "A deal on the grain."}, 'the words of "grain deal" stand in the body'),
        ({"terms": ["ceasefire"]}, {"body": "The ceasfire holds."}, "ceasfire is one letter off ceasefire"),
        (
            {"actors": {"any": ["shehbaz-sharif"]}},
            {"body": "Sharif arrived."},
            "Sharif alone does not tell that Shehbaz Sharif is meant",
        ),
        ({"actors": {"any": ["keith-kellogg"]}}, {"body": "Then Kelogg left."}, "Kelogg is one letter off Kellogg"),
        ({"languages": ["de"]}, {"body": "The harbour is open.", "language": "en"}, "the article is in en"),
        ({"languages": ["de"]}, {"title": "x", "body": "y"}, "nothing tells the language of the article"),
        (
            {"topics": {"any": ["ceasefire"], "stages": ["violated"]}},
            HARBOUR,
            "ceasefire is at the stage agreed",
        ),
    ],
)  # fmt: skip
def test_what_was_nearly_there_is_named(
    call: Call, tmp_path: Path, condition: dict[str, Any], article: dict[str, str], note: str
) -> None:
    one = watch(query=None, examples=None) | {"topics": {"any": ["ceasefire"], "min_score": 0.0}} | condition
    folder = write(tmp_path, CEASEFIRE | {"watches.yaml": {"watches": [one]}})
    text = json.dumps({"title": "Harbour news"} | article)
    result = call("explain", "-", "--json", "--config", folder, stdin=text)
    assert result.exit_code == 0, result.output
    (read,) = lines_of(result.stdout)[0]["watches"]
    wanted = ("grain", "title:")
    notes = [clause["note"] for clause in read["because"] if not clause["held"] and "note" in clause]
    assert (
        any(note in each for each in notes)
        if note
        else not any(word in each for each in notes for word in wanted)
    )


def test_the_near_miss_of_a_long_list_of_words_is_named(call: Call, tmp_path: Path) -> None:
    words = [f"town{number}" for number in range(40)]
    one = watch(query=" OR ".join([*words, "ceasefire"]), examples=None)
    folder = write(tmp_path, CEASEFIRE | {"watches.yaml": {"watches": [one]}})
    result = call("explain", "-", "--config", folder, stdin='{"title": "The ceasfire"}')
    assert "nearly: ceasfire is one letter off ceasefire" in result.stdout


def test_a_topic_below_the_threshold_is_named_with_its_score_and_words(call: Call, tmp_path: Path) -> None:
    one = watch(query=None, topics={"any": ["truce"]}, examples=None)
    folder = write(tmp_path, SMALL | {"watches.yaml": {"watches": [one]}})
    weak = {
        "title": "Harbour opens",
        "body": "Ships came in.\n\nThey unloaded.\n\nThe army spoke of a truce.",
    }
    text = call("explain", "-", "--config", folder, stdin=json.dumps(weak)).stdout
    assert re.search(
        r"topics\n    none\n    nearly: truce 0\.[2-4]\d, below 0\.50\n        body .*\[truce\]", text
    ), text
    assert re.search(r"nearly: truce has a score of 0\.[2-4]\d, below 0\.50", text), text


def test_another_language_alone_brings_no_watch_near(call: Call, tmp_path: Path) -> None:
    one = watch(query="ceasefire", languages=["de"], examples=None)
    folder = write(tmp_path, CEASEFIRE | {"watches.yaml": {"watches": [one]}})
    text = call("explain", "-", "--config", folder, stdin='{"title": "The harbour is open again"}').stdout
    assert "nothing held of 1: truce" in text


def test_of_many_watches_of_which_something_held_the_rest_is_named_as_such(
    call: Call, tmp_path: Path
) -> None:
    half = [
        watch(id=f"half-{number}", topics={"any": ["truce"]}, query="lighthouse", examples=None)
        for number in range(22)
    ]
    config = write(tmp_path, SMALL | {"watches.yaml": {"watches": half}})
    text = call("explain", "-", "--config", config, stdin=json.dumps(HARBOUR)).stdout
    assert "something held of 2: half-20, half-21" in text
    assert "nothing held" not in text
    chosen = [part for one in half for part in ("--watch", one["id"])]
    text = call("explain", "-", "--config", config, *chosen, stdin=json.dumps(HARBOUR)).stdout
    assert "half-21" in text
    assert "held of" not in text


def test_an_input_without_an_article_is_said_to_be_one(call: Call, small: Path) -> None:
    result = call("explain", "-", stdin="")
    assert (result.exit_code, result.stdout) == (0, "")
    assert error_lines(result) == ["tocsin: there is no article in standard input"]


@pytest.mark.parametrize(
    ("published_at", "shown"),
    [("2026-03-07T12:00:00+03:00", "2026-03-07 09:00 UTC"), ("07/03/2026", "no time named")],
)
def test_a_time_that_could_not_be_read_shows_as_none(
    call: Call, small: Path, published_at: str, shown: str
) -> None:
    result = call("explain", "-", stdin=json.dumps(HARBOUR | {"published_at": published_at}))
    assert result.stdout.splitlines()[1].endswith(f" · {shown}")


def test_a_file_that_is_not_json_is_named(call: Call, tmp_path: Path, small: Path) -> None:
    (tmp_path / "half.json").write_text('{"title": "A ceasefire')
    result = call("explain", tmp_path / "half.json")
    assert result.exit_code == 2
    (line,) = error_lines(result)
    assert line.startswith(f"tocsin: {tmp_path / 'half.json'}: line 1, column ")


def test_an_article_without_text_is_told_by_its_fields(call: Call, small: Path) -> None:
    result = call("explain", "-", stdin='{"heading": "Ceasefire agreed", "lang": "en"}')
    assert "neither a title nor a body (its fields: 'heading', 'lang')" in result.stdout


def test_a_watch_can_be_chosen_and_an_unknown_one_is_named(call: Call, small: Path) -> None:
    result = call("explain", "-", "--json", "--watch", "gaza", stdin=json.dumps(HARBOUR))
    assert [each["id"] for each in lines_of(result.stdout)[0]["watches"]] == ["gaza"]
    result = call("explain", "-", "--watch", "gazza", stdin=json.dumps(HARBOUR))
    assert result.exit_code == 2
    assert error_lines(result)[0].startswith(
        "tocsin: no watch 'gazza' in the configuration; did you mean 'gaza'?"
    )


def test_an_article_cannot_move_the_cursor_or_style_the_page(call: Call, small: Path) -> None:
    nasty = HARBOUR | {"title": "\x1b[2Jtruce [bold]agreed[/bold] \u202edlog"}
    result = call("explain", "-", stdin=json.dumps(nasty))
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "[bold]agreed[/bold]" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["explain"], "Missing argument"),
        (["explain", "missing.jsonl"], "missing.jsonl: No such file or directory"),
        (["explain", "-", "--config", "nowhere"], "nowhere: the configuration folder does not exist"),
        (["explain", "-", "--jsom"], "no option --jsom; did you mean '--json'?"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(
    call: Call, small: Path, arguments: list[str], says: str
) -> None:
    result = call(*arguments, stdin="")
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = error_lines(result)
    assert line.startswith("tocsin: ")
    assert says in line


def test_a_json_file_in_another_encoding_is_said_to_be_one(call: Call, tmp_path: Path, small: Path) -> None:
    (tmp_path / "a.json").write_bytes('{"title": "Trêve"}'.encode("latin-1"))
    (line,) = error_lines(call("explain", tmp_path / "a.json"))
    assert line.endswith("a.json: it is not UTF-8; save the file as UTF-8")


def test_lines_are_read_as_they_come_and_none_is_kept() -> None:
    taken: list[int] = []

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readline(self, _size: int | None = -1, /) -> bytes:
            taken.append(1)
            return json.dumps(HARBOUR).encode() + b"\n"

    found = articles_in(Endless(), Path("-"))  # type: ignore[arg-type]
    for number in range(1, 4):
        assert next(found)[0] == number
        assert len(taken) == number


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    call: Call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "LONGEST_LINE", 100)
    short = b'{"title": "Rain"}\n'
    result = call("explain", "-", "--json", stdin=short + b"\0" * 200)
    assert result.exit_code == 2
    assert len(lines_of(result.stdout)) == 1
    assert error_lines(result)[-1].startswith("tocsin: -: line 2 has more than 100 bytes: ")


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path, small: Path) -> None:
    line = json.dumps(HARBOUR).encode() + b"\n"
    (tmp_path / "many.jsonl").write_bytes(line * 300)
    for options in (["--json"], []):
        command = [sys.executable, "-m", "streams.cli", "explain", str(tmp_path / "many.jsonl"), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        process.wait()


def test_explaining_needs_no_kafka_client() -> None:
    code = (
        "import sys; from streams.cli import app; import streams.cli.explain;"
        "sys.exit(str([m for m in ('faust', 'aiokafka', 'confluent_kafka', 'httpx', 'aiohttp') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"

"""Matching by Lucene Monitor, the engine under the percolators: the same literals over the same texts, in the same run.

The harness (benchmarks/lucene/) is built by Maven from Maven Central and runs on Java 17. It registers each literal as
a phrase query, and times `match` of each text; here the same texts are read by Tocsin's whole reading, topics included.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import reading
from benchmarks.generator import stream, watchlist
from benchmarks.place import CALLED, sample_path
from benchmarks.reading import reader_of
from benchmarks.table import Row

HARNESS: Final = Path(__file__).resolve().parent / "lucene"
LITERALS: Final = 10_000
ARTICLES: Final = 300


def measure(runs: int) -> list[Row]:
    """Reading by matching; no row where there is no Maven or Java."""
    if shutil.which("mvn") is None or shutil.which("java") is None:
        print("no mvn or java: Lucene Monitor is left out")
        return []
    classes = HARNESS / "target" / "classes"
    built = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(HARNESS / "pom.xml"), "compile", "dependency:copy-dependencies",
         "-DoutputDirectory=target/jars"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if built.returncode != 0:
        print(f"Lucene Monitor is left out: {(built.stdout or built.stderr).strip()[-300:]}")
        return []
    literals = watchlist(LITERALS)
    articles = stream(ARTICLES, seed=4, hit_rate=0.1, literals=literals[:CALLED], sample=sample_path())
    texts = reading.Texts(articles.messages)
    reader = reader_of(literals)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        terms, bodies = Path(name) / "terms.txt", Path(name) / "bodies.txt"
        terms.write_text("\n".join(literals))
        bodies.write_text("\n".join(" ".join(f"{a.title} {a.body}".split()) for a in texts.articles))
        java = subprocess.Popen(
            ["java", "-Xmx1g", "-cp", f"{classes}:{HARNESS}/target/jars/*", "MonitorBench", str(terms), str(bodies)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert java.stdin is not None
        assert java.stdout is not None
        hits = java.stdout.readline().split()[1]
        ratios, theirs, ours = [], [], []
        for _ in range(runs):
            taken = reading.turns({"all": lambda a, b: [reader.read(x, reading.NOW) for x in texts.articles[a:b]]},
                                  len(texts.articles), 1)  # fmt: skip
            ours.append(taken["all"][0])
            java.stdin.write("run\n")
            java.stdin.flush()
            theirs.append(float(java.stdout.readline().split()[1]))
            ratios.append(theirs[-1] / ours[-1])
        java.stdin.close()
        java.wait(30)
    note = f"{min(ours):.0f} µs by {min(theirs):.0f} µs an article of CPU, 10k literals; {hits} matches there"
    return [Row("Lucene Monitor's time / reading's", ratios, note=note)]

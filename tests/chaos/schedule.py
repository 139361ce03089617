"""Which faults a run has, in which order and when: drawn with the run's seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["kill", "term", "stop", "broker", "storm", "pause", "freeze"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Fault:
    """One fault. It comes `after` webhooks more have arrived, or none: at once, and then `delay` seconds later."""

    kind: Kind
    after: int
    delay: float


def draw_schedule(kills: int, seed: int, kinds: tuple[Kind, ...] = KINDS) -> list[Fault]:
    """`kills` kills of a worker, and among them, for each twenty, as far as in `kinds`: two orderly ends, one of each
    other kind; at least one of each.
    """
    rng = random.Random(seed)
    others = max(1, kills // 20)
    counts: dict[Kind, int] = {
        "kill": kills,
        "term": max(1, kills // 10),
        "stop": others,
        "broker": others,
        "storm": others,
        "pause": others,
        "freeze": others,
    }
    drawn = [kind for kind, count in counts.items() if kind in kinds for _ in range(count)]
    rng.shuffle(drawn)
    return [_fault(kind, rng) for kind in drawn]


def _fault(kind: Kind, rng: random.Random) -> Fault:
    if rng.random() < 0.3:
        # At any moment: while the worker starts, joins the group, loads its state, or idles.
        return Fault(kind, 0, rng.uniform(0, 7))
    return Fault(kind, rng.randrange(1, 15), rng.uniform(0, 0.3))

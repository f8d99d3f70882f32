"""Whether the ledger of the simulation is the ledger of the product: both are asked the same, at random."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from shared.photos import Claim, Door, Reply
from tests.contracts.ledger_hands import NARROW, ROOMY, Hands, loss
from tests.contracts.ledger_worlds import MemoryParts, Parts, PostgresParts
from tests.crash.simulation.world import IN_CLOUDINARY, IN_S3, STOP

STEPS = 70
SHORTEST_WAIT = 30
MOMENTS = frozenset({"lease", "retry", "reap", "look", "absent", "due"})
LOSSES: tuple[dict[str, Any], ...] = (
    {},
    {"keep_lease": True},
    {"retry_in": 60.0},
    {"final": True},
    {"final": True, "keep_lease": True},
    {"final": True, "keep_parked": True, "retry_in": 60.0},
    {"failure_class": "outage", "retry_in": 60.0},
)
Ask = Callable[[Hands], object]


class Walk:
    """Draws questions that make sense for what is there; both ledgers are asked each of them."""

    def __init__(self, seed: int, memory: Hands) -> None:
        self._rng = random.Random(seed)
        self._memory = memory
        self._aims = {key: self._rng.choice((IN_S3, IN_CLOUDINARY, STOP, STOP)) for key in ("a", "b", "c")}

    def question(self) -> tuple[str, Ask]:
        rng, names = self._rng, list(self._memory.held)
        kinds = [self._claim, self._claim, self._time, self._sweep]
        if names:
            kinds += [self._commit, self._condemn, self._park, self._park]
            kinds += [self._due, self._reap, self._news, self._read]
        return rng.choice(kinds)()

    def _claim(self) -> tuple[str, Ask]:
        key, door = self._rng.choice("abc"), self._rng.choice((Door.FORM, Door.FORM, Door.DIRECT))
        photo, rate = int(self._rng.random() < 0.1), self._rng.choice((ROOMY, ROOMY, NARROW))
        aim = self._aims[key]
        return f"claim {door}:{key}", lambda hands: told(
            hands, hands.claim(key, door=door, target=aim, photo=photo, rate=rate)
        )

    def _commit(self) -> tuple[str, Ask]:
        name, photo, gone = self._attempt(), int(self._rng.random() < 0.2), self._rng.random() < 0.3
        aim = self._aims[name.partition(":")[2][0]]
        return f"commit {name}", lambda hands: told(
            hands, hands.commit(name, target=aim, photo=photo, bytes_are_gone=gone)
        )

    def _condemn(self) -> tuple[str, Ask]:
        name, why = self._attempt(), self._rng.choice(LOSSES)
        return f"condemn {name} {why}", lambda hands: hands.condemn(name, loss(**why))

    def _park(self) -> tuple[str, Ask]:
        if self._rng.random() < 0.5:
            upload = self._attempt().rpartition("/")[0]
            return f"allot {upload}", lambda hands: hands.allot(upload)
        name = self._attempt()
        return f"promise {name}", lambda hands: hands.promise(name)

    def _due(self) -> tuple[str, Ask]:
        only = self._attempt().rpartition("/")[0] if self._rng.random() < 0.4 else None
        return f"claim due {only}", lambda hands: hands.claim_due(1, only)

    def _sweep(self) -> tuple[str, Ask]:
        if self._rng.random() < 0.5:
            return "expired", lambda hands: len(hands.parts.recovery.expired_direct(50))
        return "abandon", lambda hands: hands.abandon()

    def _reap(self) -> tuple[str, Ask]:
        name, lot = self._attempt(), self._rng.random()
        if lot < 0.4:
            return "take condemned", lambda hands: hands.take_condemned()
        if lot < 0.8:
            return f"saw absent {name}", lambda hands: hands.saw_absent(name)
        if lot < 0.9:
            return f"saw present {name}", lambda hands: hands.parts.recovery.saw_present(hands.held[name].id)
        return f"saw trouble {name}", lambda hands: hands.parts.recovery.saw_trouble(hands.held[name].id, "x")

    def _news(self) -> tuple[str, Ask]:
        number, lot = self._rng.choice((1, 2, 3)), self._rng.random()
        if lot < 0.5:
            return "take news", lambda hands: sorted(news.id for news in hands.parts.outbox.take(10))
        if lot < 0.8:
            return f"published {number}", lambda hands: hands.parts.outbox.published(_there(hands, number))
        return f"unpublished {number}", lambda hands: hands.parts.outbox.unpublished(_there(hands, number), "x")

    def _read(self) -> tuple[str, Ask]:
        name = self._attempt()
        return f"read {name}", lambda hands: told(hands, hands.read(name))

    def _time(self) -> tuple[str, Ask]:
        seconds = self._rng.choice((SHORTEST_WAIT, 60, 90, 120, 300, 3_600))
        return f"{seconds} s pass", lambda hands: hands.parts.pass_time(seconds)

    def _attempt(self) -> str:
        return self._rng.choice(list(self._memory.held))


def _there(hands: Hands, number: int) -> list[int]:
    return [number] if number <= len(hands.parts.news()) else []


def told(hands: Hands, answer: object) -> object:
    """An answer without what differs from ledger to ledger: ids become names."""
    if isinstance(answer, Claim):
        tokens = None if answer.tokens is None else round(answer.tokens, 1)
        attempt = answer.attempt and hands.name_of(answer.attempt.object_name)
        reply = told(hands, answer.reply)
        return (
            answer.verdict,
            attempt,
            answer.target_store,
            reply,
            round(answer.lease_left / SHORTEST_WAIT),
            answer.parked,
            tokens,
        )
    if isinstance(answer, Reply):
        return answer.status, {name: _word(hands, name, value) for name, value in answer.body.items()}
    if answer is None:
        return None
    names = [hands.name_of(attempt.object_name) for attempt in answer.intents]
    photo = answer.photo and (hands.name_of(answer.photo.object_name), answer.photo.sha256)
    return answer.state, names, answer.lease_over, answer.parked, photo, answer.tries, told(hands, answer.reply)


def _word(hands: Hands, name: str, value: object) -> object:
    if name == "object_name":
        return hands.name_of(value)
    if name in {"photo_id", "upload_id"}:
        return next((held for held, attempt in hands.held.items() if str(attempt.upload_id) == value), "?")
    if name == "hunt_progress" and isinstance(value, dict):
        return {field: told for field, told in value.items() if field != "completed_at"}
    return value


def _alike(column: str, one: object, other: object) -> bool:
    """Moments may differ by what the database takes to answer; all that the walk waits for is longer."""
    if column in MOMENTS and isinstance(one, int) and isinstance(other, int):
        return abs(one - other) < SHORTEST_WAIT
    return one == other


def differences(one: Parts, other: Parts) -> list[tuple[str, object, object]]:
    """What the two remember differently: of which row, which column."""
    pairs = [(one.uploads(), other.uploads()), (one.attempts(), other.attempts()), (one.news(), other.news())]
    return [
        (f"{key}.{column}", mine.get(key, {}).get(column), row[column])
        for mine, theirs in pairs
        for key, row in theirs.items()
        for column in row
        if not _alike(column, mine.get(key, {}).get(column), row[column])
    ]


@pytest.mark.parametrize("seed", range(12))
def test_asked_the_same_they_answer_the_same_and_remember_the_same(seed, database, sql_of):
    memory, postgres = Hands(MemoryParts()), Hands(PostgresParts(database, sql_of))
    walk, steps = Walk(seed, memory), []

    for _ in range(STEPS):
        label, ask = walk.question()
        steps.append(label)
        told_so = "\n".join(steps)

        memory.parts.pass_time(0)
        assert ask(memory) == ask(postgres), told_so
        assert not differences(memory.parts, postgres.parts), told_so

"""The races that lose photos elsewhere, as schedules; and each safety part taken away, to see it lose them here."""

import pytest

from shared.photos import AttemptState
from tests.crash.simulation import actors
from tests.crash.simulation.faults_of_calls import Fate
from tests.crash.simulation.mutations import BlindCommit, BlindCondemn, DeleteFirst, ForgetfulReaper, SharedName
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.script import A_LEASE, Script
from tests.crash.simulation.violations import Violation


def a_delete_of_a_zombie_arrives_late(rules: Rules) -> Script:
    """A0 cannot commit, and sends its delete; A1 takes over, commits and answers 201; then the delete arrives."""
    script = Script(rules)
    zombie, successor = script.client("A0"), script.client("A1")
    script.meets(zombie, "commit", Fate.REFUSED)
    script.meets(zombie, "delete", Fate.LATE)
    script.scheduler.kill(zombie)
    script.waits(A_LEASE)
    script.ends(successor)
    script.lands("delete")
    return script


def a_commit_is_applied_and_its_reply_lost(rules: Rules) -> Script:
    """A0 commits, hears nothing of it, and takes back what it believes to have failed."""
    script = Script(rules)
    unsure = script.client("A0")
    script.meets(unsure, "commit", Fate.LOST)
    script.ends(unsure)
    return script


def a_commit_lands_after_it_was_given_up(rules: Rules) -> Script:
    """A0's commit is still on its way when A0 looks again, finds nothing, and deletes; then the commit arrives."""
    script = Script(rules)
    unsure = script.client("A0")
    script.meets(unsure, "commit", Fate.LATE)
    script.meets(unsure, "delete", Fate.DONE)
    script.lands("commit")
    return script


def an_upload_lands_after_the_reaper_looked(rules: Rules) -> Script:
    """A0 dies; its attempt is condemned and looked for in vain; then the store applies what it was sent."""
    script = Script(rules)
    dead = script.client("A0")
    script.meets(dead, "put", Fate.LATE)
    script.scheduler.kill(dead)
    script.waits(A_LEASE)
    script.runs("sweeper", actors.sweeper)
    script.lands("put")
    return script


RACES = [
    (a_delete_of_a_zombie_arrives_late, SharedName, "I1: LOST"),
    (a_commit_is_applied_and_its_reply_lost, DeleteFirst, "I1: LOST"),
    (a_commit_lands_after_it_was_given_up, BlindCommit, "I1: LOST"),
    (an_upload_lands_after_the_reaper_looked, ForgetfulReaper, "I2: ORPHAN"),
]


@pytest.mark.parametrize("race", [race for race, _, _ in RACES])
def test_every_promise_is_kept_although(race):
    script = race(Rules())

    script.rests()


@pytest.mark.parametrize(("race", "mutation", "loss"), RACES)
def test_a_promise_would_be_broken_without_the_safety_part_that_is_for_it(race, mutation, loss):
    with pytest.raises(Violation, match=loss):
        race(mutation()).rests()


def test_condemning_without_a_compare_would_lose_what_was_committed():
    with pytest.raises(Violation, match="I1: LOST"):
        a_commit_is_applied_and_its_reply_lost(BlindCondemn())


def test_who_lost_the_race_answers_what_the_winner_answered():
    script = Script()
    zombie, successor = script.client("A0"), script.client("A1")
    script.up_to(zombie, "commit")
    script.waits(A_LEASE)
    script.ends(successor)

    script.ends(zombie)

    script.rests()
    assert len(script.world.tables.photos) == 1


def test_the_audit_leaves_what_nobody_refers_to_yet():
    """An object without a photo may be one that is being committed."""
    script = Script()
    client = script.client("A0")
    script.up_to(client, "commit")

    script.runs("audit", actors.audit)

    script.ends(client)
    script.rests()
    assert list(script.world.cloudinary.held) == [row.object_name for row in script.world.tables.attempts.values()]


def test_the_audit_deletes_what_was_condemned():
    script = Script()
    client = script.client("A0")
    script.meets(client, "put", Fate.LATE)
    script.ends(client)
    script.lands("put")

    script.runs("audit", actors.audit)

    assert not script.world.cloudinary.held


def test_a_dead_process_undoes_nothing():
    script = Script()
    client = script.client("A0")
    script.meets(client, "put", Fate.LOST)
    script.scheduler.kill(client)

    (attempt,) = script.world.tables.attempts.values()
    assert attempt.state is AttemptState.INTENT
    assert attempt.object_name in script.world.cloudinary.held

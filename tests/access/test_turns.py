"""Who runs, who waits, and who is next."""

from vtmcp.access.turns import Bounds, State, Turn, Turns


def ask(turns: Turns, callers: str, at_once_max: int = 0) -> list[Turn]:
    """One question for each letter."""
    return [turns.ask(caller, at_once_max) for caller in callers]


def states(asked: list[Turn]) -> str:
    """R for running, W for waiting, - for refused."""
    letters = {State.RUNNING: "R", State.WAITING: "W", State.REFUSED: "-"}
    return "".join(letters[turn.state] for turn in asked)


def test_calls_run_up_to_the_bound_then_wait_then_are_refused() -> None:
    turns = Turns(Bounds(running_max=2, waiting_max=2))
    asked = ask(turns, "abcde")
    assert states(asked) == "RRWW-"
    assert (turns.running, turns.waiting) == (2, 2)


def test_who_waits_longest_comes_next() -> None:
    turns = Turns(Bounds(running_max=1, waiting_max=9))
    asked = ask(turns, "abc")
    assert turns.leave(asked[0]) == [asked[1]]
    assert states(asked) == "-RW"


def test_who_runs_least_comes_first() -> None:
    turns = Turns(Bounds(running_max=3, waiting_max=9))
    asked = ask(turns, "abbba")
    assert states(asked) == "RRRWW"
    # a runs nothing any more, so its second call overtakes the one of b.
    assert turns.leave(asked[0]) == [asked[4]]


def test_a_caller_has_a_bound_of_its_own_and_holds_up_nobody() -> None:
    turns = Turns(Bounds(running_max=3, waiting_max=9))
    asked = [*ask(turns, "aa", 1), *ask(turns, "bb")]
    assert states(asked) == "RWRR"
    assert turns.leave(asked[2]) == []
    assert turns.leave(asked[0]) == [asked[1]]


def test_one_caller_gets_half_of_the_queue() -> None:
    turns = Turns(Bounds(running_max=1, waiting_max=4))
    assert states(ask(turns, "aaaabbb")) == "RWW-WW-"


def test_a_queue_of_one_place_has_one() -> None:
    turns = Turns(Bounds(running_max=1, waiting_max=1))
    assert states(ask(turns, "aab")) == "RW-"


def test_without_a_queue_nobody_waits() -> None:
    turns = Turns(Bounds(running_max=1, waiting_max=0))
    assert states(ask(turns, "ab")) == "R-"


def test_who_gives_up_waiting_leaves_a_place() -> None:
    turns = Turns(Bounds(running_max=1, waiting_max=2))
    asked = ask(turns, "abc")
    assert turns.leave(asked[1]) == []
    assert turns.waiting == 1
    assert turns.leave(asked[0]) == [asked[2]]


def test_to_leave_twice_or_after_a_refusal_changes_nothing() -> None:
    turns = Turns(Bounds(running_max=1, waiting_max=0))
    asked = ask(turns, "ab")
    for turn in (asked[1], asked[0], asked[0]):
        turns.leave(turn)
    assert turns.running == 0
    assert states(ask(turns, "aa")) == "R-"

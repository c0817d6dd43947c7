"""The sliding minute."""

from httpapi.limits import Limiter
from tests.support.clock import FakeClock


def test_a_minute_lets_through_exactly_the_limit() -> None:
    """A burst of one more than the limit has one refusal, with a time to wait."""
    limiter = Limiter(FakeClock(), 5)
    taken = [limiter.take("a") for _ in range(6)]
    assert [one.is_exceeded for one in taken] == [False] * 5 + [True]
    assert [one.remaining for one in taken] == [4, 3, 2, 1, 0, 0]
    assert taken[-1].retry_after_seconds > 0


def test_waiting_as_told_lets_the_next_one_through() -> None:
    """Retry-After is enough, and one second less is not."""
    for used_before in (0, 3):
        clock = FakeClock()
        limiter = Limiter(clock, 5)
        for _ in range(used_before):
            limiter.take("a")
        clock.advance(61)
        while not (refused := limiter.take("a")).is_exceeded:
            pass
        clock.advance(refused.retry_after_seconds - 1.001)
        assert limiter.take("a").is_exceeded
        clock.advance(1.001)
        assert not limiter.take("a").is_exceeded


def test_callers_do_not_share_a_quota() -> None:
    """One caller's burst does not touch another's."""
    limiter = Limiter(FakeClock(), 1)
    assert not limiter.take("a").is_exceeded
    assert not limiter.take("b").is_exceeded
    assert limiter.take("a").is_exceeded


def test_no_burst_across_the_edge_of_a_window_gets_twice_the_limit() -> None:
    """What was used in the last second of a window weighs in the first of the next."""
    clock = FakeClock()
    limiter = Limiter(clock, 100)
    limiter.take("a")
    clock.advance(59)
    passed = sum(not limiter.take("a").is_exceeded for _ in range(100))
    clock.advance(1.5)
    passed += sum(not limiter.take("a").is_exceeded for _ in range(100))
    assert passed <= 103


def test_headers_follow_the_draft() -> None:
    """RateLimit and RateLimit-Policy are structured fields with quota, window, rest and reset."""
    headers = Limiter(FakeClock(), 5).take("a").headers()
    assert headers == {"RateLimit-Policy": '"key";q=5;w=60', "RateLimit": '"key";r=4;t=60'}


def test_memory_is_bounded() -> None:
    """An attacker with many addresses does not fill the memory."""
    limiter = Limiter(FakeClock(), 5)
    for number in range(50_100):
        limiter.take(str(number))
    assert len(limiter._windows) == 50_000

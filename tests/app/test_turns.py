"""Requests that compute take turns."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from app.turns import AT_ONCE, in_turn


def test_so_many_compute_at_once_and_the_others_come_after_them():
    inside, most, lock, full, leave = [0], [0], Lock(), Event(), Event()

    @in_turn
    def computing(number):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] == AT_ONCE:
                full.set()
        assert leave.wait(30)
        with lock:
            inside[0] -= 1
        return number

    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        answers = [pool.submit(computing, number) for number in range(4 * AT_ONCE)]
        assert full.wait(30)
        leave.set()
        assert [answer.result(30) for answer in answers] == list(range(4 * AT_ONCE))
    assert most == [AT_ONCE]


def test_a_turn_ends_with_an_error_too():
    @in_turn
    def failing():
        raise LookupError

    for _ in range(2 * AT_ONCE):
        with pytest.raises(LookupError):
            failing()

"""Counts over several processes: exact, and whole again after a kill."""

import os
import signal
import threading
import time

import pytest

from app.slots import Slots

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def beside(work):
    """A process of its own that says over a pipe that `work` is done, and then waits to be killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, repr(work()).encode())
        signal.pause()
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 100).decode()
    os.close(reading)
    return child, said


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_what_one_process_takes_is_taken_for_all_and_a_kill_gives_it_back():
    slots = Slots(3)
    assert slots.take() == 0
    child, said = beside(lambda: [slots.take(), slots.take(), slots.take()])
    assert said == "[1, 2, None]"
    assert slots.take() is None
    end(child)
    assert [slots.take(), slots.take(), slots.take()] == [1, 2, None]


def test_a_slot_that_is_given_back_is_free_for_the_others():
    slots = Slots(1)
    slots.give_back(slots.take())
    child, said = beside(slots.take)
    assert said == "0"
    end(child)


def test_threads_of_one_process_wait_for_each_other():
    slots, inside, most = Slots(2), [], []

    def work():
        with slots.one():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 10
    assert max(most) <= 2


def test_a_program_that_is_run_and_ends_frees_no_slot_of_who_ran_it():
    slots = Slots(1)
    slots.take()
    child = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(child, 0)
    child, said = beside(slots.take)
    assert said == "None"
    end(child)

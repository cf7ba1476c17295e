"""Jobs, without models and without HTTP: states, turns, limits, cancelling, and many threads at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from pellucid.app.jobs import OVER, Job, Jobs
from pellucid.app.outcome import Outcome
from pellucid.app.refused import NoSuchJob, NotDone, QueueFull
from pellucid.app.served import Served
from pellucid.app.settings import Settings
from pellucid.core.errors import BadOption
from pellucid.core.progress import meter

MODELS = ("demo-lm", "demo-sentiment")


@pytest.fixture
def jobs(monkeypatch) -> Iterator[Callable[..., Jobs]]:
    """A function that makes jobs whose models are their names."""
    monkeypatch.setattr("pellucid.models.load.load", lambda name, **options: name)
    made: list[Jobs] = []

    def make(**settings: Any) -> Jobs:
        made.append(Jobs(Served(MODELS, {}), Settings(**settings)))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Gate:
    """Work that waits until it is let through, spending a batch now and then."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, model: Any, step: Any) -> Outcome:
        with step("Waiting"):
            self.reached.set()
            while not self.open.wait(0.002):
                meter().spend(forwards=1, tokens=3)
        return Outcome()


def nothing(model: Any, step: Any) -> Outcome:
    return Outcome()


def ask(jobs: Jobs, work: Any = nothing, client: str = "one", model: str = "demo-lm") -> Job:
    return jobs.submit("test", model, client, {"asked": client}, work)


def wait(jobs: Jobs, job: Job, state: str | None = None) -> dict[str, Any]:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        found = jobs.described(job)
        if found["state"] in OVER if state is None else found["state"] == state:
            return found
        time.sleep(0.002)
    raise AssertionError(f"still {found}")


def test_a_job_from_queue_to_result(jobs):
    here = jobs()
    gate, found = Gate(), Outcome(size=3)
    first = ask(here, gate)
    second = ask(here, lambda model, step: found)
    gate.reached.wait(30)
    assert here.described(second)["state"] == "queued"
    assert here.described(second)["position"] == 1
    running = wait(here, first, "running")
    assert (running["doing"], running["position"], running["error"]) == ("Waiting", None, None)
    assert running["request"] == {"asked": "one"}
    assert here.load()["demo-lm"] == {"loaded": True, "waiting": 1, "running": 1}
    with pytest.raises(NotDone, match="no result yet, it is queued"):
        here.outcome(second.id)
    time.sleep(0.02)
    gate.open.set()
    assert wait(here, first)["state"] == "done"
    assert wait(here, second)["state"] == "done"
    assert here.outcome(second.id) is found
    assert here.load()["demo-lm"] == {"loaded": True, "waiting": 0, "running": 0}
    last = here.described(first)
    assert last["seconds"] >= 0.02
    assert here.described(first) == last  # time stands still for what is over


def test_counts_are_those_of_the_meter(jobs):
    here = jobs()

    def work(model, step):
        with step("Counting"):
            meter().spend(forwards=2, backwards=1, tokens=10)
            meter().advance(1, 4, "things")
            seen.append(here.described(job))
        with step("Then"):
            seen.append(here.described(job))
            meter().spend(forwards=5, tokens=1)
        return Outcome()

    seen: list[dict[str, Any]] = []
    started = threading.Event()
    job = ask(here, lambda model, step: (started.wait(30), work(model, step))[1])
    started.set()
    last = wait(here, job)
    assert [(s["doing"], s["done"], s["total"]) for s in seen] == [("Counting", 1, 4), ("Then", 0, 0)]
    assert (last["forwards"], last["backwards"], last["tokens"]) == (7, 1, 11)


def test_two_models_work_at_once(jobs):
    here = jobs()
    gates = [Gate(), Gate()]
    for gate, model in zip(gates, MODELS, strict=True):
        ask(here, gate, model=model)
    assert all(gate.reached.wait(30) for gate in gates)


def test_clients_take_turns(jobs):
    here = jobs()
    order: list[str] = []
    gate = Gate()
    ask(here, gate)

    def noted(name: str) -> Callable[..., Outcome]:
        return lambda model, step: (order.append(name), Outcome())[1]

    many = [ask(here, noted(f"many {n}"), "many") for n in range(10)]
    one = ask(here, noted("one"), "one")
    gate.reached.wait(30)
    assert here.described(one)["position"] == 2
    assert here.described(many[-1])["position"] == 11
    gate.open.set()
    wait(here, many[-1])
    assert order[:3] == ["many 0", "one", "many 1"]


def test_a_full_queue_refuses_with_words(jobs):
    here = jobs(queue=3, per_client=2)
    gate = Gate()
    running = ask(here, gate)
    gate.reached.wait(30)
    waiting = [ask(here), ask(here)]
    with pytest.raises(QueueFull, match="2 jobs of yours wait for demo-lm, and more may not: cancel one"):
        ask(here)
    ask(here, client="two")
    with pytest.raises(
        QueueFull, match=r"3 jobs wait for demo-lm, and more may not. Try again in about \d+ s"
    ):
        ask(here, client="three")
    ask(here, model="demo-sentiment")  # its queue is another
    here.cancel(waiting[0].id)
    ask(here, client="three")
    gate.open.set()
    wait(here, running)


def test_one_that_waits_is_cancelled_at_once(jobs):
    here = jobs()
    gate, asked = Gate(), []
    ask(here, gate)
    gate.reached.wait(30)
    job = ask(here, lambda model, step: asked.append(1))
    assert here.cancel(job.id) is job
    assert here.described(job)["state"] == "cancelled"
    with pytest.raises(NotDone, match="no result, it is cancelled"):
        here.outcome(job.id)
    gate.open.set()
    wait(here, ask(here))
    assert asked == []


def test_one_that_runs_is_cancelled_at_its_next_batch(jobs):
    here = jobs()
    gate = Gate()
    job = ask(here, gate)
    gate.reached.wait(30)
    here.cancel(job.id)
    assert wait(here, job)["state"] == "cancelled"
    assert not gate.open.is_set()
    assert wait(here, ask(here))["state"] == "done"  # the next one is not


def test_one_that_loads_is_cancelled_before_its_work(jobs, monkeypatch):
    here = jobs()
    begun, go_on = threading.Event(), threading.Event()

    def load(name, **options):
        begun.set()
        assert go_on.wait(30)
        return name

    monkeypatch.setattr("pellucid.models.load.load", load)
    asked = []

    def work(model, step):
        with step("Working"):
            asked.append(model)
        return Outcome()

    job = ask(here, work)
    begun.wait(30)
    assert here.described(job)["doing"] == "Loading demo-lm"
    here.cancel(job.id)
    assert here.described(job)["cancelling"]
    go_on.set()
    assert wait(here, job)["state"] == "cancelled"
    assert asked == []


def test_one_that_is_over_stays_as_it_is(jobs):
    here = jobs()
    job = ask(here)
    wait(here, job)
    here.cancel(job.id)
    assert here.described(job)["state"] == "done"


def test_what_is_refused_at_work_is_said(jobs):
    here = jobs()

    def work(model, step):
        raise BadOption("Choose another.")

    job = ask(here, work)
    assert wait(here, job)["error"] == {"type": "BadOption", "message": "Choose another."}
    with pytest.raises(NotDone, match="it is failed: Choose another"):
        here.outcome(job.id)


def test_a_defect_is_no_end(jobs, caplog):
    here = jobs()
    job = ask(here, lambda model, step: 1 / 0)
    error = wait(here, job)["error"]
    assert error["type"] == "Defect"
    assert "ZeroDivisionError: division by zero" in error["message"]
    assert "ZeroDivisionError" in caplog.text  # with its traceback, for whoever runs the server
    assert wait(here, ask(here))["state"] == "done"


def test_a_model_that_does_not_load_is_tried_again(jobs, monkeypatch):
    here = jobs()
    tried = []

    def load(name, **options):
        tried.append(name)
        if len(tried) == 1:
            raise BadOption("Not now.")
        return name

    monkeypatch.setattr("pellucid.models.load.load", load)
    assert wait(here, ask(here))["error"]["message"] == "Not now."
    assert wait(here, ask(here))["state"] == "done"
    assert wait(here, ask(here))["state"] == "done"
    assert tried == ["demo-lm"] * 2


def test_the_oldest_make_room_by_count(jobs):
    here = jobs(kept=2)
    made = [ask(here) for _ in range(4)]
    wait(here, made[-1])
    for old in made[:2]:
        with pytest.raises(NoSuchJob, match=f"Job {old.id} is gone: .* about the last 2 are kept"):
            here.get(old.id)
    assert [here.get(new.id) for new in made[2:]] == made[2:]
    with pytest.raises(NoSuchJob, match="There is no job 'never'"):
        here.get("never")


def test_the_oldest_make_room_by_size(jobs):
    here = jobs(kept_bytes=100)
    small, large = Outcome(size=40), Outcome(size=1000)
    first, second = (here.finished("test", None, "one", {}, small) for _ in range(2))
    third = here.finished("test", None, "one", {}, small)
    with pytest.raises(NoSuchJob):
        here.get(first.id)
    assert here.outcome(second.id) is small
    last = here.finished("test", None, "one", {}, large)  # the newest stays, however large
    assert here.outcome(last.id) is large
    with pytest.raises(NoSuchJob):
        here.get(third.id)


def test_a_job_that_waits_is_not_dropped(jobs):
    here = jobs(kept=1)
    gate = Gate()
    ask(here, gate)
    gate.reached.wait(30)
    waits = ask(here)
    for _ in range(5):
        here.finished("test", None, "one", {}, Outcome())
    assert here.get(waits.id) is waits
    gate.open.set()


def test_work_is_let_go_when_it_is_over(jobs):
    here = jobs()
    job = ask(here)
    wait(here, job)
    assert job.work is None


def test_whoever_listens_is_told(jobs):
    here = jobs()
    gate = Gate()
    job = ask(here, gate)
    gate.reached.wait(30)
    told: list[str] = []
    stop = here.listen(job, lambda: told.append(job.state))
    gate.open.set()
    wait(here, job)
    assert told[-1] == "done"
    stop()
    assert job.listeners == []


def test_who_waits_is_told_when_the_line_moves(jobs):
    here = jobs()
    gates = [Gate(), Gate()]
    for gate in gates:
        ask(here, gate)
    gates[0].reached.wait(30)
    last = ask(here)
    positions: list[int] = []
    here.listen(last, lambda: positions.append(here.described(last)["position"]))
    assert here.described(last)["position"] == 2
    gates[0].open.set()
    gates[1].reached.wait(30)
    assert positions[-1] == 1
    gates[1].open.set()


def test_closing_ends_everything(jobs):
    here = jobs()
    gate = Gate()
    running = ask(here, gate)
    gate.reached.wait(30)
    waits = ask(here)
    here.close()
    assert wait(here, running)["state"] == wait(here, waits)["state"] == "cancelled"
    with pytest.raises(QueueFull, match="stopping"):
        ask(here)
    for thread in here._threads.values():
        thread.join(30)
        assert not thread.is_alive()


def test_many_threads_at_once(jobs):
    """Whatever is asked and cancelled meanwhile, every job ends once, and no count is left over."""
    here = jobs(queue=10_000, per_client=10_000, kept=10_000)
    found: list[Job] = []
    faults: list[BaseException] = []

    def client(name: str) -> None:
        try:
            for n in range(40):
                job = ask(here, client=name, model=MODELS[n % 2])
                found.append(job)
                stop = here.listen(job, lambda: None)
                if n % 3 == 0:
                    here.cancel(job.id)
                here.described(job)
                here.load()
                stop()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=client, args=(f"client {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    states = [wait(here, job)["state"] for job in found]
    assert not faults
    assert len(states) == 320
    assert set(states) <= {"done", "cancelled"}
    assert states.count("done") >= 320 * 26 // 40
    assert here.load() == {m: {"loaded": True, "waiting": 0, "running": 0} for m in MODELS}


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 42.5 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        torch.OutOfMemoryError("CUDA out of memory"),
    ],
)
def test_memory_that_runs_out_ends_one_job_in_words(jobs, caplog, error):
    here = jobs()

    def greedy(model, step):
        raise error

    found = wait(here, ask(here, greedy))
    assert found["error"]["type"] == "OutOfMemory"
    assert "Ask for less" in found["error"]["message"]
    assert not caplog.records
    assert wait(here, ask(here))["state"] == "done"

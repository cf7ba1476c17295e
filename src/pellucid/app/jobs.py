"""Jobs: what was asked, how far it is, what came of it. One thread for each model; clients take turns."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from pellucid.app.fair import FairQueue
from pellucid.app.outcome import Outcome, Work
from pellucid.app.refused import NoSuchJob, NotDone, QueueFull
from pellucid.app.served import Served
from pellucid.app.settings import Settings
from pellucid.core.errors import Cancelled, PellucidError
from pellucid.core.progress import Meter, metered

__all__ = ["OVER", "Job", "Jobs", "State"]

State = Literal["queued", "running", "done", "failed", "cancelled"]
OVER = frozenset({"done", "failed", "cancelled"})
REMEMBERED = 10_000  # ids of jobs that are gone, so that asking for one says so
PATIENCE = (1, 60)  # seconds that a client is told to wait, at least and at most
OUT_OF_MEMORY = (
    "The memory does not suffice for this. Ask for less: a shorter text, fewer samples or steps, a larger unit. "
    "Whoever starts the server can give the model another --device, or fewer bits with --dtype."
)
_log = logging.getLogger(__name__)


class Job:
    """One piece of work. Whoever reads or changes it holds the lock of its `Jobs`."""

    def __init__(
        self, kind: str, model: str | None, client: str, request: Mapping[str, Any], work: Work | None = None
    ) -> None:
        self.id = secrets.token_hex(8)
        self.work = work
        self.kind, self.model, self.client, self.request = kind, model, client, dict(request)
        self.state: State = "queued"
        self.doing = ""
        self.cancelling = False
        self.error: dict[str, str] | None = None
        self.outcome: Outcome | None = None
        self.meter = Meter()
        self.begun: float | None = None
        self.ended: float | None = None
        self.listeners: list[Callable[[], None]] = []

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in OVER

    @property
    def seconds(self) -> float:
        """How long it has run."""
        if self.begun is None:
            return 0.0
        return round((time.monotonic() if self.ended is None else self.ended) - self.begun, 3)

    def tell(self, *_: Any) -> None:
        """Say to all who listen that something has changed."""
        for listener in tuple(self.listeners):
            listener()


class Jobs:
    """All jobs of a server. Every method may be called from any thread."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self._served, self._settings = served, settings
        self._lock = threading.Condition()
        self._queues: dict[str, FairQueue[Job]] = {name: FairQueue() for name in served.names}
        self._running: dict[str, Job] = {}
        self._pace = dict.fromkeys(served.names, 1.0)  # seconds that a job of each model takes, about
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._over: OrderedDict[str, int] = OrderedDict()  # sizes, the oldest first
        self._gone: deque[str] = deque(maxlen=REMEMBERED)
        self._threads: dict[str, threading.Thread] = {}
        self._closed = False

    def submit(self, kind: str, model: str, client: str, request: Mapping[str, Any], work: Work) -> Job:
        """A job that waits for its model. Raises `QueueFull`."""
        with self._lock:
            self._check_room(model, client)
            job = Job(kind, model, client, request, work)
            self._jobs[job.id] = job
            self._queues[model].push(client, job)
            if model not in self._threads:
                thread = threading.Thread(
                    target=self._serve, args=(model,), name=f"pellucid {model}", daemon=True
                )
                self._threads[model] = thread
                thread.start()
            self._lock.notify_all()
        return job

    def finished(
        self, kind: str, model: str | None, client: str, request: Mapping[str, Any], outcome: Outcome
    ) -> Job:
        """A job that is done already: its work needed no model."""
        job = Job(kind, model, client, request)
        job.begun = time.monotonic()
        with self._lock:
            self._jobs[job.id] = job
            self._end(job, "done", outcome)
        return job

    def get(self, number: str) -> Job:
        """The job of an id. Raises `NoSuchJob`."""
        with self._lock:
            if number not in self._jobs:
                raise NoSuchJob(number, self._settings.kept, number in self._gone)
            return self._jobs[number]

    def outcome(self, number: str) -> Outcome:
        """What a job found. Raises `NoSuchJob`, and `NotDone` for one that found nothing."""
        job = self.get(number)
        with self._lock:
            if job.outcome is not None:
                return job.outcome
            failed = f": {job.error['message']}" if job.error else "."
            if job.over:
                raise NotDone(f"Job {job.id} has no result, it is {job.state}{failed}")
            raise NotDone(f"Job {job.id} has no result yet, it is {job.state}. Ask again when it is done.")

    def described(self, job: Job) -> dict[str, Any]:
        """A job as plain data, all of it of one moment."""
        with self._lock:
            meter = job.meter
            return {
                "id": job.id,
                "kind": job.kind,
                "model": job.model,
                "state": job.state,
                "position": self._position(job),
                "cancelling": job.cancelling,
                "doing": job.doing,
                "done": meter.done,
                "total": meter.total,
                "forwards": meter.forwards,
                "backwards": meter.backwards,
                "tokens": meter.tokens,
                "seconds": job.seconds,
                "error": job.error,
                "request": job.request,
            }

    def cancel(self, number: str) -> Job:
        """Stop a job: at once if it waits, at its next batch if it runs; one that is over stays as it is."""
        job = self.get(number)
        with self._lock:
            self._cancel(job)
        return job

    def listen(self, job: Job, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever the job changes, from any thread; what is returned ends that."""
        with self._lock:
            job.listeners.append(listener)

        def stop() -> None:
            with self._lock:
                job.listeners.remove(listener)

        return stop

    def load(self) -> dict[str, dict[str, Any]]:
        """How busy each model is."""
        with self._lock:
            return {
                name: {
                    "loaded": self._served.is_loaded(name),
                    "waiting": len(queue),
                    "running": int(name in self._running),
                }
                for name, queue in self._queues.items()
            }

    def close(self) -> None:
        """Cancel all work, and take no more: threads end at their next batch, and nobody needs to wait for them."""
        with self._lock:
            self._closed = True
            for job in [job for job in self._jobs.values() if not job.over]:
                self._cancel(job)
            self._lock.notify_all()

    def _check_room(self, model: str, client: str) -> None:
        queue, settings = self._queues[model], self._settings
        if self._closed:
            raise QueueFull("The server is stopping.", PATIENCE[0])
        seconds = round(min(max(len(queue) * self._pace[model], PATIENCE[0]), PATIENCE[1]))
        if len(queue) >= settings.queue:
            raise QueueFull(f"{len(queue)} jobs wait for {model}, and more may not.", seconds)
        if queue.count(client) >= settings.per_client:
            raise QueueFull(
                f"{queue.count(client)} jobs of yours wait for {model}, and more may not: cancel one, or wait.",
                seconds,
            )

    def _position(self, job: Job) -> int | None:
        """How many are before it, or None if it does not wait."""
        if job.state != "queued" or job.model is None:
            return None
        before = int(job.model in self._running)
        return before + next(n for n, other in enumerate(self._queues[job.model]) if other is job)

    def _serve(self, model: str) -> None:
        """The thread of a model: one job after the other, until the server closes."""
        while (job := self._next(model)) is not None:
            self._run(model, job)

    def _next(self, model: str) -> Job | None:
        queue = self._queues[model]
        with self._lock:
            self._lock.wait_for(lambda: self._closed or len(queue))
            if self._closed:
                return None
            job = queue.pop()
            self._running[model] = job
            job.state, job.begun = "running", time.monotonic()
            self._tell_line(model)
            job.tell()
        return job

    def _run(self, model: str, job: Job) -> None:
        state: State = "failed"
        outcome = None
        try:
            with metered(job.tell) as meter:
                with self._lock:
                    job.meter = meter
                    if job.cancelling:
                        meter.cancel()
                outcome = self._worked(model, job)
            state = "done"
        except Cancelled:
            state = "cancelled"
        except PellucidError as error:
            job.error = {"type": type(error).__name__, "message": str(error)}
        except Exception as error:
            job.error = _what_went_wrong(job, error)
        with self._lock:
            del self._running[model]
            self._end(job, state, outcome)
            self._pace[model] = 0.7 * self._pace[model] + 0.3 * job.seconds
            self._tell_line(model)

    def _worked(self, model: str, job: Job) -> Outcome:
        @contextmanager
        def step(doing: str) -> Iterator[None]:
            """A step begins: counts of its own, and a fresh start for how far it is."""
            with self._lock:
                job.doing, job.meter.done, job.meter.total = doing, 0, 0
            if job.meter.cancelled:
                raise Cancelled
            job.tell()
            with metered():
                yield

        with step(f"Loading {model}"):
            ready = self._served.load(model)
        assert job.work is not None
        return job.work(ready, step)

    def _cancel(self, job: Job) -> None:
        if job.state == "queued" and job.model is not None:
            self._queues[job.model].remove(job.client, job)
            self._end(job, "cancelled", None)
            self._tell_line(job.model)
        elif job.state == "running":
            job.cancelling = True
            job.meter.cancel()
            job.tell()

    def _end(self, job: Job, state: State, outcome: Outcome | None) -> None:
        """The job is over; the oldest that are over make room for it."""
        job.state, job.outcome, job.doing, job.cancelling = state, outcome, "", False
        job.work = None  # it may hold results that are gone otherwise
        job.ended = time.monotonic()
        self._over[job.id] = 0 if outcome is None else outcome.size
        most = self._settings
        while len(self._over) > 1 and (
            len(self._over) > most.kept or sum(self._over.values()) > most.kept_bytes
        ):
            oldest, _ = self._over.popitem(last=False)
            del self._jobs[oldest]
            self._gone.append(oldest)
        job.tell()

    def _tell_line(self, model: str) -> None:
        """Positions have changed for all who wait."""
        for job in self._queues[model]:
            job.tell()


def _what_went_wrong(job: Job, error: Exception) -> dict[str, str]:
    """An error that is none of the request's, in words; its place goes to the terminal."""
    from pellucid.models.huggingface.memory import is_out_of_memory

    if isinstance(error, MemoryError) or is_out_of_memory(error):
        return {"type": "OutOfMemory", "message": OUT_OF_MEMORY}
    _log.exception("A job of kind %s failed.", job.kind)
    said = " ".join(str(error).split())[:300]
    return {
        "type": "Defect",
        "message": f"{type(error).__name__}: {said}. This is a defect of Pellucid or of the model; the terminal of "
        "pellucid serve shows where.",
    }

"""What the server refuses beside what Pellucid refuses, each with its HTTP status."""

from __future__ import annotations

from pellucid.core.errors import MissingExtra, PellucidError

__all__ = [
    "Forbidden",
    "NoSuchJob",
    "NoSuchResult",
    "NotDone",
    "QueueFull",
    "Refused",
    "TooLarge",
    "status_of",
]


class Refused(PellucidError):
    """A request that this server does not take. ``retry_after``: seconds until it may be worth another try."""

    status = 422
    retry_after: int | None = None


class NoToken(Refused):
    """The token that the server printed is not in the request, or is another one."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "This needs the token of the address that pellucid serve printed, in the header "
            "Authorization: Bearer TOKEN."
        )


class Forbidden(Refused):
    """A request of another site, or under a name that is not this server's."""

    status = 403


class NoSuchJob(Refused):
    """An id that no job has, or has any more."""

    status = 404

    def __init__(self, job: str, kept: int, gone: bool) -> None:
        if gone:
            said = (
                f"Job {job} is gone: of jobs that are over, only about the last {kept} are kept. Ask again."
            )
        else:
            said = f"There is no job {job[:64]!r} here. Ids come from what a POST answers."
        super().__init__(said)


class NoSuchResult(Refused):
    """A kind of result that jobs of this kind do not have."""

    status = 404


class NotDone(Refused):
    """The result of a job that has none yet, or never will."""

    status = 409


class TooLarge(Refused):
    """A body of too many bytes."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than {limit:,} bytes, which is the most that is read here.")


class NotJson(Refused):
    """A body of another kind."""

    status = 415

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The body is {said or 'of no kind'}; send JSON, with Content-Type: application/json."
        )


class QueueFull(Refused):
    """As many jobs wait as may wait."""

    status = 429

    def __init__(self, said: str, retry_after: int) -> None:
        super().__init__(f"{said} Try again in about {retry_after} s.")
        self.retry_after = retry_after


def status_of(error: PellucidError) -> int:
    """The HTTP status of an error: 422 for what Pellucid refuses, 501 for what is not installed."""
    return error.status if isinstance(error, Refused) else 501 if isinstance(error, MissingExtra) else 422

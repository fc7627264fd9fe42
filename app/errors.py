"""What can go wrong, and the one place that knows its HTTP status."""

from typing import Any


class DomainError(Exception):
    """Something the reader of `message` can act on; `field` names the input it is about."""

    status = 400
    code = "invalid"

    def __init__(self, message: Any, *, field: str | None = None, extra: dict[str, Any] | None = None) -> None:
        """Keep the sentence (possibly lazily translated), the field, and what else the client may use."""
        super().__init__(message)
        self.message = message
        self.field = field
        self.extra = extra or {}


class Unreadable(DomainError):
    """The body of the request is not what its kind says it is."""

    code = "bad_request"


class Unsupported(DomainError):
    """The body of the request is of a kind that is not taken."""

    status = 415
    code = "unsupported"


class Invalid(DomainError):
    """The input says something impossible."""

    status = 422
    code = "validation"


class NotFound(DomainError):
    """It does not exist, or not for this user."""

    status = 404
    code = "not_found"


class Forbidden(DomainError):
    """The role may not do this."""

    status = 403
    code = "forbidden"


class Unauthorised(DomainError):
    """Nobody is logged in, or the token is not good."""

    status = 401
    code = "unauthorised"


class Conflict(DomainError):
    """It has changed meanwhile, or exists with other content."""

    status = 409
    code = "conflict"


class Changed(DomainError):
    """It is not any more as it was when it was read; `extra["current"]` is how it is now."""

    status = 412
    code = "changed"


class Unconditional(DomainError):
    """A change that does not say which version it is a change of."""

    status = 428
    code = "precondition_required"


class TooLarge(DomainError):
    """More than the stated limit."""

    status = 413
    code = "too_large"


class Unavailable(DomainError):
    """A part of the system is not ready; trying again later helps."""

    status = 503
    code = "unavailable"


class TooMany(DomainError):
    """More often than is allowed; `extra["retry_after"]` says in how many seconds to try again."""

    status = 429
    code = "too_many"


class Abandoned(DomainError):
    """Nobody waits for the answer any more; no one reads this."""

    status = 499
    code = "abandoned"

    def __init__(self) -> None:
        """Say so, for the log."""
        super().__init__("The client has closed the connection.")

"""The one taxonomy of what can go wrong with a network, whatever its own codes.

Each network file holds a table (status, code) to one of these; the status alone never decides.
"""

from datetime import datetime


class NetworkError(Exception):
    """Something a network said or did. `code` and `detail` are the network's, without secrets."""

    permanent = True

    def __init__(self, detail: str = "", *, status: int = 0, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail[:500]
        self.status = status
        self.code = code

    @property
    def kind(self) -> str:
        return type(self).__name__


class AuthExpired(NetworkError):
    """The account must be linked again (after one refresh was tried)."""


class PermissionMissing(NetworkError):
    """A scope or an approval is missing; retrying cannot help."""


class NotApproved(NetworkError):
    """The vendor has not accepted us yet."""


class RateLimited(NetworkError):
    """Too many calls; go on at `until` (aware), or when unknown after a back-off."""

    permanent = False

    def __init__(self, detail: str = "", *, until: datetime | None = None, status: int = 0, code: str = "") -> None:
        super().__init__(detail, status=status, code=code)
        self.until = until


class BudgetExhausted(NetworkError):
    """Our own cap on cost is reached."""


class Rejected(NetworkError):
    """The network refuses this text or picture; a person must change it. `field` names which."""

    def __init__(self, detail: str = "", *, field: str = "text", status: int = 0, code: str = "") -> None:
        super().__init__(detail, status=status, code=code)
        self.field = field


class WindowClosed(NetworkError):
    """Too late to answer this way."""


class Duplicate(NetworkError):
    """It is there already: a success once `fetch_state` has seen it."""


class Gone(NetworkError):
    """What we speak of is deleted or out of our sight."""


class Transient(NetworkError):
    """A passing fault, and nothing was done: try again with a back-off."""

    permanent = False


class Uncertain(NetworkError):
    """The request left and its answer was lost: look before anything else, never send blind again."""

    permanent = False


class ContractBroken(NetworkError):
    """The reply does not have the shape we know: keep it aside and say so."""


class NotAble(NetworkError):
    """This network, or this account on it, cannot do that."""

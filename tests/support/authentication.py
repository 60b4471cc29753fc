"""Viewers over HTTP: an authenticator that knows some tokens, and the header of a token."""

from sellerhealth.access import Viewer


class Known:
    """Knows viewers by their tokens, and counts how often it is asked."""

    def __init__(self, **viewers: Viewer) -> None:
        self.viewers, self.asked = viewers, 0

    def viewer_of(self, token: str | None) -> Viewer | None:
        self.asked += 1
        return self.viewers.get(token or "")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}

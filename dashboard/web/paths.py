"""Leads each request to the organisation that its address names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Response

from dashboard.domain.organisations import PREFIX
from dashboard.logs import work_for

_AWAY = (
    "This organisation cannot be used just now. "
    "Whoever runs Sluice finds out why with: sluice organisations list\n"
)
_COME_BACK_S = "15"


class ByOrganisation:
    """The application of the first organisation, with those of the others below it."""

    def __init__(
        self,
        first: WSGIApplication,
        door: Callable[[str], WSGIApplication | None],
    ) -> None:
        """Lead nobody anywhere yet.

        Args:
            first: What answers where no other organisation is named.
            door: Gives the application of the organisation with that slug, or None if
                there is no such organisation.
        """
        self._first = first
        self._door = door

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer as the organisation does, which sees its own addresses alone."""
        path = environ.get("PATH_INFO", "")
        work_for("")
        if not path.startswith(f"{PREFIX}/"):
            return self._first(environ, start_response)
        slug, slash, rest = path.removeprefix(f"{PREFIX}/").partition("/")
        application = self._door(slug)
        if application is None:
            return self._first(environ, start_response)
        # Until the thread's next request: the answer may be made while it is sent.
        work_for(slug)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{PREFIX}/{slug}"
        environ["PATH_INFO"] = f"{slash}{rest}" or "/"
        return application(environ, start_response)


def closed_door(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer for an organisation that is listed and cannot be used."""
    answer = Response(_AWAY, 503, {"Retry-After": _COME_BACK_S}, mimetype="text/plain")
    return answer(environ, start_response)

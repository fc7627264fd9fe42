"""The log-in page."""

from flask import Response, make_response, render_template

from app.accounts import oidc
from app.accounts.entering import LONGEST_NAME, local


def login_page(*, next_page: str | None, name: str = "", error: str | None = None, status: int = 200) -> Response:
    """The page, with the name that was given and what is wrong."""
    provider = oidc.provider()
    page = render_template(
        "login.html",
        next=local(next_page),
        name=name[:LONGEST_NAME],
        error=error,
        provider=provider.name if provider else None,
    )
    return make_response(page, status)

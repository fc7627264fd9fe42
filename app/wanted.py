"""Whether anybody still waits for the answer of this request: who has gone away is not computed for."""

import select
import socket

from flask import has_request_context, request

from app.errors import Abandoned


def still_wanted() -> None:
    """Nothing where somebody waits, or where the server cannot tell; else it raises Abandoned."""
    connection = request.environ.get("gunicorn.socket") if has_request_context() else None
    if connection is None:
        return
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        gone = bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except ValueError:  # a connection that is encrypted here cannot be looked into
        return
    except OSError:
        gone = True
    if gone:
        raise Abandoned

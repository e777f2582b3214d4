"""Three small functions, one of each kind, that do what the request tells them; the edge around them is what is tested."""

import flask

from shared import errors
from shared.runtime import TaskCall, answering, http_function, note, scheduled_function, task_function
from tests.functions.edge import handled


@http_function(max_bytes=1000)
def door(request: flask.Request, app):
    if request.path != "/in":
        raise errors.NotFound("nothing here")
    body = request.get_data()
    handled.append(body)
    note(ticket="ticket-1", said=request.headers.get("X-Note", ""))
    with answering(transient=429):
        fail(request.headers.get("X-Fail", ""))
    if request.headers.get("X-Form"):
        return {"form": request.form.to_dict()}
    return {"length": len(body)}, 202


@http_function(methods=("GET", "POST"))
def page(_request: flask.Request, _app):
    return flask.Response("<p>hello</p>", headers={"Cache-Control": "private"})


@task_function
def worker(call: TaskCall, app):
    handled.append(call)
    fail(call.body.get("fail", ""))
    return {"outcome": "done", "looked_at": 3}


@scheduled_function
def tick(moment, app):
    handled.append(moment)
    return {"found": 2}


def fail(how):
    match how:
        case "":
            return
        case "bug":
            secret = "canary-in-a-variable"
            try:
                raise KeyError(secret)
            except KeyError as error:
                raise RuntimeError(f"canary-in-a-message {secret}") from error
        case "busy":
            raise errors.PsaUnavailable("canary-in-a-message", retry_after=12.3)
        case "abort":
            flask.abort(409)
        case _:
            raise getattr(errors, how)("canary-in-a-message")

"""The queue in Google Cloud: one Cloud Tasks queue per function, each task an authenticated POST to that function."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from google.api_core.exceptions import AlreadyExists, GoogleAPICallError, InvalidArgument, ServerError
from google.cloud import tasks_v2

from shared.adapters.queueing.task_form import body_text, queue_id, refuse_malformed
from shared.errors import QueueUnavailable, RefusedTask
from shared.instant import to_instant
from shared.ports import Task

PUT_SECONDS = 0.8  # twice at most: a webhook has four seconds in all
DISPATCH_DEADLINE = timedelta(minutes=5)
_TRIES = 2
_NO_URLS: Mapping[str, str] = MappingProxyType({})


def create_task_request(
    task: Task, *, parent: str, url: str, service_account: str, audience: str
) -> tasks_v2.CreateTaskRequest:
    """Return the call that puts `task` on the queue `parent`. Raises RefusedTask for what no queue takes."""
    body = body_text(task)
    refuse_malformed(task, body)
    return tasks_v2.CreateTaskRequest(
        parent=parent,
        task=tasks_v2.Task(
            name=f"{parent}/tasks/{task.name}",
            schedule_time=to_instant(task.at),
            dispatch_deadline=DISPATCH_DEADLINE,
            http_request=tasks_v2.HttpRequest(
                url=url,
                http_method=tasks_v2.HttpMethod.POST,
                headers={"Content-Type": "application/json"},
                body=body.encode(),
                oidc_token=tasks_v2.OidcToken(service_account_email=service_account, audience=audience),
            ),
        ),
    )


class CloudTasksQueue:
    """A put takes at most 1.6 s: 0.8 s, and once more, because a name makes the repetition harmless.

    A function is called at `urls[function]`, or at `<url_base>/<function>`, as `service_account`; `audience` says which
    audience its token has for that URL (default: the URL itself). A name that existed lately counts as already there.
    After a failure the next put connects anew: a connection can be dead for minutes before anybody tells it.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of one deployment
        self,
        project: str,
        location: str,
        url_base: str,
        service_account: str,
        *,
        urls: Mapping[str, str] = _NO_URLS,
        audience: Callable[[str], str] = str,
        queue_prefix: str = "",
        connect: Callable[[], tasks_v2.CloudTasksClient] = tasks_v2.CloudTasksClient,
    ) -> None:
        self._queues = f"projects/{project}/locations/{location}/queues/{queue_prefix}"
        self._url_base = url_base.rstrip("/")
        self._service_account = service_account
        self._urls = urls
        self._audience = audience
        self._connect = connect
        self._client: tasks_v2.CloudTasksClient | None = None

    def put(self, task: Task) -> None:
        request = self.request(task)
        for tries_left in reversed(range(_TRIES)):
            client = self._client = self._client or self._connect()
            try:
                client.create_task(request=request, timeout=PUT_SECONDS, retry=None)
            except AlreadyExists:
                return
            except InvalidArgument as error:
                raise RefusedTask(str(error)) from error
            except GoogleAPICallError as error:
                if tries_left and isinstance(error, ServerError):
                    continue
                self._client = None
                raise QueueUnavailable(f"Cloud Tasks: {type(error).__name__}: {error.message}") from error
            else:
                return

    def request(self, task: Task) -> tasks_v2.CreateTaskRequest:
        url = self._urls.get(task.function) or f"{self._url_base}/{task.function}"
        return create_task_request(
            task,
            parent=self._queues + queue_id(task.function),
            url=url,
            service_account=self._service_account,
            audience=self._audience(url),
        )

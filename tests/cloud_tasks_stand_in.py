"""Cloud Tasks on this machine: a gRPC server that speaks Google's own message types over a CloudTasksEngine.

Deliveries happen when the test says `engine.deliver_due()`; `running()` delivers in real time from a thread.
"""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from threading import Event, Thread

import grpc
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.protobuf import empty_pb2

from tests.cloud_tasks_engine import ApiError, CloudTasksEngine

_PAUSED, _RUNNING = tasks_v2.Queue.State.PAUSED, tasks_v2.Queue.State.RUNNING


class CloudTasksStandIn:
    def __init__(self, engine: CloudTasksEngine, port: int = 0) -> None:
        self.engine = engine
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("google.cloud.tasks.v2.CloudTasks", _handlers(engine)),)
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def client(self) -> tasks_v2.CloudTasksClient:
        channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        return tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))

    def stop(self) -> None:
        """Stop answering. What the engine holds stays: another stand-in may go on with it."""
        self._server.stop(None).wait()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Deliver in real time, on the engine's clock, until the block ends."""
        stopping = Event()
        thread = Thread(target=_deliver_until, args=(self.engine, stopping), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            with self.engine.changed:
                self.engine.changed.notify_all()
            thread.join()


def _deliver_until(engine: CloudTasksEngine, stopping: Event) -> None:
    while not stopping.is_set():
        if engine.deliver_one():
            continue
        with engine.changed:
            due = engine.next_due()
            seconds = 0.5 if due is None else (due - engine.clock.now()).total_seconds()
            if not stopping.is_set() and seconds > 0:
                engine.changed.wait(min(0.5, seconds))


def _handlers(engine: CloudTasksEngine) -> dict[str, grpc.RpcMethodHandler]:
    def list_queues(request):
        found = [q.config for name, q in engine.queues.items() if name.startswith(f"{request.parent}/queues/")]
        return tasks_v2.ListQueuesResponse(queues=found)

    def list_tasks(request):
        return tasks_v2.ListTasksResponse(tasks=[w.task for w in engine.queue(request.parent).waiting.values()])

    methods = {
        "CreateQueue": (tasks_v2.CreateQueueRequest, tasks_v2.Queue, lambda r: engine.create_queue(r.queue)),
        "GetQueue": (tasks_v2.GetQueueRequest, tasks_v2.Queue, lambda r: engine.queue(r.name).config),
        "ListQueues": (tasks_v2.ListQueuesRequest, tasks_v2.ListQueuesResponse, list_queues),
        "PauseQueue": (tasks_v2.PauseQueueRequest, tasks_v2.Queue, lambda r: engine.set_state(r.name, _PAUSED)),
        "ResumeQueue": (tasks_v2.ResumeQueueRequest, tasks_v2.Queue, lambda r: engine.set_state(r.name, _RUNNING)),
        "PurgeQueue": (tasks_v2.PurgeQueueRequest, tasks_v2.Queue, lambda r: engine.purge(r.name)),
        "DeleteQueue": (tasks_v2.DeleteQueueRequest, None, lambda r: engine.delete_queue(r.name)),
        "CreateTask": (tasks_v2.CreateTaskRequest, tasks_v2.Task, lambda r: engine.create_task(r.parent, r.task)),
        "GetTask": (tasks_v2.GetTaskRequest, tasks_v2.Task, lambda r: engine.task(r.name)),
        "ListTasks": (tasks_v2.ListTasksRequest, tasks_v2.ListTasksResponse, list_tasks),
        "DeleteTask": (tasks_v2.DeleteTaskRequest, None, lambda r: engine.delete_task(r.name)),
    }
    return {name: _handler(request, response, act) for name, (request, response, act) in methods.items()}


def _handler(request_type, response_type, act) -> grpc.RpcMethodHandler:
    def serve(request, context):
        try:
            answer = act(request)
        except ApiError as error:
            context.abort(error.code, str(error))
        return empty_pb2.Empty() if response_type is None else answer

    serialize = empty_pb2.Empty.SerializeToString if response_type is None else response_type.serialize
    return grpc.unary_unary_rpc_method_handler(
        serve, request_deserializer=request_type.deserialize, response_serializer=serialize
    )

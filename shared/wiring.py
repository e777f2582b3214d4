"""The only file that reads the environment and picks adapters.

Each adapter is imported and built when it is first used: a function pays for what it needs, and nothing that holds
connections or threads is born before a server forks. `start()` reads the settings early, so that a wrong one stops the
deployment and not a ticket.
"""

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from shared import wiring_alerts
from shared.callers import MIN_TOKEN, OidcClaims, SharedToken
from shared.config import file as settings_file
from shared.config.environment import Environment, two_names
from shared.config.secret_references import Secrets
from shared.config.settings import Connection, Graph, Settings, Smtp
from shared.errors import ConfigurationError
from shared.lazy import LazyQueue, LazyStore, Once
from shared.ports import App, Clock, MailChannel, PsaClient, PsaWebhook, Queue, Store
from shared.system_clock import SystemClock

_lock = threading.Lock()
_app: App | None = None


def app() -> App:
    """Return the process's App, built from the environment the first time. Raises ConfigurationError naming a lack."""
    return _app or start()


def start() -> App:
    """Build the process's App unless it is there."""
    global _app  # noqa: PLW0603 - one per process is the point
    with _lock:
        if _app is None:
            _app = build(os.environ)
        return _app


def use(replacement: App) -> None:
    """Make `replacement` the process's App: for tests and for the platform that runs on one machine."""
    global _app  # noqa: PLW0603
    with _lock:
        _app = replacement


def reset() -> None:
    """Forget the App; the next call builds it anew."""
    global _app  # noqa: PLW0603
    with _lock:
        _app = None


def build(variables: Mapping[str, str], clock: Clock | None = None) -> App:
    """Return an App for these environment variables. Only the settings file is read: adapters wait for their use."""
    clock = clock or SystemClock()
    environment, secrets = Environment(variables), Secrets(variables)
    settings = settings_file.load(Path(environment.needed("PROMISEKEEPER_SETTINGS")))
    return App(
        settings=settings,
        store=LazyStore(_store(environment)),
        queue=LazyQueue(_queue(environment, clock)),
        clock=clock,
        psa_webhook=_psa_webhook(settings, secrets),
        psa_client=_psa_client(settings, secrets),
        mail=Once(_mail(settings, secrets, environment)),
        sms=Once(wiring_alerts.sms(settings, secrets, environment)),
        chat=wiring_alerts.chat(secrets),
        sms_webhook=Once(wiring_alerts.sms_webhook(settings, secrets, environment)),
        alert_links=Once(wiring_alerts.links(settings, secrets)),
        heartbeat=Once(wiring_alerts.heartbeat(settings, secrets)),
        caller_is_ours=_callers(environment, clock),
    )


def _store(environment: Environment) -> Callable[[], Store]:
    def sqlite(path: str) -> Callable[[], Store]:
        def make() -> Store:
            from shared.adapters.sqlite_store import SqliteStore  # noqa: PLC0415

            return SqliteStore(path, durable=True)

        return make

    def firestore(where: str) -> Callable[[], Store]:
        project, database = two_names(where)

        def make() -> Store:
            from shared.adapters.firestore_store import FirestoreStore  # noqa: PLC0415

            emulator = environment.get("FIRESTORE_EMULATOR_HOST") or None
            return FirestoreStore(project, database, emulator_host=emulator)

        return make

    forms = {"sqlite": "/path", "firestore": "project/database"}
    return environment.choice("PROMISEKEEPER_STORE", forms, {"sqlite": sqlite, "firestore": firestore})


def _queue(environment: Environment, clock: Clock) -> Callable[[], Queue]:
    def embedded(path: str) -> Callable[[], Queue]:
        def make() -> Queue:
            from shared.adapters.embedded_queue import EmbeddedQueue  # noqa: PLC0415

            return EmbeddedQueue(path, clock)

        return make

    def cloud_tasks(where: str) -> Callable[[], Queue]:
        project, location = two_names(where)
        url_base = environment.needed("PROMISEKEEPER_URL_BASE", "(the address under which the functions are called)")
        account = environment.needed("PROMISEKEEPER_TASK_ACCOUNT", "(the service account that tasks are sent as)")

        def make() -> Queue:
            from shared.adapters.cloud_tasks_queue import CloudTasksQueue  # noqa: PLC0415

            return CloudTasksQueue(project, location, url_base, account)

        return make

    forms = {"embedded": "/path", "cloud-tasks": "project/location"}
    return environment.choice("PROMISEKEEPER_QUEUE", forms, {"embedded": embedded, "cloud-tasks": cloud_tasks})


def _psa_webhook(settings: Settings, secrets: Secrets) -> Callable[[str], PsaWebhook | None]:
    def make(connection: Connection) -> PsaWebhook:
        from shared.psa import webhook_for  # noqa: PLC0415

        return webhook_for(connection, secrets.signing_key)

    built = {name: Once(partial(make, connection)) for name, connection in settings.psa.items()}
    return lambda name: built[name]() if name in built else None


def _psa_client(settings: Settings, secrets: Secrets) -> Callable[[str], PsaClient]:
    def make(connection: Connection) -> PsaClient:
        from shared.psa.clients import client_for  # noqa: PLC0415

        return client_for(connection, secrets.value)

    built = {name: Once(partial(make, connection)) for name, connection in settings.psa.items()}
    return lambda name: built[name]()


def _mail(settings: Settings, secrets: Secrets, environment: Environment) -> Callable[[], MailChannel]:
    def smtp(relay: Smtp) -> MailChannel:
        from shared.channels.smtp import SmtpChannel  # noqa: PLC0415

        username = secrets.value(relay.username) if relay.username else None
        password = secrets.value(relay.password) if relay.password else None
        return SmtpChannel(relay, username, password)

    def mailbox() -> MailChannel:
        from shared.channels.mailbox import MailboxChannel  # noqa: PLC0415

        return MailboxChannel(environment.needed("PROMISEKEEPER_MAILBOX", "(where mails are kept instead of sent)"))

    def graph(tenant: Graph) -> MailChannel:
        from shared.channels.graph import GraphChannel  # noqa: PLC0415

        return GraphChannel(tenant, secrets.value(tenant.client_id), secrets.value(tenant.client_secret))

    relay, tenant = settings.mail.smtp, settings.mail.graph
    if settings.mail.channel == "graph" and tenant is not None:
        return partial(graph, tenant)
    return partial(smtp, relay) if settings.mail.channel == "smtp" and relay is not None else mailbox


def _callers(environment: Environment, clock: Clock) -> Callable[[Mapping[str, str]], bool]:
    invokers = environment.listed("PROMISEKEEPER_INVOKERS")
    if invokers:
        base = environment.get("PROMISEKEEPER_URL_BASE").rstrip("/")
        audiences = environment.listed("PROMISEKEEPER_AUDIENCES") or [f"{base}/{environment.get('FUNCTION_TARGET')}"]
        if not base and not environment.get("PROMISEKEEPER_AUDIENCES"):
            raise ConfigurationError("PROMISEKEEPER_INVOKERS needs PROMISEKEEPER_URL_BASE or PROMISEKEEPER_AUDIENCES")
        return OidcClaims(frozenset(invokers), frozenset(audiences), clock.now)
    token = environment.needed("PROMISEKEEPER_TASK_TOKEN", "(or PROMISEKEEPER_INVOKERS in the cloud)")
    if len(token) < MIN_TOKEN:
        raise ConfigurationError(f"PROMISEKEEPER_TASK_TOKEN needs at least {MIN_TOKEN} characters")
    return SharedToken(token)

"""The only file that reads the environment and picks adapters.

Each adapter is imported and built when it is first used: a function pays for what it needs, and nothing that holds
connections or threads is born before a server forks. `start()` reads the settings early, so that a wrong one stops the
deployment and not a ticket.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from shared import settings_file
from shared.callers import MIN_TOKEN, OidcClaims, SharedToken
from shared.errors import ConfigurationError
from shared.lazy import LazyQueue, LazyStore, Once
from shared.ports import App, Clock, MailChannel, PsaClient, PsaWebhook, Queue, Store
from shared.secret_references import Secrets
from shared.settings import Settings

T = TypeVar("T")

_lock = threading.Lock()
_app: App | None = None


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


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


def build(environ: Mapping[str, str], clock: Clock | None = None) -> App:
    """Return an App for `environ`. Only the settings file is read; adapters wait for their first use."""
    clock = clock or SystemClock()
    settings = settings_file.load(Path(_needed(environ, "PROMISEKEEPER_SETTINGS")))
    secrets = Secrets(environ)
    return App(
        settings=settings,
        store=LazyStore(_store(environ)),
        queue=LazyQueue(_queue(environ, clock)),
        clock=clock,
        psa_webhook=_psa_webhook(settings, secrets),
        psa_client=_psa_client(settings, secrets),
        mail=Once(lambda: _mail(settings, secrets, environ)),
        caller_is_ours=_callers(environ, clock),
    )


def _store(environ: Mapping[str, str]) -> Callable[[], Store]:
    kind, where = _choice(environ, "PROMISEKEEPER_STORE", "sqlite:/path or firestore:project/database")

    def sqlite() -> Store:
        from shared.adapters.sqlite_store import SqliteStore  # noqa: PLC0415

        return SqliteStore(where, durable=True)

    def firestore() -> Store:
        from shared.adapters.firestore_store import FirestoreStore  # noqa: PLC0415

        return FirestoreStore(*_pair(where, "PROMISEKEEPER_STORE"))

    return _pick("PROMISEKEEPER_STORE", kind, {"sqlite": sqlite, "firestore": firestore})


def _queue(environ: Mapping[str, str], clock: Clock) -> Callable[[], Queue]:
    kind, where = _choice(environ, "PROMISEKEEPER_QUEUE", "embedded:/path or cloud-tasks:project/location")

    def embedded() -> Queue:
        from shared.adapters.embedded_queue import EmbeddedQueue  # noqa: PLC0415

        return EmbeddedQueue(where, clock)

    def cloud_tasks() -> Queue:
        from shared.adapters.cloud_tasks_queue import CloudTasksQueue  # noqa: PLC0415

        project, location = _pair(where, "PROMISEKEEPER_QUEUE")
        return CloudTasksQueue(
            project=project,
            location=location,
            url_base=_needed(environ, "PROMISEKEEPER_URL_BASE"),
            service_account=_needed(environ, "PROMISEKEEPER_TASK_ACCOUNT"),
        )

    return _pick("PROMISEKEEPER_QUEUE", kind, {"embedded": embedded, "cloud-tasks": cloud_tasks})


def _psa_webhook(settings: Settings, secrets: Secrets) -> Callable[[str], PsaWebhook | None]:
    def build_webhook(name: str) -> PsaWebhook:
        from shared.psa import webhook_for  # noqa: PLC0415

        return webhook_for(settings.psa[name], secrets.signing_key)

    built = {name: Once(lambda name=name: build_webhook(name)) for name in settings.psa}  # type: ignore[misc]
    return lambda name: built[name]() if name in built else None


def _psa_client(settings: Settings, secrets: Secrets) -> Callable[[str], PsaClient]:
    def build_client(name: str) -> PsaClient:
        from shared.psa.clients import client_for  # noqa: PLC0415

        return client_for(settings.psa[name], secrets.value)

    built = {name: Once(lambda name=name: build_client(name)) for name in settings.psa}  # type: ignore[misc]
    return lambda name: built[name]()


def _mail(settings: Settings, secrets: Secrets, environ: Mapping[str, str]) -> MailChannel:
    smtp = settings.mail.smtp
    if settings.mail.channel == "smtp" and smtp is not None:
        from shared.channels.smtp import SmtpChannel  # noqa: PLC0415

        username = secrets.value(smtp.username) if smtp.username else None
        password = secrets.value(smtp.password) if smtp.password else None
        return SmtpChannel(smtp, username, password)
    from shared.channels.mailbox import MailboxChannel  # noqa: PLC0415

    return MailboxChannel(_needed(environ, "PROMISEKEEPER_MAILBOX"))


def _callers(environ: Mapping[str, str], clock: Clock) -> Callable[[Mapping[str, str]], bool]:
    invokers = frozenset(_list(environ, "PROMISEKEEPER_INVOKERS"))
    if invokers:
        target = environ.get("FUNCTION_TARGET", "")
        audiences = _list(environ, "PROMISEKEEPER_AUDIENCES") or [
            f"{_needed(environ, 'PROMISEKEEPER_URL_BASE').rstrip('/')}/{target}"
        ]
        return OidcClaims(invokers, frozenset(audiences), clock.now)
    token = _needed(environ, "PROMISEKEEPER_TASK_TOKEN", "or PROMISEKEEPER_INVOKERS in the cloud")
    if len(token) < MIN_TOKEN:
        raise ConfigurationError(f"PROMISEKEEPER_TASK_TOKEN needs at least {MIN_TOKEN} characters")
    return SharedToken(token)


def _needed(environ: Mapping[str, str], name: str, otherwise: str = "") -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigurationError(" ".join(f"{name} is not set {otherwise}".split()))
    return value


def _list(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environ.get(name, "").split(",") if part.strip()]


def _choice(environ: Mapping[str, str], name: str, forms: str) -> tuple[str, str]:
    kind, _, where = _needed(environ, name, f"(write {forms})").partition(":")
    if not where:
        raise ConfigurationError(f"{name} is written {forms}")
    return kind, where


def _pick(name: str, kind: str, makers: Mapping[str, Callable[[], T]]) -> Callable[[], T]:
    if kind not in makers:
        raise ConfigurationError(f"{name} starts with {' or '.join(f'{known}:' for known in makers)}")
    return makers[kind]


def _pair(text: str, name: str) -> tuple[str, str]:
    first, _, second = text.partition("/")
    if not first or not second:
        raise ConfigurationError(f"{name} needs two names with a slash between them")
    return first, second

"""The MSP's settings: one YAML file, every field checked, unknown keys refused, secrets given by reference."""

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from shared.calendar import BusinessCalendar
from shared.calendar_spec import CalendarSpec
from shared.config.alerts import AlertSettings
from shared.config.fields import Address, BusinessHours, HttpsUrl, Minutes, SecretReference, Section
from shared.models.ticket import TicketState, Touchpoint


class Msp(Section):
    """Who writes. `own_domains` never receive client mail: a mail to ourselves is a loop."""

    name: str = Field(min_length=1, max_length=80)
    mail_from: Address
    mail_name: str = Field(default="", max_length=80)
    reply_to: Address | None = None
    own_domains: tuple[str, ...] = ()
    language: Literal["en", "de"] = "en"
    signature: str = Field(default="", max_length=200)


class ConnectWise(Section):
    """ConnectWise PSA. `signing_keys` come from the callback's key_url, read once at registration."""

    kind: Literal["connectwise"]
    base_url: HttpsUrl
    company: str
    public_key: SecretReference
    private_key: SecretReference
    client_id: SecretReference
    signing_keys: tuple[SecretReference, ...] = Field(min_length=1)
    api_member: str = ""


class Autotask(Section):
    """Autotask PSA. `api_resource_id` is our own API user: its changes never come back as news."""

    kind: Literal["autotask"]
    base_url: HttpsUrl
    username: SecretReference
    secret: SecretReference
    integration_code: SecretReference
    signing_keys: tuple[SecretReference, ...] = Field(min_length=1)
    api_resource_id: str = ""


class HaloPsa(Section):
    """HaloPSA: it signs nothing, so its webhooks come with a user name and password (Basic) of our choice."""

    kind: Literal["halopsa"]
    base_url: HttpsUrl
    tenant: str = ""
    client_id: SecretReference
    client_secret: SecretReference
    webhook_user: str
    webhook_passwords: tuple[SecretReference, ...] = Field(min_length=1)
    api_agent_id: str = ""


class Generic(Section):
    """Any other system that can send signed webhooks (Standard Webhooks) and, for repairs, answer two GET requests."""

    kind: Literal["generic"]
    base_url: HttpsUrl | None = None
    token: SecretReference | None = None
    signing_keys: tuple[SecretReference, ...] = Field(min_length=1)
    api_user: str = ""


class StatusMap(Section):
    """What the PSA's statuses mean. Keys are labels or ids as the PSA sends them, in any case."""

    new: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    waiting_on_client: tuple[str, ...] = ()
    waiting_on_vendor: tuple[str, ...] = ()
    scheduled: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _each_status_means_one_thing(self) -> "StatusMap":
        seen: dict[str, str] = {}
        for state in type(self).model_fields:
            for label in getattr(self, state):
                other = seen.setdefault(label.casefold(), state)
                if other != state:
                    raise ValueError(f"the status {label!r} stands under both {other} and {state}; keep one")
        if not seen:
            raise ValueError("no status is mapped: without a meaning for its statuses no client can be told anything")
        return self

    def state(self, status: str) -> TicketState:
        """Return what `status` means; UNKNOWN when nobody said so."""
        return self._meanings.get(status.strip().casefold(), TicketState.UNKNOWN)

    @cached_property
    def _meanings(self) -> dict[str, TicketState]:
        fields = type(self).model_fields
        return {label.casefold(): TicketState(state) for state in fields for label in getattr(self, state)}


class Connection(Section):
    """One PSA. Its name is part of the webhook's URL: /psa_webhook/<name>."""

    system: Annotated[ConnectWise | Autotask | HaloPsa | Generic, Field(discriminator="kind")]
    statuses: StatusMap
    sweep_max_calls: int = Field(default=60, ge=1, le=2000)
    ignored_boards: tuple[str, ...] = ()

    @property
    def can_be_read(self) -> bool:
        """True if the system has an address to read from; one that only sends cannot be repaired by sweeps."""
        return self.system.base_url is not None

    @property
    def lists_the_present(self) -> bool:
        """True if its list of changed tickets shows each as it is now; False for a feed of every version it had."""
        return self.system.kind != "generic"


class Promises(Section):
    """How long a client waits at most for the next word, in business hours, by priority; `default` for all others."""

    default: BusinessHours = 16
    by_priority: dict[str, BusinessHours] = Field(default={})
    waiting_on_vendor: BusinessHours | None = None

    def hours(self, priority: str | None, state: TicketState) -> float:
        """Return the business hours until the next update is due."""
        wanted = (priority or "").casefold()
        hours = next((h for name, h in self.by_priority.items() if name.casefold() == wanted), self.default)
        if state is TicketState.WAITING_ON_VENDOR and self.waiting_on_vendor is not None:
            return max(hours, self.waiting_on_vendor)
        return hours


_DEFAULT_TOUCHPOINTS = (
    Touchpoint.RECEIVED,
    Touchpoint.TRIAGED,
    Touchpoint.ASSIGNED,
    Touchpoint.NEEDS_YOU,
    Touchpoint.WAITING_ON_VENDOR,
    Touchpoint.PROGRESS,
    Touchpoint.RESOLVED,
    Touchpoint.REOPENED,
)


class Updates(Section):
    """When a client hears from us. The defaults are right for most; each client may have its own (see `clients`)."""

    enabled: bool = True
    touchpoints: tuple[Touchpoint, ...] = _DEFAULT_TOUCHPOINTS
    calendar: str = "office"
    hold_minutes: Minutes = Field(default=3, gt=0)
    per_day: int = Field(default=5, ge=1, le=20)
    optional_per_ticket: int = Field(default=2, ge=0, le=50)
    holding_notes_in_a_row: int = Field(default=2, ge=0, le=5)
    nudge_at_percent: int = Field(default=70, ge=1, le=99)
    too_late_hours: float = Field(default=24, gt=0, le=24 * 30)
    promises: Promises = Promises()

    @property
    def hold(self) -> timedelta:
        """How long a fact must have stood before it is told."""
        return timedelta(minutes=self.hold_minutes)


class ClientSettings(Section):
    """What is different for one client. `company` is its name or id in the PSA. What is left out stays as for all."""

    company: str
    language: Literal["en", "de"] | None = None
    mail_domains: tuple[str, ...] = ()
    updates: Updates | None = None


_S = TypeVar("_S", bound=Section)


def _laid_over(base: _S, own: _S | None) -> _S:
    """Return `base` with what `own` itself says; what `own` leaves to the defaults stays as it is in `base`."""
    said: dict[str, object] = {}
    for name in own.model_fields_set if own else ():
        before, value = getattr(base, name), getattr(own, name)
        if isinstance(value, Section):
            value = _laid_over(before, value)
        elif isinstance(value, dict):
            again = {key.casefold() for key in value}
            value = {key: held for key, held in before.items() if key.casefold() not in again} | value
        said[name] = value
    return base.model_copy(update=said)


class Smtp(Section):
    """A mail relay. Port 465 speaks TLS from the start; any other port must offer STARTTLS unless `plain` is set."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    username: SecretReference | None = None
    password: SecretReference | None = None
    plain: bool = False
    timeout_seconds: float = Field(default=30, gt=0, le=120)
    final_timeout_seconds: float = Field(default=120, gt=0, le=600)


class Graph(Section):
    """Microsoft 365 through Microsoft Graph: an app registration with the application permission Mail.Send.

    `mailbox` is the user or shared mailbox that sends; let an application access policy bind the app to it alone.
    """

    tenant: str
    client_id: SecretReference
    client_secret: SecretReference
    mailbox: Address
    base_url: HttpsUrl = "https://graph.microsoft.com"
    login_url: HttpsUrl = "https://login.microsoftonline.com"
    timeout_seconds: float = Field(default=30, gt=0, le=120)


class MailSettings(Section):
    """`mailbox` keeps every mail here, to be looked at; `smtp` and `graph` send."""

    channel: Literal["mailbox", "smtp", "graph"] = "mailbox"
    smtp: Smtp | None = None
    graph: Graph | None = None
    write_back: bool = True
    expires_hours: float = Field(default=48, gt=0, le=24 * 14)

    @model_validator(mode="after")
    def _a_channel_that_sends_is_described(self) -> "MailSettings":
        if self.channel == "smtp" and self.smtp is None:
            raise ValueError("channel is smtp, so a section smtp with host and port is needed")
        if self.channel == "graph" and self.graph is None:
            raise ValueError("channel is graph, so a section graph with tenant, client and mailbox is needed")
        return self


class Settings(Section):
    """The whole file."""

    msp: Msp
    calendars: dict[str, CalendarSpec]
    psa: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")], Connection] = Field(min_length=1)
    updates: Updates = Updates()
    clients: tuple[ClientSettings, ...] = ()
    mail: MailSettings = MailSettings()
    alerts: AlertSettings = AlertSettings()

    @model_validator(mode="after")
    def _routes_know_their_calendar(self) -> "Settings":
        for route in self.alerts.routes:
            if route.calendar is not None and route.calendar not in self.calendars:
                raise ValueError(f"alerts.routes: the calendar {route.calendar!r} is not defined")
        return self

    @model_validator(mode="after")
    def _calendars_exist(self) -> "Settings":
        of_clients = ((client.company, self.updates_for(None, client.company)) for client in self.clients)
        for where, updates in [("updates", self.updates), *of_clients]:
            if updates.calendar not in self.calendars:
                known = ", ".join(sorted(self.calendars)) or "none"
                raise ValueError(f"{where}: the calendar {updates.calendar!r} is not defined (defined: {known})")
        return self

    def calendar(self, name: str) -> BusinessCalendar:
        """Return the business calendar of that name; built once, and thread-safe."""
        return self._calendars[name]

    @cached_property
    def _calendars(self) -> dict[str, BusinessCalendar]:
        return {name: BusinessCalendar(spec) for name, spec in self.calendars.items()}

    def client(self, company_id: str | None, company: str | None) -> ClientSettings | None:
        """Return the client's own settings, found by PSA id or by name; None if it has none."""
        for name in (company_id, company):
            if name and (client := self._clients.get(name.casefold())):
                return client
        return None

    @cached_property
    def _clients(self) -> dict[str, ClientSettings]:
        return {client.company.casefold(): client for client in self.clients}

    def updates_for(self, company_id: str | None, company: str | None) -> Updates:
        """Return what holds for a client: the updates for all, with what its own section says laid over them."""
        client = self.client(company_id, company)
        return self._updates[client.company.casefold()] if client else self.updates

    @cached_property
    def _updates(self) -> dict[str, Updates]:
        return {name: _laid_over(self.updates, client.updates) for name, client in self._clients.items()}

    def language_for(self, company_id: str | None, company: str | None) -> str:
        client = self.client(company_id, company)
        return client.language if client and client.language else self.msp.language

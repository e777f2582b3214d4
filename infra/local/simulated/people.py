"""Harbour Lane IT: twelve technicians, three PSAs (it bought two others), ten clients. All of them are invented."""

import unicodedata
from dataclasses import dataclass

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Client:
    """A company with its people; its mail domain follows from `domain`."""

    name: str
    domain: str
    people: tuple[str, ...]
    german: bool = False
    vip: bool = False

    def address(self, person: str) -> str:
        first, last = person.lower().split(" ")[-2:]
        return f"{_plain(first)}.{_plain(last)}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Group:
    """One PSA with the technicians who work in it and the clients whose tickets it holds.

    `statuses` are the words of this PSA for our states, in the order in which the tenant learnt them: Autotask's ids
    follow from that order.
    """

    connection: str
    kind: str
    technicians: tuple[str, ...]
    clients: tuple[Client, ...]
    statuses: dict[str, str]
    priorities: dict[str, str]


_PLAIN = {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low"}

GROUPS = (
    Group(
        connection="connectwise",
        kind="connectwise",
        technicians=("Aoife Brennan", "Cian Doyle", "Niamh Byrne", "Sunil Rao", "Jakob Lindner", "Marta Kowalska"),
        clients=(
            Client(
                "Liffey Legal", "liffeylegal.example", ("Orla Keane", "Declan Roche", "Fionnuala O'Shea", "Paul Tan")
            ),
            Client(
                "Castlebar Dental Group",
                "castlebardental.example",
                ("Siobhán Moran", "Ken Adebayo", "Ruth Gallagher", "Eimear Walsh"),
            ),
            Client("Ballymore Freight", "ballymorefreight.example", ("Gary Nolan", "Ewa Zielińska", "Tom Hickey")),
            Client(
                "Brandt Maschinenbau GmbH",
                "brandt-maschinenbau.example",
                ("Jürgen Brandt", "Sabine Krüger", "Björn Weiß", "Heike Vogel"),
                german=True,
            ),
        ),
        statuses={
            "new": "New",
            "in_progress": "In Progress",
            "waiting_on_client": "Waiting on Customer",
            "answered": "Customer Updated",
            "waiting_on_vendor": "Waiting on Vendor",
            "resolved": "Completed",
            "reopened": "Re-Opened",
            "closed": ">Closed",
        },
        priorities={
            "critical": "Priority 1 - Critical",
            "high": "Priority 2 - High",
            "medium": "Priority 3 - Medium",
            "low": "Priority 4 - Low",
        },
    ),
    Group(
        connection="autotask",
        kind="autotask",
        technicians=("Tomás Keating", "Grace Adeyemi", "Liam Fitzgerald"),
        clients=(
            Client("Lee Valley Foods", "leevalleyfoods.example", ("Maura Crowley", "Ahmed Siddiqui", "Pat Lehane")),
            Client(
                "Munster Credit Union", "munstercu.example", ("Noreen Casey", "Colm Barry", "Lucy Chen", "Sheila Dunne")
            ),
            Client("Shandon Architects", "shandonarch.example", ("Isabel Reyes", "Rory Coughlan")),
        ),
        statuses={  # Autotask numbers them: New is 1 and Complete is 5 everywhere, the others are each database's own
            "new": "New",
            "answered": "Customer Note Added",
            "waiting_on_client": "Waiting Customer",
            "in_progress": "In Progress",
            "waiting_on_vendor": "Waiting Vendor",
            "reopened": "Reopened",
            "resolved": "Complete",
            "closed": "Complete",
        },
        priorities=_PLAIN,
    ),
    Group(
        connection="halo",
        kind="halopsa",
        technicians=("Priya Nair", "Owen Hughes", "Inês Duarte"),
        clients=(
            Client(
                "Lagan Medical Centre",
                "laganmedical.example",
                ("Dr Helen Quinn", "Stephen Mawhinney", "Amira Hassan", "Joanne McCord"),
                vip=True,
            ),
            Client("Cathedral Quarter Studios", "cqstudios.example", ("Zoë Irwin", "Marcus Bell", "Kirsty Boyd")),
            Client("Antrim Timber", "antrimtimber.example", ("Alan Purdy", "Rhona Magee")),
        ),
        statuses={
            "new": "New",
            "in_progress": "In Progress",
            "waiting_on_client": "With User",
            "answered": "Updated by User",
            "waiting_on_vendor": "With Supplier",
            "resolved": "Resolved",
            "reopened": "Re-Opened",
            "closed": "Closed",
        },
        priorities=_PLAIN,
    ),
)


def login(name: str) -> str:
    """Return how a PSA names a technician: Aoife Brennan is ABrennan."""
    first, _, last = name.partition(" ")
    return _plain(f"{first[0]}{last}")


def _plain(name: str) -> str:
    """Return the letters of a name as a mail address has them: Zielińska is zielinska, Krüger is krueger."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_GERMAN))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())

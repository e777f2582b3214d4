"""The rules about who may use what, read off the source. Each rule yields a sentence for every place that breaks it."""

import ast
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

Rule = Callable[[str, ast.Module], Iterator[str]]

CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "datetime.datetime.utcnow",
    "datetime.date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime",
}  # fmt: skip
DICE = {"uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1", "os.urandom", "urandom"}
VERBS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "send"}
CONNECTING = {"smtplib.SMTP", "smtplib.SMTP_SSL", "socket.create_connection", "http.client.HTTPSConnection"}


def imports(tree: ast.Module, path: str) -> Iterator[str]:
    """Yield every imported name in full, wherever it stands: `from a.b import c` is `a.b.c`."""
    package = PurePosixPath(path).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    return ((ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def functions_stand_alone(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith("functions/") or path == "functions/__init__.py":
        return
    own = f"functions.{path.split('/')[1]}"
    for name in imports(tree, path):
        if within(name, "functions") and not within(name, own):
            yield f"imports {name} of another function"
        if within(name, "shared.adapters", "shared.channels", "shared.wiring", "infra", "tests"):
            yield f"imports {name}: a function gets it through App"


def shared_knows_no_function(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("shared/"):
        yield from (f"imports {name}" for name in imports(tree, path) if within(name, "functions", "infra", "tests"))


def adapters_are_picked_in_one_place(path: str, tree: ast.Module) -> Iterator[str]:
    for name in imports(tree, path):
        for package in ("shared.adapters", "shared.channels"):
            if within(name, package) and not path.startswith((package.replace(".", "/"), "shared/wiring", "infra/")):
                yield f"imports {name}: wiring picks adapters"
        if within(name, "shared.wiring") and path.startswith("shared/") and path != "shared/runtime.py":
            yield f"imports {name}: only the edge asks for the App"


def libraries_have_homes(path: str, tree: ast.Module) -> Iterator[str]:
    homes = {
        "google": ("shared/adapters/",),
        "grpc": ("shared/adapters/",),
        "sqlite3": ("shared/adapters/", "shared/channels/mailbox", "shared/channels/phone"),
        "requests": ("shared/psa/", "shared/channels/"),
        "urllib3": ("shared/psa/", "shared/channels/"),
        "urllib.request": (),
        "http.client": (),
        "smtplib": ("shared/channels/",),
        "flask": ("shared/runtime.py", "shared/edge/", "functions/"),
        "functions_framework": ("shared/runtime.py",),
        "importlib": (),
    }
    if path.startswith("infra/"):
        return
    for name in imports(tree, path):
        for library, allowed in homes.items():
            if within(name, library) and not path.startswith(allowed):
                yield f"imports {name}, which has its home in {' and '.join(allowed) or 'infra'}"


def one_place_reads_the_environment(path: str, tree: ast.Module) -> Iterator[str]:
    if path == "shared/wiring.py" or path.startswith("infra/"):
        return
    yield from (f"imports {name}" for name in imports(tree, path) if name in ("os.environ", "os.getenv", "os.environb"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb"):
            yield f"reads {ast.unparse(node)}: only wiring reads the environment"


def one_place_has_clock_and_dice(path: str, tree: ast.Module) -> Iterator[str]:
    if path == "shared/system_clock.py" or path.startswith("infra/"):
        return
    for name, _ in calls(tree):
        if name in CLOCKS or name.endswith((".utcnow", "datetime.now")):
            yield f"calls {name}: time comes from app.clock or the tick"
        if name in DICE:
            yield f"calls {name}: ids are computed"
    for name in imports(tree, path):
        if within(name, "random", "secrets"):
            yield f"imports {name}: nothing is drawn"
        if name in ("time.time", "time.time_ns", "uuid.uuid4", "os.urandom"):
            yield f"imports {name}: no clock and no dice of its own"


def outgoing_calls_are_bounded(path: str, tree: ast.Module) -> Iterator[str]:
    uses_requests = any(within(name, "requests") for name in imports(tree, path))
    for name, call in calls(tree):
        receiver, _, verb = name.rpartition(".")
        goes_out = uses_requests and verb in VERBS and (receiver == "requests" or "session" in receiver.lower())
        if (goes_out or name in CONNECTING) and not any(keyword.arg == "timeout" for keyword in call.keywords):
            yield f"calls {name} in line {call.lineno} without a timeout"


def rules_do_nothing_but_decide(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith("functions/") or not path.endswith("/rules.py"):
        return
    for name in imports(tree, path):
        if within(name, "flask", "requests", "shared.runtime", "shared.edge", "shared.psa.clients", "shared.ports.App"):
            yield f"imports {name}: a rule is a pure function"


RULES: tuple[Rule, ...] = (
    functions_stand_alone,
    shared_knows_no_function,
    adapters_are_picked_in_one_place,
    libraries_have_homes,
    one_place_reads_the_environment,
    one_place_has_clock_and_dice,
    outgoing_calls_are_bounded,
    rules_do_nothing_but_decide,
)


def breaches(path: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield the rule's name and the sentence for each place of one file that breaks a rule."""
    tree = ast.parse(source, path)
    for rule in RULES:
        yield from ((rule.__name__, sentence) for sentence in rule(path, tree))

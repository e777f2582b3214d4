"""A chat through Apprise: what is known of a post's fate, and that outside text acts on nothing."""

import builtins
import json
import logging
import sys
import time

import pytest
import requests

from shared.channels.chat import AppriseChat
from shared.channels.chat_text import plain
from shared.chat.post import ChatPost
from shared.errors import ConfigurationError
from shared.ports import Receipt, SendFailed, SendUncertain
from tests.fakes.chat_hook import ChatHook
from tests.fakes.scripted_http import DROP, TAKE_AND_DROP, TAKE_AND_STALL, Told

POST = ChatPost(
    id="notice-1", title="Update overdue", text="Ticket #4711 of Lakeside Clinic\nhttps://msp.example/n/a_b-c"
)
EVIL = "@everyone <!channel> <at>Dana</at> <https://evil.example|ok> [ok](https://evil.example) *b* _i_ `c` ~s~ # h"
IMPATIENT = 0.3

SERVICES = [
    "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "workflows://prod-1.westeurope.logic.azure.com:443/4f3e2d1c0b9a/sIgNaTuRe",
    "gchat://workspace/webhook-key/webhook-token",
    "mmosts://chat.northwind.example/aaaaaaaaaaaaaaaaaaaaaaaaaa",
]


def nothing() -> None:
    """Commit to nothing."""


@pytest.fixture
def hook():
    with ChatHook() as fake:
        yield fake


@pytest.fixture
def wire(monkeypatch):
    """What would go out to services whose address cannot be changed; `answers` are the statuses that come back."""

    class Wire:
        def __init__(self):
            self.sent: list[tuple[str, dict, dict]] = []
            self.answers: list[int] = []
            self.headers: dict[str, str] = {}

    wire = Wire()

    def record(method, url, **options):
        wire.sent.append((url, json.loads(options["data"]), options))
        response = requests.Response()
        response.status_code = wire.answers.pop(0) if wire.answers else 200
        response._content = b"ok"
        response.headers.update(wire.headers)
        return response

    monkeypatch.setattr(requests, "request", record)
    monkeypatch.setattr(requests, "post", lambda url, **options: record("POST", url, **options))
    return wire


# ── what is known of a post ────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_arrives_with_its_title_and_its_link_whole(hook):
    assert AppriseChat(hook.chat_url).send(POST, nothing) == Receipt(reference="")
    assert hook.posts == [(POST.title, POST.text)]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413])
def test_a_refusal_is_for_good_and_names_its_status(hook, status):
    hook.faults.append((hook.path, Told(status, b"", {"Location": f"{hook.url}/elsewhere"})))
    with pytest.raises(SendFailed, match=f"HTTP {status}") as failed:
        AppriseChat(hook.chat_url).send(POST, nothing)

    assert failed.value.permanent
    assert len(hook.asked) == 1


@pytest.mark.parametrize("status", [425, 429])
def test_a_busy_chat_is_tried_again(hook, status):
    hook.faults.append((hook.path, Told(status, b"", {"Retry-After": "9"})))
    with pytest.raises(SendFailed) as failed:
        AppriseChat(hook.chat_url).send(POST, nothing)

    assert not failed.value.permanent
    assert failed.value.retry_after is None
    assert hook.posts == []


@pytest.mark.parametrize("act", [Told(408), Told(500), Told(503), DROP, TAKE_AND_DROP, TAKE_AND_STALL])
def test_no_clear_answer_is_a_doubt(hook, act):
    hook.faults.append((hook.path, act))
    started = time.monotonic()
    with pytest.raises(SendUncertain):
        AppriseChat(hook.chat_url, IMPATIENT).send(POST, nothing)

    assert time.monotonic() - started < 5
    assert len(hook.asked) == 1


def test_a_service_that_may_need_several_requests_is_never_sure_of_a_refusal(wire):
    wire.answers = [403]
    with pytest.raises(SendUncertain):
        AppriseChat("rocket://hook/webhook@chat.northwind.example/#alerts?mode=webhook").send(POST, nothing)


@pytest.mark.parametrize("url", SERVICES)
def test_the_services_that_are_named_make_one_request_for_a_post(wire, url):
    AppriseChat(url).send(POST, nothing)
    assert len(wire.sent) == 1

    wire.answers = [404]
    with pytest.raises(SendFailed, match="HTTP 404"):
        AppriseChat(url).send(POST, nothing)
    assert len(wire.sent) == 2
    assert wire.sent[-1][2]["timeout"] == (5.0, 20)
    assert wire.sent[-1][2]["allow_redirects"] is False
    assert wire.sent[-1][2]["verify"] is True


def test_a_chat_that_is_used_up_is_not_waited_for(wire):
    wire.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 30)}
    chat = AppriseChat(SERVICES[0])
    chat.send(POST, nothing)
    wire.answers = [429, 429]
    started = time.monotonic()
    with pytest.raises(SendFailed) as failed:
        chat.send(POST, nothing)

    assert not failed.value.permanent
    assert time.monotonic() - started < 4


def test_many_posts_in_a_row_wait_for_nothing(hook):
    chat = AppriseChat(hook.chat_url)
    started = time.monotonic()
    for _ in range(5):
        chat.send(POST, nothing)

    assert len(hook.posts) == 5
    assert time.monotonic() - started < 4  # Apprise alone would wait 5.5 s between two


# ── the URL ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_url_asks_for_neither_repeats_nor_hides_a_failure(hook):
    chat = AppriseChat(hook.chat_url + "?retry=3&wait=5&optional=yes&redirect=yes&rto=600&format=html&emojis=yes")
    hook.faults.append((hook.path, Told(404)))
    with pytest.raises(SendFailed):
        chat.send(POST, nothing)
    assert len(hook.asked) == 1

    chat.send(POST, nothing)
    assert hook.posts == [(POST.title, POST.text)]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3cr3t", "not one that Apprise knows"),
        ("nonsense://s3cr3t", "not one that Apprise knows"),
        ("", "not one that Apprise knows"),
        ("slack://s3cr3t", "not one that Apprise knows"),
        ("mmosts://chat.example/aaaaaaaaaaaaaaaaaaaaaaaaaa?to=one,two", "several targets"),
        ("jsons://host/s3cr3t?verify=no", "certificate"),
        ("workflows://host:443/s3cr3t/signature?template=/etc/passwd", "template"),
    ],
)
def test_a_url_that_cannot_be_used_is_a_wrong_setting_and_not_repeated(url, words, capfd):
    with pytest.raises(ConfigurationError, match=words) as wrong:
        AppriseChat(url)

    assert "s3cr3t" not in str(wrong.value)
    assert "s3cr3t" not in "".join(capfd.readouterr())


def test_the_url_and_the_post_reach_no_log(hook, capfd):
    everything: list[logging.LogRecord] = []
    root = logging.getLogger()
    listener = logging.Handler()
    listener.emit = everything.append
    root.addHandler(listener)
    logging.getLogger("apprise").setLevel(logging.DEBUG)  # as somebody may have done who looked for something else
    try:
        hook.faults.append((hook.path, DROP))
        chat = AppriseChat(hook.chat_url)
        with pytest.raises(SendUncertain) as failed:
            chat.send(POST, nothing)
        chat.send(POST, nothing)
    finally:
        root.removeHandler(listener)

    assert not [record for record in everything if record.name == "apprise"]
    seen = "".join(capfd.readouterr()) + str(failed.value)
    assert "Lakeside" not in seen
    assert "s3cr3t" not in seen


def test_without_the_library_the_settings_say_what_to_install(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.partition(".")[0] == "apprise":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigurationError, match=r"pip install apprise==2\.2\.0.*infra/requirements-chat\.txt"):
        AppriseChat("json://127.0.0.1")


def test_nothing_but_the_chat_itself_loads_the_library():
    loaded = "import sys, shared.channels.chat; print('apprise' in sys.modules)"
    import subprocess

    assert (
        subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "False\n"
    )


# ── outside text ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("url", SERVICES)
def test_outside_text_calls_nobody_and_formats_nothing(wire, url):
    AppriseChat(url).send(ChatPost(id="1", title=EVIL, text=f"{EVIL}\n# heading\n{EVIL}"), nothing)
    everything = json.dumps(wire.sent[0][1], ensure_ascii=False)

    for acting in ("@everyone", "<!", "<at", "<http", "](", "*b*", "`c`", "~s~", "_i_", "\n# ", "&lt;"):
        assert acting not in everything.replace("\\n", "\n")
    assert "allow_mentions" not in everything
    assert '"mention"' not in everything


def test_an_empty_post_is_refused_and_a_title_alone_is_posted(hook):
    chat = AppriseChat(hook.chat_url)
    with pytest.raises(SendFailed, match="nothing to post") as failed:
        chat.send(ChatPost(id="1", title=" ", text="\n\u200b\n"), nothing)
    chat.send(ChatPost(id="1", title="All quiet", text=""), nothing)

    assert failed.value.permanent
    assert hook.posts == [("", "All quiet")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SRV_DB_01 is at 95 % (was 80 %)", "SRV_DB_01 is at 95 % (was 80 %)"),
        ("https://msp.example:8443/n/_a-b_?x=1&y=2#z", "https://msp.example:8443/n/＿a-b＿?x=1&y=2#z"),
        ("https://msp.example:8443/n/_a-b_?x=1&y=2", "https://msp.example:8443/n/_a-b_?x=1&y=2"),
        ("https://msp.example/@everyone", "https://msp.example/@\u200beveryone"),
        ("a\u202eb\x00c\u200bd", "ab cd"),
        ("one\r\ntwo\n\nfour", "one\ntwo\n\nfour"),
        ("[#4711] printer", "[#4711] printer"),
        ("[x][y] :tada: 08:30:00", "[x]\u200b[y] :\u200btada: 08:30:00"),
        ("__init__ _a b_ _ # no", "＿＿init＿＿ ＿a b＿ ＿ # no"),
        ("# yes\n====\n- a list\n---", "\u200b# yes\n\u200b====\n- a list\n\u200b---"),
        ("dana@client.example", "dana@\u200bclient.example"),
        (r"C:\Temp\*", "C:∖Temp∖∗"),
    ],
)
def test_text_stays_readable(text, shown):
    assert plain(text, 500) == shown


def test_no_text_is_longer_than_a_chat_takes(wire):
    AppriseChat(SERVICES[0]).send(ChatPost(id="1", title="t" * 999, text="@x" * 9000), nothing)

    assert len(json.dumps(wire.sent[0][1], ensure_ascii=False)) < 2600

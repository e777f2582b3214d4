"""What the dialogue with a relay asks of its connection."""

import socket
from contextlib import closing

from shared.channels.smtp_dialogue import connected
from shared.mail.mail import Mail
from tests.fakes.smtp_relay import ScriptedRelay

MAIL = Mail(message_id="<1@msp.example>", sender="a@msp.example", recipient="b@client.example", subject="s", raw=b"")


def test_the_dot_does_not_wait_until_the_relay_acknowledges_the_content():
    with ScriptedRelay() as relay:
        dialogue = connected("127.0.0.1", relay.port, MAIL, seconds=5, tls=None)
        with closing(dialogue._link):
            assert dialogue._link.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

"""A chat's webhook as Apprise's `json://` calls it: the outside judge of what was posted."""

import json

from tests.fakes.scripted_http import Asked, ScriptedHttp, Told


class ChatHook(ScriptedHttp):
    """Takes every post; the path is part of the secret address."""

    path = "/hook/s3cr3t-token"

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[tuple[str, str]] = []

    @property
    def chat_url(self) -> str:
        return f"json://127.0.0.1:{self.port}{self.path}"

    def take(self, asked: Asked) -> Told:
        if asked.path.rstrip("/") != self.path:
            return Told(404)
        post = json.loads(asked.body)
        self.posts.append((post["title"], post["message"]))
        return Told(200, b"ok")

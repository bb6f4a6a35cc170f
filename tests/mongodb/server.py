"""The server: connections, who may, and one command at a time."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mongodb.commands import Commands
from tests.mongodb.scram import Scram
from tests.mongodb.wire import answer, receive

#: What may be asked before a password is shown.
OPEN = {"hello", "ismaster", "saslstart", "saslcontinue", "ping", "endsessions", "buildinfo"}
DENIED = {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "command requires authentication"}
WRONG = {"ok": 0.0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed."}


@dataclass
class Mongo:
    """A server that is up.

    Attributes
    ----------
    users
        Passwords by name; nobody needs one where there are none.
    count
        Commands carried out.
    """

    users: dict[str, str] = field(default_factory=dict)
    commands: Commands = field(default_factory=Commands)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0
    count: int = 0

    def documents(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give every document of every collection, with the collection's name."""
        with self.lock:
            for database in self.commands.client.list_database_names():
                for name in self.commands.client[database].list_collection_names():
                    for document in self.commands.client[database][name].find():
                        yield name, document


class _Connection(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        mongo = self.server.mongo
        scram = Scram(mongo.users)
        known = not mongo.users
        try:
            while True:
                number, code, command, wanted = receive(self.request)
                name = next(iter(command)).lower()
                if name == "saslstart":
                    scram = Scram(mongo.users)
                    reply = {"conversationId": 1, "done": False, "payload": scram.start(command["payload"]), "ok": 1.0}
                elif name == "saslcontinue":
                    told = scram.finish(command["payload"])
                    known = known or told is not None
                    reply = {"conversationId": 1, "done": True, "payload": told, "ok": 1.0} if told else WRONG
                elif not known and name not in OPEN:
                    reply = DENIED
                else:
                    with mongo.lock:
                        mongo.count += 1
                        reply = mongo.commands.run(command)
                if mongo.users and "saslSupportedMechs" in command:
                    reply["saslSupportedMechs"] = ["SCRAM-SHA-256"]
                if wanted:
                    answer(self.request, number, code, reply)
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    mongo: Mongo
    secret: ssl.SSLContext | None = None

    def get_request(self) -> Any:
        stream, address = super().get_request()
        if self.secret is not None:
            stream = self.secret.wrap_socket(stream, server_side=True)
        return stream, address


@contextmanager
def running(users: dict[str, str] | None = None, certificate: Path | None = None) -> Iterator[Mongo]:
    """Run a server on a free port of this machine, with TLS where a certificate (with its key) is given."""
    mongo = Mongo(users or {})
    with _Server(("127.0.0.1", 0), _Connection) as server:
        server.mongo = mongo
        if certificate is not None:
            server.secret = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.secret.load_cert_chain(certificate)
        mongo.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield mongo
        finally:
            server.shutdown()
            thread.join()

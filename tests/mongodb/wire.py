"""Messages of MongoDB's wire protocol: OP_MSG, and OP_QUERY for a client's first greeting."""

from __future__ import annotations

import struct
from typing import Any, Protocol

import bson

HEADER = struct.Struct("<iiii")
QUERY, REPLY, MESSAGE = 2004, 1, 2013
MORE_TO_COME = 2


class Stream(Protocol):
    def recv(self, size: int, /) -> bytes: ...
    def sendall(self, data: bytes, /) -> None: ...


def receive(stream: Stream) -> tuple[int, int, dict[str, Any], bool]:
    """Read a message: its id, its code, its command, and whether an answer is expected."""
    length, number, _, code = HEADER.unpack(_exactly(stream, HEADER.size))
    body = _exactly(stream, length - HEADER.size)
    if code == QUERY:
        name_end = body.index(b"\0", 4)
        return number, code, bson.decode(body[name_end + 9 :]), True
    if code != MESSAGE:
        raise ConnectionError(f"unknown message {code}")
    (flags,) = struct.unpack_from("<I", body)
    return number, code, _sections(body, 4, len(body) - 4 * (flags & 1)), not flags & MORE_TO_COME


def _sections(body: bytes, place: int, end: int) -> dict[str, Any]:
    command: dict[str, Any] = {}
    sequences: dict[str, list[Any]] = {}
    while place < end:
        kind = body[place]
        (size,) = struct.unpack_from("<i", body, place + 1)
        part = body[place + 1 : place + 1 + size]
        if kind == 0:
            command = bson.decode(part)
        else:
            name_end = part.index(b"\0", 4)
            sequences[part[4:name_end].decode()] = bson.decode_all(part[name_end + 1 :])
        place += 1 + size
    return {**command, **sequences}


def answer(stream: Stream, number: int, code: int, document: dict[str, Any]) -> None:
    """Answer the message of this id."""
    content = bson.encode(document)
    if code == QUERY:
        body = struct.pack("<iqii", 8, 0, 0, 1) + content
        code = REPLY
    else:
        body = struct.pack("<IB", 0, 0) + content
    stream.sendall(HEADER.pack(HEADER.size + len(body), 0, number, code) + body)


def _exactly(stream: Stream, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = stream.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise ConnectionError("closed")
        parts += part
    return bytes(parts)

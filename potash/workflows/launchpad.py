"""Where the LaunchPad is, and the way to it. Passwords stay in the environment, or in a file that nobody else may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from potash.errors import BadInput

if TYPE_CHECKING:
    from fireworks import LaunchPad

#: The variable that may hold a MongoDB URI, with whatever TLS and credentials need.
VARIABLE = "POTASH_MONGODB_URI"
#: How long a server may take to answer, in milliseconds.
PATIENCE = 10_000
#: Keys of my_launchpad.yaml that LaunchPad takes.
KEYS = ("host", "port", "name", "username", "password", "authsource", "uri_mode", "mongoclient_kwargs")


def connect(file: Path | None, patience: int = PATIENCE) -> LaunchPad:
    """Connect to the LaunchPad: of this file, else of `VARIABLE`, else the one that ``lpad`` would take.

    Parameters
    ----------
    file
        A ``my_launchpad.yaml``.
    patience
        How long to wait for the server, in milliseconds.

    Raises
    ------
    BadInput
        If none is named, others may read the password, or the server does not answer or refuses.
    """
    try:
        import fireworks
    except ImportError:
        raise BadInput("FireWorks is not installed: pip install 'potash[fireworks]'") from None
    path = chosen(file)
    source, how = (VARIABLE, _of_uri(os.environ[VARIABLE])) if path is None else (str(path), _of_file(path))
    about = {**(how.pop("mongoclient_kwargs", None) or {})}
    about.setdefault("serverSelectionTimeoutMS", patience)
    _parsed(how, source)
    try:
        made = fireworks.LaunchPad(**how, mongoclient_kwargs=about, strm_lvl="WARNING")
    except Exception as error:  # pymongo may quote what it was given, password and all: only its kind is told
        raise BadInput(f"{source}: MongoDB's client refuses these options ({type(error).__name__})") from None
    _greet(made, source)
    return made


@contextmanager
def speaking(launchpad: LaunchPad) -> Iterator[str]:
    """Speak with the LaunchPad whose place this gives; what may go wrong on the way is one sentence."""
    from pymongo.errors import PyMongoError

    place = where(launchpad)
    try:
        yield place
    except PyMongoError as error:
        raise BadInput(
            f"{place}: MongoDB ended the conversation ({type(error).__name__}); the same command goes on"
        ) from None


def where(launchpad: LaunchPad) -> str:
    """Name server and database, without who asks."""
    nodes = sorted(launchpad.connection.nodes or {launchpad.connection.address})
    return f"{','.join(f'{host}:{port}' for host, port in nodes)}/{launchpad.db.name}"


def chosen(file: Path | None) -> Path | None:
    """Say which file names the LaunchPad; None where the environment does."""
    if file is not None:
        return file.resolve()
    if os.environ.get(VARIABLE):
        return None
    from fireworks.fw_config import LAUNCHPAD_LOC

    if LAUNCHPAD_LOC is None:
        raise BadInput(
            f"no LaunchPad is named: give --launchpad my_launchpad.yaml ('lpad init' writes one), or set {VARIABLE}"
        )
    return Path(LAUNCHPAD_LOC).resolve()


def _of_file(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path} cannot be read as a LaunchPad file ({type(error).__name__})") from None
    if not isinstance(loaded, dict):
        raise BadInput(f"{path} is no LaunchPad file: 'lpad init' writes one")
    how = {key: loaded[key] for key in KEYS if loaded.get(key) is not None}
    mode = path.stat().st_mode & 0o777
    if mode & 0o077 and _secret(how):
        raise BadInput(f"{path} holds credentials and others may read it (mode {mode:04o}): chmod 600 {path}")
    if how.get("uri_mode") and "name" not in how:
        how["name"] = _of_uri(str(how["host"]))["name"]
    return how


def _secret(how: dict[str, Any]) -> bool:
    """Say whether there is a password among options."""
    options = how.get("mongoclient_kwargs") or {}
    named = any("pass" in key.lower() for key in (*how, *options))
    return named or "@" in str(how.get("host", ""))


def _of_uri(uri: str) -> dict[str, Any]:
    from urllib.parse import urlsplit

    try:
        name = urlsplit(uri).path.strip("/")
    except ValueError:
        name = ""
    return {"host": uri, "uri_mode": True, "name": name or "fireworks"}


def _parsed(how: dict[str, Any], source: str) -> None:
    """Refuse what is no URI; the reason is not told, since it may quote the password."""
    if not how.get("uri_mode"):
        return
    from pymongo.errors import PyMongoError
    from pymongo.uri_parser import parse_uri

    try:
        parse_uri(str(how["host"]), warn=True)
    except (PyMongoError, ValueError):
        raise BadInput(
            f"{source}: no MongoDB URI that can be used; it should read mongodb://USER:PASSWORD@HOST:PORT/DATABASE"
        ) from None


def _greet(launchpad: LaunchPad, source: str) -> None:
    """See that the server answers, lets us in, and has a LaunchPad."""
    from pymongo.errors import OperationFailure, PyMongoError

    try:
        begun = launchpad.fw_id_assigner.find_one({}, {"_id": 1})
    except OperationFailure as error:
        raise BadInput(
            f"{source}: MongoDB refuses the user or the password (code {error.code}); is the authentication database right?"
        ) from None
    except PyMongoError as error:
        raise BadInput(f"{source}: no MongoDB answers there, or TLS does not agree ({type(error).__name__})") from None
    if begun is None:
        raise BadInput(f"{where(launchpad)} is no LaunchPad yet: 'lpad reset' makes it one")

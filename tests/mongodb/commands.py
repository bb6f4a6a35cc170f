"""MongoDB's commands, carried out by mongomock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import bson
import mongomock_ng as mongomock
from pymongo.errors import DuplicateKeyError, OperationFailure

#: No document is larger than this, in bytes; pymongo learns it from the greeting.
LARGEST = 16 * 2**20
#: Documents in one answer.
BATCH = 100

Document = dict[str, Any]


class Commands:
    """A server's databases, and the cursors that clients have open."""

    def __init__(self) -> None:
        self.client = mongomock.MongoClient()
        self.cursors: dict[int, Iterator[Document]] = {}
        self.numbers = itertools.count(1)

    def run(self, command: Document) -> Document:
        """Carry out a command."""
        name, target = next(iter(command.items()))
        self.database = self.client[command.get("$db", "admin")]
        method = getattr(self, f"_{name.lower()}", None)
        if method is None:
            return {"ok": 0.0, "errmsg": f"no such command: '{name}'", "code": 59, "codeName": "CommandNotFound"}
        try:
            return {**method(target, command), "ok": 1.0}
        except (OperationFailure, NotImplementedError, TypeError) as error:
            return {"ok": 0.0, "errmsg": str(error), "code": getattr(error, "code", None) or 2}

    def _hello(self, target: Any, command: Document) -> Document:
        return {
            "ismaster": True,
            "isWritablePrimary": True,
            "helloOk": True,
            "maxBsonObjectSize": LARGEST,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "minWireVersion": 0,
            "maxWireVersion": 17,  # MongoDB 6.0
            "readOnly": False,
        }

    _ismaster = _hello

    def _nothing(self, target: Any, command: Document) -> Document:
        return {}

    _ping = _endsessions = _killcursors = _nothing

    def _buildinfo(self, target: Any, command: Document) -> Document:
        return {"version": "6.0.0", "versionArray": [6, 0, 0, 0], "maxBsonObjectSize": LARGEST}

    def _insert(self, target: str, command: Document) -> Document:
        errors = []
        for index, document in enumerate(command["documents"]):
            try:
                self.database[target].insert_one(document)
            except DuplicateKeyError as error:
                errors.append({"index": index, "code": 11000, "errmsg": str(error)})
        return {"n": len(command["documents"]) - len(errors), **({"writeErrors": errors} if errors else {})}

    def _update(self, target: str, command: Document) -> Document:
        collection = self.database[target]
        matched = modified = 0
        upserted = []
        for index, each in enumerate(command["updates"]):
            change, upsert = each["u"], each.get("upsert", False)
            changes = isinstance(change, list) or next(iter(change), "").startswith("$")
            method = collection.replace_one if not changes else collection.update_one
            method = collection.update_many if each.get("multi") else method
            done = method(each["q"], change, upsert=upsert)
            matched += done.matched_count
            modified += done.modified_count or 0
            if done.upserted_id is not None:
                upserted.append({"index": index, "_id": done.upserted_id})
        return {"n": matched + len(upserted), "nModified": modified, **({"upserted": upserted} if upserted else {})}

    def _delete(self, target: str, command: Document) -> Document:
        collection = self.database[target]
        return {
            "n": sum(
                (collection.delete_one if each["limit"] else collection.delete_many)(each["q"]).deleted_count
                for each in command["deletes"]
            )
        }

    def _findandmodify(self, target: str, command: Document) -> Document:
        collection, query = self.database[target], command.get("query", {})
        how: Document = {"projection": command.get("fields"), "sort": list(command.get("sort", {}).items()) or None}
        if command.get("remove"):
            return {"value": collection.find_one_and_delete(query, **how)}
        change = command["update"]
        how |= {"return_document": bool(command.get("new")), "upsert": command.get("upsert", False)}
        replaces = not next(iter(change), "").startswith("$")
        method = collection.find_one_and_replace if replaces else collection.find_one_and_update
        return {"value": method(query, change, **how)}

    def _find(self, target: str, command: Document) -> Document:
        found = self.database[target].find(
            command.get("filter"),
            command.get("projection"),
            skip=command.get("skip", 0),
            limit=abs(command.get("limit", 0)),
            sort=list(command.get("sort", {}).items()) or None,
        )
        return self._opened(target, iter(list(found)))

    def _aggregate(self, target: str, command: Document) -> Document:
        return self._opened(target, iter(list(self.database[target].aggregate(command["pipeline"]))))

    def _count(self, target: str, command: Document) -> Document:
        return {"n": self.database[target].count_documents(command.get("query", {}))}

    def _distinct(self, target: str, command: Document) -> Document:
        return {"values": self.database[target].distinct(command["key"], command.get("query"))}

    def _opened(self, target: str, documents: Iterator[Document]) -> Document:
        number = next(self.numbers)
        return self._batch(f"{self.database.name}.{target}", number, documents, "firstBatch")

    def _getmore(self, target: int, command: Document) -> Document:
        name = f"{self.database.name}.{command['collection']}"
        return self._batch(name, target, self.cursors.pop(target), "nextBatch")

    def _batch(self, name: str, number: int, documents: Iterator[Document], key: str) -> Document:
        batch: list[Document] = []
        size = 0
        for document in documents:
            batch.append(document)
            size += len(bson.encode(document))
            if len(batch) == BATCH or size > LARGEST:
                self.cursors[number] = documents
                break
        return {"cursor": {"id": bson.Int64(number if number in self.cursors else 0), "ns": name, key: batch}}

    def _createindexes(self, target: str, command: Document) -> Document:
        for each in command["indexes"]:
            self.database[target].create_index(list(each["key"].items()), unique=each.get("unique", False))
        return {}

    def _listindexes(self, target: str, command: Document) -> Document:
        known = self.database[target].index_information()
        return self._opened(target, iter([{"name": name, "key": dict(each["key"])} for name, each in known.items()]))

    def _listcollections(self, target: Any, command: Document) -> Document:
        names = self.database.list_collection_names()
        return self._opened("$cmd.listCollections", iter([{"name": name, "type": "collection"} for name in names]))

    def _listdatabases(self, target: Any, command: Document) -> Document:
        return {"databases": [{"name": name} for name in self.client.list_database_names()]}

    def _dropindexes(self, target: str, command: Document) -> Document:
        self.database[target].drop_indexes()
        return {}

    def _drop(self, target: str, command: Document) -> Document:
        self.database.drop_collection(target)
        return {}

    def _dropdatabase(self, target: Any, command: Document) -> Document:
        self.client.drop_database(self.database.name)
        return {}

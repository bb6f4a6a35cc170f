"""No-op fireworks through bare FireWorks: ``rapidfire`` in one process on mongomock.

``python rapidfire.py COUNT`` prints the seconds that they took, launch by launch: wall, and of processors.
"""

import json
import os
import sys
import tempfile
import time

import mongomock
from fireworks import Firework, FWorker, LaunchPad, PyTask
from fireworks.core import launchpad
from fireworks.core.rocket_launcher import rapidfire
from mongomock.gridfs import enable_gridfs_integration


def main(count: int) -> dict[str, float]:
    """Put so many workflows of one firework each on a LaunchPad and run them."""
    enable_gridfs_integration()
    launchpad.MongoClient = mongomock.MongoClient
    pad = LaunchPad(strm_lvl="ERROR")
    pad.reset("", require_password=False)
    for _ in range(count):
        pad.add_wf(Firework(PyTask(func="time.sleep", args=[0])))
    began, before = time.monotonic(), time.process_time()
    rapidfire(pad, FWorker(), strm_lvl="ERROR")
    taken = {"wall": time.monotonic() - began, "processors": time.process_time() - before}
    assert len(pad.get_fw_ids({"state": "COMPLETED"})) == count
    return taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        print(json.dumps(main(int(sys.argv[1]))))

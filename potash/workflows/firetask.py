"""What a FireWorks worker runs: one job of a study, over the shared vault."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fireworks import FiretaskBase, FWAction, explicit_serialize
from jobflow import JobStore
from jobflow.managers.fireworks import JobFiretask
from monty.json import MontyDecoder

from potash.calcs.cores import Cores
from potash.calcs.site import Event, Site, use
from potash.calcs.vault import Vault
from potash.errors import BadInput, CalculationFailed
from potash.workflows.outputs import CALCULATIONS, MARK, Files, Outputs

#: How often a running calculation is told of, in seconds.
TELL = 20.0


class Told(Exception):
    """Why a job failed, in potash's own words; FireWorks keeps it with the launch."""

    def to_dict(self) -> dict[str, str]:
        """Give the sentence as plain data."""
        return {"reason": str(self)}


@explicit_serialize
class StudyTask(FiretaskBase):  # type: ignore[misc]  # FireWorks has no types
    """Run a job as jobflow's own task does, with the LaunchPad's database for its output and the vault of its project.

    ``job`` is the job as a text of JSON, or the reference to a file where it is large; ``spec.potash`` says the rest.
    """

    required_params = ("job",)

    def run_task(self, fw_spec: dict[str, Any]) -> FWAction:
        """Run the job here."""
        launchpad = getattr(self, "launchpad", None)
        if launchpad is None:
            raise Told("a job of potash needs its LaunchPad: FireWorks' offline mode gives it none")
        about = fw_spec["potash"]
        vault = Vault(Path(os.environ.get("POTASH_VAULT") or about["vault"]))
        files = Files(vault.root)
        teller = Teller(launchpad.db, about, self.fw_id)
        use(Site(vault, Cores(cores(fw_spec.get("_fw_env") or {})), teller.listen))
        try:
            text = files.text(self["job"]) if MARK in self["job"] and isinstance(self["job"], dict) else self["job"]
            job = MontyDecoder().process_decoded(json.loads(text))
            task = JobFiretask(job=job, store=JobStore(Outputs(launchpad.db, files)))
            task.fw_id = self.fw_id
            return task.run_task(fw_spec)
        except (CalculationFailed, BadInput) as error:
            raise Told(str(error)) from error
        finally:
            use(None)
            teller.close()


def cores(worker: dict[str, Any]) -> int:
    """Say how many cores a worker may use.

    What ``env: {cores: N}`` of ``my_fworker.yaml`` says, else what Slurm gave, else those that this process may run on.
    """
    if "cores" in worker:
        return max(1, int(worker["cores"]))
    if "SLURM_NTASKS" in os.environ:
        return int(os.environ["SLURM_NTASKS"]) * int(os.environ.get("SLURM_CPUS_PER_TASK", "1"))
    return len(os.sched_getaffinity(0))


class Teller:
    """Tells the database of a job's calculations, for ``potash status``; nothing rests on it.

    Parameters
    ----------
    database
        The LaunchPad's.
    about
        The job's ``spec.potash``.
    fw_id
        Its firework.
    """

    def __init__(self, database: Any, about: dict[str, Any], fw_id: int) -> None:
        self.collection, self.about, self.fw_id = database[CALCULATIONS], about, fw_id
        # A thread of its own: a database that is slow must not keep the vault's leases from being renewed.
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.told: dict[str, tuple[str, float]] = {}

    def listen(self, event: Event) -> None:
        """Take note of an event."""
        key, now = event.calculation.key, time.time()
        state = "finished" if event.state == "found" else event.state
        before, when = self.told.get(key, ("", 0.0))
        if state == before and now - when < TELL:
            return
        self.told[key] = (state, now)
        study, _, label = event.label.partition(": ")
        found = {"study": study, "label": label, "state": state, "calls": event.calls, "fw_id": self.fw_id}
        begins = state == "running" and before != "running"
        times = {"began": now} if begins else {} if state == "running" or event.state == "found" else {"ended": now}
        name = {"_id": f"{self.about['project']}:{key}", "project": self.about["project"], "key": key}
        self.pool.submit(self.collection.update_one, name, {"$set": {**found, **times}}, upsert=True)

    def close(self) -> None:
        """Tell all that there is to tell."""
        self.pool.shutdown()

"""Running graphs on this machine: one coordinating process, a pool of workers."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from jobflow import Flow, Job, JobStore
from maggma.stores import Store

from potash.analysis.result import Provenance, StudyResult
from potash.calcs.faults import recognise
from potash.calcs.site import Site, use
from potash.errors import BadInput, CalculationFailed, fault_of
from potash.workflows.ledger import Ledger


def run(flows: dict[str, Flow], site: Site, store: Store, ledger: Ledger, about: dict[str, dict[str, str]]) -> None:
    """Run the studies' graphs here until all that can be done is done.

    Parameters
    ----------
    flows
        By the studies' ids.
    site
        Vault, cores and listener.
    store
        Where job outputs go.
    ledger
        Told when a study ends.
    about
        By study: ``kind``, ``engine``, ``protocol``, for results of studies that failed.
    """
    outputs = JobStore(store)
    outputs.connect()
    store.remove_docs({})
    use(site)
    try:
        _Run(flows, site, outputs, ledger, about).go()
    finally:
        use(None)
        outputs.close()


class _Run:
    def __init__(
        self, flows: dict[str, Flow], site: Site, store: JobStore, ledger: Ledger, about: dict[str, dict[str, str]]
    ) -> None:
        self.site, self.store, self.ledger, self.about = site, store, ledger, about
        self.waiting: dict[str, tuple[str, Job, set[str]]] = {}
        for study, flow in flows.items():
            for job, parents in flow.iterflow():
                # A job may rest on another study's: a graph's own parents leave those out.
                self.waiting[job.uuid] = (study, job, {*parents, *job.input_uuids})
        self.done: set[str] = set()
        self.broken: set[str] = set()
        # jobflow keeps the job that runs in one global; outputs are read and written under the same lock.
        self.lock = threading.Lock()

    def go(self) -> None:
        running: dict[Future[Any], tuple[str, Job]] = {}
        with ThreadPoolExecutor(max_workers=4 * self.site.cores.total + 4) as pool:
            try:
                while self.waiting or running:
                    for study, job in self._ready():
                        running[pool.submit(self._one, job)] = (study, job)
                    if not running:
                        break
                    ended, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in ended:
                        self._end(*running.pop(future), future)
                self._leave()
            except BaseException:
                self._stop(pool)
                raise

    def _stop(self, pool: ThreadPoolExecutor) -> None:
        """Let the force calls under way end; asked once more, or after the grace, kill them."""
        try:
            self.site.stopping.set()
            self.site.warn(
                f"stopping: force calls under way may take {self.site.grace:.0f} s to end; stop once more to kill them"
            )
            pool.shutdown(wait=True, cancel_futures=True)
        except KeyboardInterrupt:
            self.site.hurry.set()

    def _ready(self) -> list[tuple[str, Job]]:
        for uuid in [uuid for uuid, (study, _, _) in self.waiting.items() if study in self.broken]:
            del self.waiting[uuid]
        ready = [uuid for uuid, (_, _, parents) in self.waiting.items() if parents <= self.done]
        return [self.waiting.pop(uuid)[:2] for uuid in ready]

    def _one(self, job: Job) -> Any:
        with self.lock:
            job.resolve_args(self.store)
        function = getattr(job.function, "original", job.function)
        output = function(*job.function_args, **job.function_kwargs)
        with self.lock:
            self.store.update(
                {"uuid": job.uuid, "index": job.index, "name": job.name, "output": output}, key=["uuid", "index"]
            )
        return output

    def _end(self, study: str, job: Job, future: Future[Any]) -> None:
        try:
            output = future.result()
        except Exception as error:  # whatever one study dies of, the others go on
            reason = _reason(job, error)
            if study not in self.broken and not self.site.stopping.is_set():
                self.ledger.study(study, "failed", reason, self._failed(study, reason))
            self.broken.add(study)
            return
        self.done.add(job.uuid)
        if job.name == "summary":
            self.ledger.study(study, output["status"], output["reason"], output)

    def _leave(self) -> None:
        """Say of every study that waits for one that failed that it cannot be done."""
        for study in dict.fromkeys(study for study, _, _ in self.waiting.values()):
            reason = f"a study that it rests on failed: {', '.join(sorted(self.broken))}"
            self.ledger.study(study, "failed", reason, self._failed(study, reason))

    def _failed(self, study: str, reason: str) -> dict[str, Any]:
        about = self.about[study]
        provenance = Provenance(engine=about["engine"], version=about["version"], protocol=about["protocol"])
        result = StudyResult(
            id=study,
            kind=about["kind"],
            system=study,
            status="failed",
            reason=reason,
            fault=fault_of(reason),
            provenance=provenance,
        )
        return result.model_dump(mode="json")


def _reason(job: Job, error: Exception) -> str:
    """Say what a job failed of; what no user can have done is told with all that Python knows."""
    if isinstance(error, CalculationFailed | BadInput):
        return str(error)
    found = recognise(f"{type(error).__name__}: {error}") if isinstance(error, OSError) else None
    if found is not None:
        return f"{job.name}: {found.sentence}"
    traceback.print_exception(error)
    return f"{job.name}: {type(error).__name__}: {error} (a fault of potash: please report)"

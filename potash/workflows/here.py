"""Running graphs on this machine: one coordinating process, a pool of workers."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from jobflow import Flow, Job, JobStore
from maggma.stores import Store

from potash.calcs.faults import recognise
from potash.calcs.site import Site, use
from potash.errors import BadInput, CalculationFailed
from potash.workflows.agenda import Agenda
from potash.workflows.ledger import Ledger
from potash.workflows.steps import arguments, carry_out, keep
from potash.workflows.summary import failed


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
        site.pool.close()
        outputs.close()


class _Run:
    def __init__(
        self, flows: dict[str, Flow], site: Site, store: JobStore, ledger: Ledger, about: dict[str, dict[str, str]]
    ) -> None:
        self.site, self.store, self.ledger, self.about = site, store, ledger, about
        self.agenda = Agenda(flows)
        self.broken: set[str] = set()
        # jobflow's references are resolved by one thread at a time.
        self.lock = threading.Lock()

    def go(self) -> None:
        running: dict[Future[Any], tuple[str, Job]] = {}
        most = 4 * self.site.cores.total + 4
        with ThreadPoolExecutor(max_workers=most) as pool:
            try:
                while True:
                    while len(running) < most and (found := self.agenda.take()):
                        running[pool.submit(self._one, found[1])] = found
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

    def _one(self, job: Job) -> Any:
        with self.lock:
            found = arguments(job, self.store)
        output = carry_out(job, found)
        with self.lock:
            keep(job, output, self.store)
        return output

    def _end(self, study: str, job: Job, future: Future[Any]) -> None:
        try:
            output = future.result()
        except Exception as error:  # whatever one study dies of, the others go on
            reason = _reason(job, error)
            if study not in self.broken and not self.site.stopping.is_set():
                self.ledger.study(study, "failed", reason, self._failed(study, reason))
            self.broken.add(study)
            self.agenda.drop(study)
            return
        self.agenda.done(job)
        if job.name == "summary":
            self.ledger.study(study, output["status"], output["reason"], output)

    def _leave(self) -> None:
        """Say of every study that waits for one that failed that it cannot be done."""
        for study in self.agenda.studies():
            reason = f"a study that it rests on failed: {', '.join(sorted(self.broken))}"
            self.ledger.study(study, "failed", reason, self._failed(study, reason))

    def _failed(self, study: str, reason: str) -> dict[str, Any]:
        return failed(study, reason, self.about[study])


def _reason(job: Job, error: Exception) -> str:
    """Say what a job failed of; what no user can have done is told with all that Python knows."""
    if isinstance(error, CalculationFailed | BadInput):
        return str(error)
    found = recognise(f"{type(error).__name__}: {error}") if isinstance(error, OSError) else None
    if found is not None:
        return f"{job.name}: {found.sentence}"
    traceback.print_exception(error)
    return f"{job.name}: {type(error).__name__}: {error} (a fault of potash: please report)"

"""The worker: takes mails from the queue in Postgres and sends them, in a thread of `vuurtoren serve`.

The queue is procrastinate's: its locks give each mail to one worker, whichever process it runs in. A worker that is
killed leaves its mails to the next. While a mail is being sent its row stays locked, and it is deleted in the same
transaction: a mail is sent once, or at worst twice when the machine stops between the two.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import procrastinate
from procrastinate import jobs, utils
from psycopg.errors import Error as DriverError
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app import bundled_mails, database, digests, mail_delivery, reviews, tidying
from app.mail_delivery import NotNow, Refused
from app.parameters import today
from assets import mails, photos, suggestions
from assets.mails import Mail

if TYPE_CHECKING:
    from app.settings import Settings

log = logging.getLogger("vuurtoren.mail")

#: Tries of one mail, with 1, 3, 9, 27, 81, 243 and 729 minutes between them: 18 hours in all.
TRIES: Final = 8
#: A worker that has not been heard of for so long is gone, and its mails are taken over.
GONE_AFTER_S: Final = 30
LOOK_S: Final = 10
LAST_WORDS_S: Final = 2
#: Conversations at once: a mail server that hesitates over one mail does not hold up the others.
AT_ONCE: Final = 3
#: When to look which notices are due; after a pause of the service what was due is still sent.
NOTICES_CRON: Final = "*/10 * * * *"
#: When to delete suggestions that were kept long enough.
SUGGESTIONS_CRON: Final = "23 * * * *"
#: When to throw away what was kept long enough.
TIDY_CRON: Final = "41 3 * * *"
LONGEST_PAUSE_S: Final = 30
#: A conversation with a slow mail server may take a while, in which the row stays locked.
OPTIONS: Final = (
    f"-c lock_timeout=5s -c idle_in_transaction_session_timeout=300s {database.SAME_DAY} {database.AS_SYSTEM}"
)


class Waiting(procrastinate.BaseRetryStrategy):
    """Each next try waits three times as long; what is stopped in the middle is tried again at the next start."""

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> procrastinate.RetryDecision | None:
        """Return when to try again, None for never."""
        if isinstance(exception, asyncio.CancelledError):
            return procrastinate.RetryDecision(retry_at=utils.utcnow())
        return procrastinate.RetryDecision(retry_at=utils.utcnow() + wait(job.attempts))


def wait(attempts: int) -> timedelta:
    """How long to wait after the first (0), second (1) ... failed try."""
    return timedelta(minutes=3 ** min(attempts, TRIES))


class Worker:
    """What the queue needs to do its work: connections of its own and the way that mails leave."""

    def __init__(self, settings: "Settings") -> None:
        if settings.database_url is None:
            raise database.DatabaseError("No database is named: start the service with `vuurtoren serve`.")
        self.engine = database.engine_of(settings.database_url, options=OPTIONS, pool_size=2 * AT_ONCE + 1)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False, info={database.ADDRESS: settings.address})
        self.data_dir = settings.data_dir
        self.key = settings.secret.get_secret_value() if settings.secret else None
        self.send = mail_delivery.way_of(settings)
        self.url = database.libpq_url(settings.database_url)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[object] | None = None
        self._stopped = threading.Event()

    # --- one mail ---

    def deliver(self, mail_id: int, *, last: bool) -> None:
        """Send one mail and forget it; NotNow when it must be tried again."""
        with self.sessions() as session, session.begin():
            if session.scalar(select(Mail.id).where(Mail.id == mail_id, Mail.given_up_at.is_(None))) is None:
                return  # sent already, by a worker that could not tell the queue
            found = session.scalar(select(Mail).where(Mail.id == mail_id).with_for_update(skip_locked=True))
            if found is None:
                raise NotNow("somebody else is sending it")
            if found.notice_id is not None and not digests.write(self.sessions, found):
                session.delete(found)  # nothing to tell, or nobody to tell it to
                return
            try:
                self.send(found)
            except Refused as error:
                self._give_up(session, found, error)
            except NotNow as error:
                if not last:
                    log.info("mail %d waits: %s", mail_id, error)
                    raise
                self._give_up(session, found, error)
            else:
                session.delete(found)

    def _give_up(self, session: Session, found: Mail, why: Exception) -> None:
        log.warning("mail %d is given up: %s", found.id, why)
        mails.give_up(session, found)

    # --- the queue ---

    def queue(self, *, by_the_clock: bool = False) -> procrastinate.App:
        """The queue with its tasks; opened by whoever works on it. With `by_the_clock` it also does what is due."""
        connector = procrastinate.PsycopgConnector(
            conninfo=self.url, min_size=1, max_size=3, timeout=5, reconnect_timeout=5,
            kwargs={"application_name": "vuurtoren mail", "connect_timeout": 5, "options": OPTIONS},
        )  # fmt: skip
        app = procrastinate.App(connector=connector, worker_defaults={"install_signal_handlers": False})

        @app.task(name="send_mail", queue="mail", retry=Waiting(), pass_context=True)
        async def send_mail(context: procrastinate.JobContext, *, mail_id: int) -> None:
            await self._apart(lambda: self.deliver(mail_id, last=context.job.attempts >= TRIES - 1))

        @app.task(name="hand_in_notices", queue="mail", lock="hand_in_notices", queueing_lock="hand_in_notices")
        async def hand_in_notices(timestamp: int) -> None:  # noqa: ARG001 - of the clock; what is due is asked now
            await self._apart(self.hand_in_notices)

        @app.task(
            name="expire_suggestions", queue="mail", lock="expire_suggestions", queueing_lock="expire_suggestions"
        )
        async def expire_suggestions(timestamp: int) -> None:  # noqa: ARG001 - of the clock
            await self._apart(self.expire_suggestions)

        @app.task(name="tidy_up", queue="mail", lock="tidy_up", queueing_lock="tidy_up")
        async def tidy_up(timestamp: int) -> None:  # noqa: ARG001 - of the clock
            await self._apart(self.tidy_up)

        if by_the_clock:
            app.periodic(cron=NOTICES_CRON)(hand_in_notices)
            app.periodic(cron=SUGGESTIONS_CRON)(expire_suggestions)
            app.periodic(cron=TIDY_CRON)(tidy_up)
        return app

    def hand_in_notices(self) -> None:
        """Hand in the notices and bundled mails whose day has come."""
        handed = digests.hand_in_due(self.sessions, datetime.now(UTC))
        if handed:
            log.info("%d notices handed in", handed)
        bundled_mails.hand_in_due(self.sessions, datetime.now(UTC))
        if self.key is not None:
            reviews.hand_in_due(self.sessions, datetime.now(UTC), key=self.key)

    def expire_suggestions(self) -> None:
        """Delete the suggestions that were kept as long as visitors are told."""
        with database.transaction(self.sessions) as session:
            expired = suggestions.expire(session, today())
            photos.tidy(session)
        if expired:
            log.info("%d suggestions expired", expired)

    def tidy_up(self) -> None:
        """Throw away what was kept long enough (assets/retention.py)."""
        gone = tidying.tidy(self.sessions, self.data_dir, now=datetime.now(UTC))
        if any(gone.values()):
            log.info("kept long enough: %s", ", ".join(f"{count} {key}" for key, count in gone.items() if count))

    async def _apart(self, work: Callable[[], None]) -> None:
        """Do blocking work in a thread that nobody waits for when the service stops."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                work()
            except NotNow as error:
                failed.append(error)
            except Exception as error:  # noqa: BLE001 - the queue tries again whatever it was
                # of an error that nobody expected the kind alone: its message may hold what was being sent
                log.error("the mail queue: %s", type(error).__name__)
                failed.append(NotNow(type(error).__name__))
            with suppress(RuntimeError):  # the loop is gone: the service has stopped meanwhile
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=run, name="one mail", daemon=True).start()
        await done.wait()
        if failed:
            raise failed[0]

    async def take_over(self, app: procrastinate.App) -> None:
        """Give mails of workers that are gone back to the queue."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=GONE_AFTER_S):
            await app.job_manager.retry_job(job, retry_at=utils.utcnow())

    async def _keep_taking_over(self, app: procrastinate.App) -> None:
        while True:
            await self.take_over(app)
            await asyncio.sleep(LOOK_S)

    async def work(self, *, until_empty: bool = False) -> None:
        """Send what is due; go on until cancelled, or until nothing is left that is due."""
        app = self.queue(by_the_clock=not until_empty)
        async with app.open_async():
            taking_over = None if until_empty else asyncio.create_task(self._keep_taking_over(app))
            try:
                await app.run_worker_async(
                    queues=["mail"], concurrency=AT_ONCE, wait=not until_empty, listen_notify=not until_empty,
                    delete_jobs=jobs.DeleteJobCondition.ALWAYS, install_signal_handlers=False,
                    fetch_job_polling_interval=LOOK_S, abort_job_polling_interval=600,
                    shutdown_graceful_timeout=LAST_WORDS_S, stalled_worker_timeout=GONE_AFTER_S,
                )  # fmt: skip
            finally:
                if taking_over is not None:
                    taking_over.cancel()

    def step(self) -> None:
        """Send what is due now and return."""
        # in a thread of its own: whoever asks may be in an event loop already
        with ThreadPoolExecutor(max_workers=1) as apart:
            apart.submit(lambda: asyncio.run(self.work(until_empty=True))).result()

    # --- in a thread of the service ---

    def run(self) -> None:
        """Work until `stop`, whatever happens to the database meanwhile."""
        with suppress(asyncio.CancelledError):
            asyncio.run(self._keep_working())

    async def _keep_working(self) -> None:
        self._loop, self._running = asyncio.get_running_loop(), asyncio.current_task()
        pause = 1
        while not self._stopped.is_set():
            begun = self._loop.time()
            try:
                await self.work()
            except (procrastinate.exceptions.ProcrastinateException, DriverError, OSError) as error:
                log.warning("the mail queue cannot be reached (%s); trying again", type(error).__name__)
            except Exception as error:  # noqa: BLE001 - mails must go on after whatever it was
                log.error("the mail queue stopped (%s); starting it again", type(error).__name__)
            pause = 1 if self._loop.time() - begun > LONGEST_PAUSE_S else min(2 * pause, LONGEST_PAUSE_S)
            await asyncio.sleep(0 if self._stopped.is_set() else pause)

    def stop(self) -> None:
        """Stop at once; a mail in the middle of being sent is tried again at the next start."""
        self._stopped.set()
        loop, running = self._loop, self._running
        if loop is not None and running is not None:
            with suppress(RuntimeError):  # it has stopped already
                loop.call_soon_threadsafe(running.cancel)


@contextmanager
def working(settings: "Settings") -> Iterator[Worker]:
    """Send mails in the background until the end of the block."""
    worker = Worker(settings)
    thread = threading.Thread(target=worker.run, name="mail", daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(LAST_WORDS_S + 3)
        worker.engine.dispose()

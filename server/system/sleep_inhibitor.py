"""Keeps this computer from going to sleep by itself, as long as somebody wants that."""

import logging
import threading
from typing import Any

log = logging.getLogger(__name__)

CANNOT = (
    "This computer cannot be kept awake from here, so it may go to sleep, and then ChatGPT does not reach it. "
    "Turn automatic sleep off in the system's settings."
)
PATIENCE = 15.0  # seconds in which the system says whether it will; it is asked in up to three ways, of two seconds each


class Awake:
    """Holding twice is holding once, and releasing ends it. Both may wait for some seconds, on any thread, and never raise.

    `problem`: a sentence, where the system will not be kept awake. Whoever holds must release before the program ends, for
    on Windows a thread of the library's stays until then.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.problem: str | None = None
        self._patience = patience
        self._turn = threading.Lock()
        self._hold: Hold | None = None

    @property
    def held(self) -> bool:
        """Whether the computer is kept awake."""
        return bool(self._hold and self._hold.works)

    def hold(self, reason: str) -> None:
        """Keep the computer awake from now on. `reason`: what a person reads where their system lists who does."""
        with self._turn:
            if self.held:
                return
            hold = Hold(reason)
            hold.begin(self._patience)
            self._hold = hold if hold.works else None
            self.problem = None if hold.works else CANNOT

    def release(self) -> None:
        """Let the computer sleep as it likes."""
        with self._turn:
            hold, self._hold, self.problem = self._hold, None, None
            if hold:
                hold.end(self._patience)


class Hold:
    """One holding, in a thread of its own: the library wants its beginning and its end on the same one."""

    def __init__(self, reason: str) -> None:
        self.works = False
        self._reason = reason
        self._settled, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="awake", daemon=True)

    def begin(self, seconds: float) -> None:
        """Start, and wait until it is known whether it works. One that settles later than this ends at once."""
        self._thread.start()
        if not self._settled.wait(seconds):
            log.warning("The system did not say within %.0f seconds whether it stays awake.", seconds)
            self._over.set()

    def end(self, seconds: float) -> None:
        """Stop, and wait until the system knows."""
        self._over.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        adapter = None
        try:
            from wakepy import keep

            adapter = make_adapter(self._reason)
            ways: Any = [lambda: adapter] if adapter else None  # the library wants classes, and calls them
            with keep.running(on_fail="pass", dbus_adapter=ways) as mode:
                self.works = mode.active and not self._over.is_set()
                if not mode.active:
                    log.info("The computer is not kept awake: %s", mode.result.get_failure_text(style="inline"))
                    self._over.set()
                self._settled.set()
                self._over.wait()
        except Exception:
            log.warning("Keeping the computer awake went wrong.", exc_info=True)
        finally:
            self.works = False
            self._settled.set()
            if adapter:
                adapter.close_connections()  # the library does not where nothing came of it


def make_adapter(reason: str) -> Any:
    """Make the way to D-Bus that says who keeps the computer awake and why, in place of the library's name.

    None where there is no D-Bus.
    """
    try:
        from wakepy.core import DBusMethodCall
        from wakepy.dbus_adapters.jeepney import JeepneyDBusAdapter
    except ImportError:
        return None

    told = {"application_name": "Deskhand", "app_id": "deskhand", "reason_for_inhibit": reason, "reason": reason}

    class Adapter(JeepneyDBusAdapter):
        def process(self, call: DBusMethodCall) -> object:
            said = {name: told.get(name, value) for name, value in (call.get_kwargs() or {}).items()}
            return super().process(DBusMethodCall(call.method, said) if said else call)

    return Adapter()

"""Inhibition of automatic sleep."""

import logging
import threading
from typing import Any

log = logging.getLogger(__name__)

CANNOT = (
    "This computer cannot be kept awake from here, so it may go to sleep, and then ChatGPT does not reach it. "
    "Turn automatic sleep off in the system's settings."
)
TIMEOUT = 15.0  # seconds for the system to answer; there are up to three ways, of two seconds each


class SleepInhibitor:
    """Inhibits sleep between `hold` and `release`, which are idempotent, thread-safe, may block for seconds and never raise.

    `problem`: sentence for the person if the system does not allow it. `release` must be called before the program ends:
    on Windows a thread of the library runs until then.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self.problem: str | None = None
        self._timeout = timeout
        self._lock = threading.Lock()
        self._inhibition: Inhibition | None = None

    @property
    def held(self) -> bool:
        """Return whether sleep is inhibited."""
        return bool(self._inhibition and self._inhibition.active)

    def hold(self, reason: str) -> None:
        """Inhibit sleep. `reason`: shown by the system in its list of inhibitions."""
        with self._lock:
            if self.held:
                return
            inhibition = Inhibition(reason)
            inhibition.begin(self._timeout)
            self._inhibition = inhibition if inhibition.active else None
            self.problem = None if inhibition.active else CANNOT

    def release(self) -> None:
        """Allow sleep again."""
        with self._lock:
            inhibition, self._inhibition, self.problem = self._inhibition, None, None
            if inhibition:
                inhibition.end(self._timeout)


class Inhibition:
    """One inhibition in its own thread: the library must begin and end it on the same one."""

    def __init__(self, reason: str) -> None:
        self.active = False
        self._reason = reason
        self._settled, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="awake", daemon=True)

    def begin(self, seconds: float) -> None:
        """Start, and wait for the result; an inhibition that is active only after this limit ends at once."""
        self._thread.start()
        if not self._settled.wait(seconds):
            log.warning("The system did not say within %.0f seconds whether it stays awake.", seconds)
            self._over.set()

    def end(self, seconds: float) -> None:
        """Stop, and wait until the system has been told."""
        self._over.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        adapter = None
        try:
            from wakepy import keep

            adapter = make_adapter(self._reason)
            adapters: Any = [lambda: adapter] if adapter else None  # the library expects classes, and calls them
            with keep.running(on_fail="pass", dbus_adapter=adapters) as mode:
                self.active = mode.active and not self._over.is_set()
                if not mode.active:
                    log.info("The computer is not kept awake: %s", mode.result.get_failure_text(style="inline"))
                    self._over.set()
                self._settled.set()
                self._over.wait()
        except Exception:
            log.warning("Keeping the computer awake went wrong.", exc_info=True)
        finally:
            self.active = False
            self._settled.set()
            if adapter:
                adapter.close_connections()  # the library does not after a failure


def make_adapter(reason: str) -> Any:
    """Create the D-Bus adapter that names Deskhand and the reason instead of the library; None if there is no D-Bus."""
    try:
        from wakepy.core import DBusMethodCall
        from wakepy.dbus_adapters.jeepney import JeepneyDBusAdapter
    except ImportError:
        return None

    names = {"application_name": "Deskhand", "app_id": "deskhand", "reason_for_inhibit": reason, "reason": reason}

    class Adapter(JeepneyDBusAdapter):
        def process(self, call: DBusMethodCall) -> object:
            arguments = {name: names.get(name, value) for name, value in (call.get_kwargs() or {}).items()}
            return super().process(DBusMethodCall(call.method, arguments) if arguments else call)

    return Adapter()

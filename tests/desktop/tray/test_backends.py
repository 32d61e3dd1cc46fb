"""The ways of systems that are not here are tried on stand-ins for what would draw there."""

import sys
import threading
import types

import pytest

from desktop.tray.backends import Backend, Gtk, Mac, Xorg, backend_of


class Icon:
    """Stands in for pystray's icon."""

    def __init__(self) -> None:
        self.did = []
        self._message_handlers = {1: self._on_notify, 2: self._on_stop}

    def _on_notify(self):
        self.did.append("menu")

    def _on_stop(self):
        self.did.append("stop")

    def _initialize(self):
        raise OSError("no bus")

    def _finalize(self):
        raise OSError("no daemon")

    def _mark_ready(self):
        self.did.append("ready")

    def run(self, setup):
        self._mark_ready()
        setup(self)

    def stop(self):
        self.did.append("stopped")

    def notify(self, text, title):
        self.did.append((threading.current_thread().name, title, text))


@pytest.fixture
def apple(monkeypatch):
    """Stands in for macOS's toolkit: what is called later is kept."""
    later, policies = [], []
    kit = types.ModuleType("AppKit")
    kit.NSApplicationActivationPolicyAccessory = 1
    kit.NSApplication = types.SimpleNamespace(
        sharedApplication=lambda: types.SimpleNamespace(setActivationPolicy_=policies.append)
    )
    tools = types.ModuleType("PyObjCTools")
    tools.AppHelper = types.SimpleNamespace(callAfter=later.append)
    monkeypatch.setitem(sys.modules, "AppKit", kit)
    monkeypatch.setitem(sys.modules, "PyObjCTools", tools)
    return types.SimpleNamespace(later=later, policies=policies)


def test_macos_backend_draws_on_the_main_thread_without_dock_icon(apple):
    icon, drawn = Icon(), []
    mac = Mac(icon)
    assert apple.policies == [1]
    mac.call(lambda: drawn.append(True))
    assert drawn == []
    apple.later.pop()()
    assert drawn == [True]
    mac.stop()
    assert icon.did == []
    apple.later.pop()()
    assert icon.did == ["stopped"]


def test_macos_backend_restores_ctrl_c_once_its_loop_runs(apple):
    icon, begun = Icon(), []
    Mac(icon).run(begun.append, lambda: begun.append("signals"))
    assert begun == [icon]
    apple.later.pop()()
    assert begun == [icon, "signals"]


def test_open_menu_is_tracked_on_windows(monkeypatch):
    icon = Icon()
    windows = Backend(icon)
    seen = []
    monkeypatch.setattr(icon, "did", types.SimpleNamespace(append=lambda _: seen.append(windows.menu_is_open())))
    windows.run(lambda _: None, lambda: None)
    icon._message_handlers[1]()
    icon._message_handlers[2]()
    assert seen == [False, True, False]
    assert not windows.menu_is_open()


def test_toolkit_is_set_up_before_its_loop_is_ready():
    icon = Icon()
    Backend(icon).run(lambda _: icon.did.append("set up"), lambda: icon.did.append("signals"))
    assert icon.did == ["signals", "ready", "set up"]


def test_gtk_backend_runs_without_dbus_and_notification_daemon(monkeypatch):
    monkeypatch.setattr("desktop.tray.backends.redirect_gtk_warnings", lambda: None)
    icon = Icon()
    Gtk(icon)
    icon._initialize()
    icon._notifier.notify("title", "text", "icon")
    icon._finalize()
    assert icon.did == ["ready"]


def test_xorg_tooltip_is_latin_1():
    assert Xorg.spell(None, "Deskhand: ● Online · https://abel.ngrok.app") == "Deskhand:  Online · https://abel.ngrok.app"


@pytest.mark.parametrize(("module", "kind"), [("pystray._gtk", Gtk), ("pystray._appindicator", Gtk), ("pystray._win32", Backend)])
def test_backend_is_chosen_by_the_class_of_the_icon(monkeypatch, module, kind):
    monkeypatch.setattr("desktop.tray.backends.redirect_gtk_warnings", lambda: None)
    made = type("Icon", (Icon,), {"__module__": module})()
    assert type(backend_of(made)) is kind

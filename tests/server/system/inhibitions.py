"""A power manager on the session bus that prints what it is asked, for the system's Python, which has PyGObject."""

import json

from gi.repository import Gio, GLib

INTERFACE = """<node><interface name="org.freedesktop.PowerManagement.Inhibit">
<method name="Inhibit"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="u" direction="out"/></method>
<method name="UnInhibit"><arg type="u" direction="in"/></method>
</interface></node>"""
COOKIE = 7


def tell(**what):
    print(json.dumps(what), flush=True)


def answer(connection, sender, path, interface, method, arguments, invocation):
    tell(call=method, arguments=list(arguments.unpack()))
    invocation.return_value(GLib.Variant("(u)", (COOKIE,)) if method == "Inhibit" else None)


def offer(connection, name):
    interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
    connection.register_object("/org/freedesktop/PowerManagement/Inhibit", interface, answer, None, None)


Gio.bus_own_name(
    Gio.BusType.SESSION, "org.freedesktop.PowerManagement", Gio.BusNameOwnerFlags.NONE, offer, lambda *_: tell(ready=True), None
)
GLib.MainLoop().run()

"""A notification daemon that shows nothing and writes a line of JSON for each notification."""

import json
from typing import Any

from desktop.toolkit import find_gi

find_gi()
from gi.repository import Gio, GLib  # noqa: E402, it has to be found first

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = """
<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
</interface></node>
"""
ANSWERS = {
    "Notify": GLib.Variant("(u)", (1,)),
    "GetCapabilities": GLib.Variant("(as)", (["body"],)),
    "GetServerInformation": GLib.Variant("(ssss)", ("recorder", "tests", "1", "1.2")),
}


def answer(*call: Any) -> None:
    _, _, _, _, method, given, invocation = call
    if method == "Notify":
        print(json.dumps({"title": given.unpack()[3], "text": given.unpack()[4]}), flush=True)
    invocation.return_value(ANSWERS.get(method))


def register(connection: Any, _: str) -> None:
    connection.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], answer, None, None)


Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, register, lambda *_: print("owned", flush=True), None)
GLib.MainLoop().run()

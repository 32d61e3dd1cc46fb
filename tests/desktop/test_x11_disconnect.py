import subprocess
import sys

CODE = """
import os
from desktop.toolkit import find_gtk
from desktop.x11_disconnect import watch
gtk = find_gtk()
kept = watch(lambda: (print("lost", flush=True), os._exit(7)))
print("ready", flush=True)
gtk.main()
"""


def test_lost_screen_is_reported_before_the_process_ends(display, root):
    process = subprocess.Popen([sys.executable, "-c", CODE], cwd=root, env=display.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    display.screen.kill()
    assert process.communicate(timeout=60)[0] == "lost\n"
    assert process.returncode == 7

"""Programs that run whatever they are given: shells, interpreters, terminals, and programs that start others."""

import os
import re
from pathlib import PurePath, PureWindowsPath

from server.integrations.apps.resolve.launch_spec import OPEN, LaunchSpec

NAMES = """
    ash bash busybox csh dash elvish fish ksh mksh nu osh pwsh rc sh tcsh toybox xonsh zsh cmd powershell powershell_ise command
    awk bun deno gawk gdb irb java javaw jshell julia ipython lua luajit mawk node nodejs osascript perl php pypy pypy3 python
    pythonw r rscript rake ruby scala tclsh wish gjs ghci erl iex swift cscript wscript mshta rundll32 regsvr32 msbuild wsl ssh
    env nice nohup setsid stdbuf sudo doas su pkexec xargs timeout time start open xdg-open systemd-run gtk-launch conhost
    alacritty foot ghostty guake hyper iterm iterm2 kgx kitty konsole lxterminal ptyxis rio rxvt st terminal terminator tilix
    tilda tmux screen urxvt warp wezterm windowsterminal wt xterm yakuake emacs vim nvim vi
"""
INTERPRETERS = frozenset(NAMES.split())
VERSION = re.compile(r"[-_.]?\d[\d.]*[a-z]?(?:-\d[\d.]*)?$")  # python3.11, ruby-3.2, lua5.4
WARNING = (
    "{name} runs any command or script that it is given. A client that may start it with files or arguments could do anything "
    "that you can do on this computer. Add it only if you are sure."
)


def warn_of_interpreter(launch_spec: LaunchSpec) -> str | None:
    """Return a warning if a shell, an interpreter or a terminal is started, also by a link to it; None if it is not."""
    words = launch_spec.command()
    started = [word for word in words[1:] if word.lower().endswith(".app")] if words[0] == OPEN else [words[0]]
    for program in started:
        for path in (program, os.path.realpath(program)):
            name = (PureWindowsPath if "\\" in path else PurePath)(path).name
            if is_interpreter(name):
                return WARNING.format(name=name)
    return None


def is_interpreter(file_name: str) -> bool:
    """Return whether a program's file name is that of an interpreter, whatever its version."""
    stem = file_name.lower().removesuffix(".exe").removesuffix(".com").removesuffix(".app")
    plain = VERSION.sub("", stem)
    return (
        bool({stem, plain} & INTERPRETERS)
        or plain.endswith(("terminal", "-terminal", "-shell"))
        or stem.endswith(("console", ".ps1"))
    )

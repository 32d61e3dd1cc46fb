"""Wrong changes in files and processes: what is private, what is on the disk, and whose process is ended."""

from tests.mutants.mutant import Mutant

FILES = ("tests/server/system/test_files.py",)
PROCESSES = ("tests/server/system/test_processes.py",)
TASKS = ("tests/server/core/test_tasks.py",)

MUTANTS: list[Mutant] = [
    Mutant(
        "desktop/tray/status_feed.py",
        "            if self._ended:  # after",
        "            if False:  # after",
        ("tests/desktop/tray/test_status_feed.py::test_stop_is_not_missed_before_a_request",),
    ),
    Mutant("server/system/processes.py", "process.create_time() - boot_time()", "process.create_time()", PROCESSES),
    # Files
    Mutant("server/system/files.py", "PRIVATE_FILE = 0o600", "PRIVATE_FILE = 0o644", FILES),
    Mutant("server/system/files.py", "PRIVATE_FOLDER = 0o700", "PRIVATE_FOLDER = 0o755", FILES),
    Mutant("server/system/files.py", "        folder.chmod(PRIVATE_FOLDER)  # regardless of the umask", "        pass", FILES),
    Mutant("server/system/files.py", "os.O_CREAT | os.O_EXCL | os.O_WRONLY", "os.O_CREAT | os.O_TRUNC | os.O_WRONLY", FILES),
    Mutant("server/system/files.py", "        sync(new)\n        move(new, path)\n", "        move(new, path)\n", FILES),
    Mutant(
        "server/system/files.py",
        "        sync(new)\n        move(new, path)\n",
        "        move(new, path)\n        sync(path)\n",
        FILES,
    ),
    Mutant("server/system/files.py", "    sync(target.parent)\n", "", FILES),
    Mutant("server/system/files.py", "        os.fsync(descriptor)\n", "        pass\n", FILES),
    Mutant("server/system/files.py", "    new.unlink(missing_ok=True)  # left by a killed process\n", "", FILES),
    Mutant(
        "server/system/files.py",
        "    except OSError:\n        new.unlink(missing_ok=True)\n        raise\n",
        "    except OSError:\n        raise\n",
        FILES,
    ),
    Mutant("server/system/files.py", "os.O_RDONLY | NONBLOCKING | BINARY", "os.O_RDONLY | BINARY", FILES),
    Mutant("server/system/files.py", "    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):\n", "    if False:\n", FILES),
    Mutant("server/system/files.py", "    if len(content) > max_size:\n", "    if len(content) > max_size + 1:\n", FILES),
    Mutant("server/system/files.py", "allow_nan=False", "allow_nan=True", FILES),
    Mutant("server/system/files.py", "    if not isinstance(value, dict):\n", "    if False:\n", FILES),
    Mutant("server/system/files.py", "errno.ENOSPC, errno.EDQUOT, errno.EFBIG", "errno.ENOSPC, errno.EFBIG", FILES),
    # What ships
    Mutant(
        "server/lifecycle/self_test.py",
        '"ui/extension/manifest.json", ',
        "",
        ("tests/server/lifecycle/test_self_test.py",),
    ),
    # Processes
    Mutant("server/system/processes.py", "if abs(start_time(current) - process.started) <= SAME_START:", "if True:", PROCESSES),
    Mutant("server/system/processes.py", "    if process.status() == psutil.STATUS_ZOMBIE:\n", "    if False:\n", PROCESSES),
    Mutant(
        "server/system/processes.py",
        "if any(words[-len(ending) :] == ending for ending in wanted)",
        "if any(ending[-1] in words for ending in wanted)",
        PROCESSES,
    ),
    Mutant("server/system/processes.py", "        if process.pid in excluded:\n            continue\n", "", PROCESSES),
    Mutant("server/system/processes.py", "        if process.pid in self._excluded:\n            return False\n", "", PROCESSES),
    Mutant("server/system/processes.py", "parent_of(process) not in processes)", "True)", PROCESSES),
    Mutant(
        "server/system/processes.py",
        "pattern.arguments <= set(candidate.process.cmdline()[1:])",
        "pattern.arguments & set(candidate.process.cmdline()[1:])",
        PROCESSES,
    ),
    Mutant(
        "server/system/processes.py",
        "if candidate.name not in pattern.names and not any",
        "if not any(name in candidate.name for name in pattern.names) and not any",
        PROCESSES,
    ),
    Mutant(
        "server/system/processes.py", "    if candidate.executable != program.executable:\n        return False\n", "", PROCESSES
    ),
    Mutant(
        "server/system/processes.py",
        "if real(str(Path(candidate.process.cwd(), words[index]))) != program.script:",
        "if Path(words[index]).name != Path(program.script).name:",
        PROCESSES,
    ),
    Mutant(
        "server/system/processes.py",
        "return tuple(words[: len(program.arguments)]) == program.arguments",
        "return set(program.arguments) <= set(words)",
        PROCESSES,
    ),
    Mutant(
        "server/system/processes.py",
        "if self._leads and session_of(process) == self._root.pid:\n            return True",
        "if False:\n            return True",
        PROCESSES,
    ),
    Mutant("server/system/processes.py", "            members.terminate()\n", "            pass\n", PROCESSES),
    Mutant("server/system/processes.py", "tuple(members.kill(kill_seconds))", "()", PROCESSES),
    Mutant(
        "server/system/port_owners.py",
        "if pid and connection.status == psutil.CONN_LISTEN:",
        "if pid and connection.laddr:",
        ("tests/server/system/test_port_owners.py",),
    ),
    Mutant(
        "server/system/sleep_monitor.py",
        "return unnoticed if unnoticed > TOLERANCE else 0.0",
        "return unnoticed",
        ("tests/server/system/test_sleep_monitor.py",),
    ),
    # Background tasks
    Mutant(
        "server/core/tasks.py", "        task.add_done_callback(self._report)\n        return task", "        return task", TASKS
    ),
    Mutant("server/core/tasks.py", "return await asyncio.shield(task)", "return await task", TASKS),
    Mutant("server/core/tasks.py", "            if abandon:\n", "            if not abandon:\n", TASKS),
    Mutant("server/core/tasks.py", "        while self._tasks:\n", "        if self._tasks:\n", TASKS),
]

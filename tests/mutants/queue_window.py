"""Wrong changes in the queue's window, commands and fallback that the tests must notice."""

from tests.mutants.mutant import Mutant

HERE = "server/integrations/queue"
TESTS = "tests/server/integrations/queue"
FALLBACK = (f"{TESTS}/test_fallback.py",)
MONITOR = (f"{TESTS}/test_monitor.py",)
STORE = (f"{TESTS}/store/test_monitor.py",)
RETENTION = (f"{TESTS}/test_retention.py",)
HEALTH = (f"{TESTS}/test_health.py",)

MUTANTS = [
    Mutant(f"{HERE}/fallback.py", "if not settings.api_fallback or not self._reason:", "if not self._reason:", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "if not settings.api_fallback or not self._reason:", "if not settings.api_fallback:", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "settings.fallback_seconds if self._reason == NO_BROWSER else 0", "0", FALLBACK),
    Mutant(
        f"{HERE}/fallback.py",
        "            await self._queue.lose(worker_id)\n        except DeskhandError",
        "            pass\n        except DeskhandError",
        FALLBACK,
    ),
    Mutant(f"{HERE}/fallback.py", "        await self._queue.lose(worker_id)\n        wake", "        wake", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "        self._look_at_browsers()\n", "", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "        if self._find_answers() is None:\n            return None\n", "", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "BECAUSE.format(model=answer.model, reason=self._reason)", '""', FALLBACK),
    Mutant(f"{HERE}/fallback.py", "            notes.append(NO_HISTORY)\n", "            pass\n", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "chat=chat, cursor=before", "chat=chat", FALLBACK),
    Mutant(f"{HERE}/fallback.py", "            self._blocked_until = ", "            _ = ", FALLBACK),
    Mutant(f"{HERE}/monitor.py", "if lane is Lane.api and not self.can_spend:", "if False:", MONITOR),
    Mutant(f"{HERE}/monitor.py", "        if prompt_id not in waiting:\n            raise Conflict(NOT_WAITING)\n", "", MONITOR),
    Mutant(
        f"{HERE}/store/monitor.py",
        "prompt.c.message.icontains(selection.query, autoescape=True)",
        "prompt.c.message.icontains(selection.query)",
        STORE,
    ),
    Mutant(f"{HERE}/retention.py", "        if not days:\n            return\n", "        days = days or 1\n", RETENTION),
    Mutant(f"{HERE}/store/retention.py", "prompt.c.completed_at < before", "prompt.c.queued_at < before + 1e9", RETENTION),
    Mutant(f"{HERE}/health.py", "any(state not in PAGES for state in states)", "False", HEALTH),
    Mutant(
        "desktop/tray/menu.py",
        "    if status.serving:\n        yield from (",
        "    if True:\n        yield from (",
        ("tests/desktop/tray/test_menu.py",),
    ),
    Mutant(
        "server/integrations/conversations/live/model_answers.py",
        "(Uncertain, UpstreamTimedOut)",
        "UpstreamTimedOut",
        ("tests/server/integrations/conversations/live/test_model_answers.py",),
    ),
]

"""Wrong changes in OpenAI's API for clients that the tests must notice."""

from tests.mutants.mutant import Mutant

HERE = "server/integrations/conversations/compatible"
TESTS = "tests/server/integrations/conversations/compatible"
FORWARDING = (f"{TESTS}/test_forwarding.py",)
OUTGOING = (f"{TESTS}/test_outgoing.py",)
COLLECTORS = (f"{TESTS}/test_collectors.py",)
BOUNDS = (f"{TESTS}/test_bounds.py",)
MODELS = (f"{TESTS}/test_models.py",)
ROUTES = (f"{TESTS}/test_routes.py",)

MUTANTS = [
    Mutant(
        f"{HERE}/forwarding.py",
        "model) + await self._count_context(request, model, project)",
        "model)",
        FORWARDING,
    ),
    Mutant(f"{HERE}/forwarding.py", "        check_bounded(request.body, model)\n", "", FORWARDING),
    Mutant(f"{HERE}/forwarding.py", "        return window\n", "        return 0\n", FORWARDING),
    Mutant(f"{HERE}/forwarding.py", "        if window is None:", "        if False:", FORWARDING),
    Mutant(
        f"{HERE}/forwarding.py",
        "if before := await self._count_before(request.previous_response_id):\n                return before",
        "return await self._count_before(request.previous_response_id)",
        FORWARDING,
    ),
    Mutant(f"{HERE}/bounds.py", "if value is not None and name not in BOUNDED", "if value and name not in BOUNDED", BOUNDS),
    Mutant(f"{HERE}/bounds.py", "name not in BOUNDED:", "name in UNCOUNTED:", BOUNDS),
    Mutant(f"{HERE}/bounds.py", "        if kind not in COUNTED_TOOLS:", '        if kind == "web_search":', BOUNDS),
    Mutant(f"{HERE}/bounds.py", "(body, *list_entries(body))", "(body,)", BOUNDS),
    Mutant(f"{HERE}/bounds.py", '    if "search" in model:', "    if False:", BOUNDS),
    Mutant(f"{HERE}/bounds.py", 'any(item.get("audio") for item in list_entries(body)) or ', "", BOUNDS),
    Mutant(f"{HERE}/bounds.py", ' or any(part.get("type") == SOUND for part in list_parts(body))', "", BOUNDS),
    Mutant(f"{HERE}/collectors.py", "for name in (before, after))", "for name in (after,))", COLLECTORS),
    Mutant(
        "server/integrations/conversations/adapter/prices.py",
        " or usage.audio_tokens:",
        ":",
        ("tests/server/integrations/conversations/adapter/test_prices.py",),
    ),
    Mutant(f"{HERE}/bounds.py", '"role" in item and not', "not", BOUNDS),
    Mutant(f"{HERE}/bounds.py", 'bool(item.get("encrypted_content"))', "True", BOUNDS),
    Mutant(f"{HERE}/bounds.py", ' and not part.get("file_id")', "", BOUNDS),
    Mutant(f"{HERE}/bounds.py", '        yield from list_items(item.get("output"))\n', "", BOUNDS),
    Mutant(
        f"{HERE}/transcript.py",
        ', images=read_images(item.get("output"))',
        "",
        (f"{TESTS}/test_transcript.py::test_image_of_a_function_is_read",),
    ),
    Mutant(
        f"{HERE}/outgoing.py",
        "len(to_json(self.body).encode())",
        "len(to_json([turn.text for turn in self.turns]).encode())",
        OUTGOING,
    ),
    Mutant(f"{HERE}/outgoing.py", "len(to_json(self.body).encode())", "len(to_json(self.body))", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", " + TOKENS_PER_TURN * len(entries)", "", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", "return size + ", "return size // 3 + ", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", " - sum(len(url.encode()) for url in images)", "", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", " + sum(count_image_tokens(model, url) for url in images)", "", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", "request.max_tokens or 0", "0", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", "        if tier and tier != self.service_tier:", "        if False:", OUTGOING),
    Mutant(
        f"{HERE}/forwarding.py",
        "max_output_tokens, reservation.tier)",
        "max_output_tokens)",
        (f"{TESTS}/test_forwarding.py::test_service_tier_is_chosen_within_a_budget",),
    ),
    Mutant(
        f"{HERE}/collectors.py",
        'service_tier=str(completion.get("service_tier") or "")',
        'service_tier=""',
        (f"{TESTS}/test_collectors.py::test_answer_names_its_service_tier",),
    ),
    Mutant(
        f"{HERE}/collectors.py",
        'service_tier=str(response.get("service_tier") or "")',
        'service_tier=""',
        (f"{TESTS}/test_collectors.py::test_answer_names_its_service_tier",),
    ),
    Mutant(
        f"{HERE}/forwarding.py",
        "                await self.spending.release(reservation)\n",
        "                pass\n",
        FORWARDING,
    ),
    Mutant(f"{HERE}/forwarding.py", " and not isinstance(error, Uncertain | UpstreamTimedOut)", "", FORWARDING),
    Mutant(f"{HERE}/forwarding.py", "        if self.is_recorded:\n            return\n", "", FORWARDING),
    Mutant(
        f"{HERE}/forwarding.py",
        "        finally:\n            await self._record()\n",
        "        finally:\n            pass\n",
        FORWARDING,
    ),
    Mutant(f"{HERE}/forwarding.py", "if self.collector.add(data):", "if self.collector.add(data) and False:", FORWARDING),
    Mutant(f"{HERE}/forwarding.py", "reservation.max_output_tokens, ", "None, ", FORWARDING),
    Mutant(
        f"{HERE}/forwarding.py",
        '            if (await self._record()).status == "cancelled":\n                raise UpstreamFailed(CUT)\n',
        "            await self._record()\n",
        (f"{TESTS}/test_forwarding.py::test_answer_that_ends_early_is_a_failure",),
    ),
    Mutant(
        f"{HERE}/forwarding.py",
        '        if data.get("usage") and not data.get("choices"):\n            return None\n',
        "",
        (f"{TESTS}/test_routes.py::test_completion_is_streamed",),
    ),
    Mutant(f"{HERE}/outgoing.py", ', "include_usage": True', "", OUTGOING),
    Mutant(f"{HERE}/outgoing.py", "max(most // self.count, 1)", "most", OUTGOING),
    Mutant(
        f"{HERE}/collectors.py",
        "            items[place] = merge(items[place], item)\n",
        "            items.append(item)\n",
        COLLECTORS,
    ),
    Mutant(
        f"{HERE}/service.py",
        "        if body.background:",
        "        if False:",
        (f"{TESTS}/test_service.py::test_response_in_the_background_is_refused",),
    ),
    Mutant(
        f"{HERE}/routes.py",
        "asks=False",
        "asks=True",
        (f"{TESTS}/test_routes.py::test_call_that_would_be_asked_about_is_refused",),
    ),
    Mutant(
        f"{HERE}/routes.py",
        "errors=OPENAI_ERRORS, ",
        "",
        (f"{TESTS}/test_routes.py::test_unknown_path_is_a_404_in_the_same_form",),
    ),
    Mutant(f"{HERE}/models.py", "        min_length=1, max_length=MOST_MESSAGES,", "        min_length=1,", MODELS),
    Mutant(f"{HERE}/models.py", "Field(max_length=MOST_MESSAGES, fail_fast=True)]", "Field(fail_fast=True)]", MODELS),
    Mutant(
        f"{HERE}/models.py",
        "min_length=1, max_length=MOST_MESSAGES, fail_fast=True",
        "min_length=1, max_length=MOST_MESSAGES",
        MODELS,
    ),
    Mutant(f"{HERE}/errors.py", "if failure.status in {409, 500, 502, 504}", "if False", (f"{TESTS}/test_errors.py",)),
    Mutant(f"{HERE}/service.py", "        if stream:\n", "        if False:\n", (f"{TESTS}/test_routes.py",)),
    Mutant(f"{HERE}/service.py", "/{response_id}{query}", "/{response_id}", (f"{TESTS}/test_routes.py",)),
    Mutant(
        f"{HERE}/forwarding.py",
        "raise UpstreamFailed(NOT_STORED.format(reason=error.detail)) from error",
        "raise",
        (f"{TESTS}/test_forwarding.py",),
    ),
]

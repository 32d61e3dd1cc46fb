"""Wrong changes in the connection with OpenAI, its costs and its webhooks that the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"


def change(name: str, before: str, after: str, *tests: str) -> Mutant:
    """Change a module of conversations; `tests` are in the file of the first one, or in its mirrored file."""
    mirrored = "/".join([*name.split("/")[:-1], f"test_{name.rpartition('/')[2]}"])
    return Mutant(f"{CONVERSATIONS}/{name}", before, after, tuple(f"tests/{CONVERSATIONS}/{mirrored}::{test}" for test in tests))


CLIENT, CONNECTION, SPENDING, WEBHOOK = (
    "adapter/client.py",
    "openai_account/connection.py",
    "openai_account/spending.py",
    "openai_account/webhook.py",
)
ERRORS = Mutant(
    f"{CONVERSATIONS}/adapter/errors.py",
    "            return Unavailable(self._say(OUT_OF_REACH, OTHER_OUT_OF_REACH))",
    "            return Uncertain()",
    (f"tests/{CONVERSATIONS}/adapter/test_client.py::test_openai_out_of_reach_means_that_nothing_was_sent",),
)
MUTANTS = [
    change(
        "openai_account/options.py",
        "self._made[0] is not settings",
        "False",
        "test_options_are_made_anew_after_a_change_of_the_settings",
    ),
    ERRORS,
    change(
        CONNECTION,
        "urlsplit(url).netloc if self.is_free else OPENAI",
        "OPENAI",
        "test_error_names_the_service_that_is_used",
    ),
    Mutant(
        ERRORS.path,
        "        if changes and status not in NOT_CARRIED_OUT:",
        "        if False:",
        (f"tests/{CONVERSATIONS}/adapter/test_client.py::test_failure_of_a_response_is_sent_once",),
    ),
    Mutant(
        ERRORS.path,
        "        if changes:\n            return Uncertain()\n",
        "",
        (f"tests/{CONVERSATIONS}/adapter/test_client.py::test_failure_of_a_response_is_sent_once",),
    ),
    Mutant(
        ERRORS.path,
        "    return show_line(message[:LONGEST_MESSAGE])",
        "    return message",
        (f"tests/{CONVERSATIONS}/adapter/test_errors.py::test_message_of_openai_is_shown_without_control_characters",),
    ),
    change(CLIENT, "        max_retries=0,\n", "        max_retries=2,\n", "test_failure_of_a_response_is_sent_once"),
    change(
        CLIENT,
        "            error.response_id = response_id\n",
        "",
        "test_stream_that_ends_early_is_uncertain_and_names_its_response",
    ),
    change(
        CLIENT,
        "            raise Uncertain\n        except",
        "        except",
        "test_stream_that_ends_without_its_end_is_uncertain",
    ),
    change(
        CLIENT,
        '            if error.extra.get("code") != "model_not_found":\n                raise\n',
        "            raise\n",
        "test_model_that_is_gone_is_refused_with_current_ones",
    ),
    change(CLIENT, "            await stream.close()\n", "            pass\n", "test_closing_a_response_ends_its_request"),
    change(
        CLIENT,
        '{"OpenAI-Project": openai.Omit()}',
        "{}",
        "test_client_takes_nothing_from_the_environment",
    ),
    change(
        CLIENT,
        "                await self.delete_conversation(conversation.id)\n",
        "                pass\n",
        "test_part_of_a_conversation_is_removed",
    ),
    change(
        CONNECTION,
        '        return key if origin == self.origin else ""',
        "        return key",
        "test_key_does_not_go_to_another_host",
        "test_key_of_the_environment_does_not_go_to_an_address_of_the_settings",
    ),
    change(
        CONNECTION,
        "            self._key.stored, self.problem = before, problem\n            raise",
        "            pass",
        "test_refused_key_is_not_stored",
    ),
    change(
        CONNECTION,
        "{} if context.demo else os.environ",
        "os.environ",
        "test_demo_takes_nothing_from_the_environment",
    ),
    change(
        CONNECTION,
        "        if models and all(model.id != wanted for model in models):",
        "        if False:",
        "test_missing_model_is_refused_with_current_ones",
    ),
    change(
        "openai_account/base_urls.py",
        '    if parts.scheme == "http" and not is_near(parts.hostname):',
        "    if False:",
        "test_base_url_is_refused",
    ),
    change(
        "openai_account/local.py",
        "        await check_aliases(service.openai, change.aliases.values())\n",
        "        pass\n",
        "test_alias_for_a_model_that_is_not_there_is_refused",
    ),
    change(
        "openai_account/aliases.py",
        "        check_target(target, models, openai.context.clock.now().date())\n",
        "",
        "test_model_that_is_not_there_is_refused_with_similar_and_current_ones",
    ),
    change(
        "openai_account/aliases.py",
        "        except DeskhandError:\n            return\n",
        "        except DeskhandError:\n            raise\n",
        "test_model_is_accepted_while_the_list_cannot_be_read",
    ),
    change(
        "openai_account/commands.py",
        "        if as_json or (project",
        "        if (project",
        "test_budget_is_read_as_json",
    ),
    Mutant(
        "tests/server/integrations/conversations/seed_setup.py",
        "    with running_fake_openai() as fake:\n",
        '    with running_fake_openai() as fake:\n        pytest.MonkeyPatch().setenv("OPENAI_API_KEY", KEY)\n',
        ("tests/rules/test_environment.py::test_key_is_in_the_environment_of_one_test_alone",),
    ),
    change("openai_account/base_urls.py", "    check_service(url)\n", "", "test_base_url_is_refused"),
    change(
        CONNECTION,
        "        check_service(url, self.context.address)  # at each use, as ports change\n",
        "",
        "test_own_address_is_no_other_service",
    ),
    change(
        CONNECTION,
        "lambda: self._http.get(options.base_url))",
        "self.context.http.get)",
        "test_name_of_a_link_local_address_is_refused_before_a_request",
    ),
    Mutant(
        "server/sdk/service_network.py",
        "        check_addresses(addresses, port, self._address)\n",
        "",
        ("tests/server/sdk/test_service_network.py::test_name_that_leads_elsewhere_later_is_refused",),
    ),
    Mutant(
        "server/outbound/network_client.py",
        "        return NetworkTransport(self._network)\n",
        "        return httpx2.AsyncHTTPTransport()\n",
        ("tests/server/outbound/test_network_client.py::test_every_connection_is_the_networks",),
    ),
    change(
        CONNECTION,
        "                await check_resolved_service(url, self.context.address)\n",
        "                pass\n",
        "test_name_of_a_link_local_address_is_refused_before_a_request",
    ),
    Mutant(
        "server/sdk/service_addresses.py",
        "(mapped or address).is_link_local",
        "address.is_link_local and not mapped",
        ("tests/server/sdk/test_service_addresses.py::test_link_local_address_is_refused_in_every_spelling",),
    ),
    Mutant(
        "server/sdk/service_addresses.py",
        "        if is_own_port(port, address) and is_own(each):\n            raise InvalidInput(OWN)\n",
        "",
        ("tests/server/sdk/test_service_addresses.py::test_name_is_refused_for_what_it_resolves_to",),
    ),
    Mutant(
        "server/sdk/service_addresses.py",
        "    if write_listed(host, port) in own or (is_own_port(port, address) and is_here(host)):",
        "    if False:",
        ("tests/server/sdk/test_service_addresses.py::test_own_address_is_refused",),
    ),
    Mutant(
        f"{CONVERSATIONS}/openai_account/settings.py",
        '    if url != ENDPOINT and urlsplit(url).hostname != "127.0.0.1":',
        "    if False:",
        (f"tests/{CONVERSATIONS}/openai_account/test_connection.py::test_endpoint_is_openai_or_on_this_computer",),
    ),
    change(
        SPENDING,
        "        if balance.spent + balance.reserved + amount > limit:",
        "        if balance.spent + amount > limit:",
        "test_budget_stops_a_request_before_it_is_exceeded",
        "test_simultaneous_requests_do_not_exceed_the_budget_together",
    ),
    change(
        SPENDING,
        "            if limits and amount is None:",
        "            if False:",
        "test_unknown_price_is_refused_within_a_budget",
    ),
    change(
        SPENDING,
        "calculate_real(before, answer.model, tokens, now, answer.service_tier)",
        'calculate_real(before, answer.model, tokens, now, "")',
        "test_cost_is_that_of_the_tier_that_served",
    ),
    change(SPENDING, "tier or reservation.tier, res", "tier, res", "test_cost_is_that_of_the_tier_that_served"),
    change(SPENDING, "reservation.tier or tier\n", '""\n', "test_cost_is_that_of_the_tier_that_served"),
    change(SPENDING, ", choose_tier(tier)", ", tier", "test_request_within_a_budget_asks_for_the_tier_that_was_reserved"),
    change(SPENDING, "if tier not in TIERS:", "if False:", "test_request_within_a_budget_asks_for_the_tier_that_was_reserved"),
    change("adapter/prices.py", "    if tier not in TIERS or", "    if", "test_price_of_an_unknown_tier_is_unknown"),
    change(
        CLIENT,
        'service_tier=response.service_tier or ""',
        'service_tier=""',
        "test_response_is_streamed_and_ends_with_the_whole_answer",
    ),
    change(CLIENT, '        "service_tier": request.service_tier,\n', "", "test_options_and_images_reach_openai"),
    change(
        SPENDING,
        "        if await self._database.write(store.doubt_all):",
        "        if False:",
        "test_reservation_counts_after_a_crash_until_its_answer_is_known",
    ),
    change(
        SPENDING,
        '            settle = store.release if answer.status == "failed" else store.doubt\n',
        "            settle = store.release\n",
        "test_answer_without_usage_counts_as_what_it_costs_at_most",
    ),
    Mutant(
        f"{CONVERSATIONS}/adapter/prices.py",
        "        return None\n    return Decimal(",
        "        return Decimal()\n    return Decimal(",
        (f"tests/{CONVERSATIONS}/adapter/test_prices.py::test_unknown_price_is_none",),
    ),
    Mutant(
        f"{CONVERSATIONS}/store/usage.py",
        'bindparam("which"), usage.c.state != SETTLED)',
        'bindparam("which"))',
        (f"tests/{CONVERSATIONS}/store/test_usage.py::test_settled_row_is_not_released",),
    ),
    change(
        WEBHOOK,
        "            if not settings.webhook_allowed:",
        "            if False:",
        "test_address_is_registered_only_if_the_person_allows_it",
    ),
    change(
        WEBHOOK,
        ' if url.startswith("https://") and not address.is_here_only() else ""',
        "",
        "test_address_that_openai_cannot_reach_is_not_registered",
    ),
    change(
        WEBHOOK,
        '        if event["type"] in EVENTS and not received.is_duplicate:',
        '        if event["type"] in EVENTS:',
        "test_each_ended_response_is_reported_once",
    ),
    Mutant(
        f"{CONVERSATIONS}/openai_account/signature.py",
        "    except NotAuthenticated:\n        return False",
        "    except NotAuthenticated:\n        return True",
        (f"tests/{CONVERSATIONS}/openai_account/test_signature.py::test_other_body_is_not_signed",),
    ),
    Mutant(
        "server/commandline/env_file.py",
        "                os.environ.setdefault(name, value)",
        "                os.environ[name] = value",
        ("tests/server/commandline/test_env_file.py::test_variables_of_the_file_count_unless_the_environment_has_them",),
    ),
]

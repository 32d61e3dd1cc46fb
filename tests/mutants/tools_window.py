"""Wrong changes in what the tools' page can do: choice of tools, secret values, and trials."""

from tests.mutants.mutant import Mutant

S = "server/integrations/tools"
T = "tests/server/integrations/tools"
VALUES = f"{T}/config/test_values.py"
MANAGE = f"{T}/test_manage.py"

MUTANTS = [
    Mutant(
        f"{S}/config/values.py",
        "        if name not in known:\n",
        "        if False:\n",
        (f"{VALUES}::test_unknown_names_and_values_that_break_out_are_refused",),
    ),
    Mutant(
        f"{S}/config/values.py",
        'check("header", new.headers, config.headers, CONTROLS)',
        'check("header", new.headers, config.headers, NUL)',
        (f"{VALUES}::test_unknown_names_and_values_that_break_out_are_refused",),
    ),
    Mutant(
        f"{S}/config/values.py",
        "len(text) > LONGEST_VALUE or ",
        "",
        (f"{VALUES}::test_unknown_names_and_values_that_break_out_are_refused",),
    ),
    Mutant(
        f"{S}/offer.py",
        "        if upstream.is_offered(tool)\n",
        "",
        (f"{MANAGE}::test_chosen_tools_are_offered_to_clients_and_stay_chosen",),
    ),
    Mutant(
        f"{S}/stored.py",
        '"offered", ',
        "",
        (f"{MANAGE}::test_chosen_tools_are_offered_to_clients_and_stay_chosen",),
    ),
    Mutant(
        f"{S}/trial.py",
        "    await asyncio.to_thread(check_arguments, schema, order.arguments)\n",
        "",
        (f"{MANAGE}::test_arguments_of_a_trial_are_checked",),
    ),
]

"""Wrong changes in presets: what is installed, what is kept of it, and how Ambivo's server is run."""

from tests.mutants.mutant import Mutant

S = "server/integrations/tools/presets"
T = "tests/server/integrations/tools/presets"
PRESETS = f"{T}/test_presets.py"
INSTALLER = f"{T}/test_installer.py"
ENVIRONMENTS = f"{T}/test_environments.py"

MUTANTS: list[Mutant] = [
    Mutant(
        f"{S}/installer.py",
        '"--no-deps", "--require-hashes", "--requirement", str(lock)',
        "self.preset.package",
        (f"{INSTALLER}::test_package_with_another_hash_is_refused_and_nothing_stays",),
    ),
    Mutant(
        f"{S}/installer.py",
        "        if not environment.is_complete:\n",
        "        if False:\n",
        (f"{INSTALLER}::test_package_with_another_hash_is_refused_and_nothing_stays",),
    ),
    Mutant(
        f"{S}/installer.py",
        "        await asyncio.to_thread(environment.clear)\n        await asyncio.to_thread(make_private_folder",
        "        await asyncio.to_thread(make_private_folder",
        (f"{INSTALLER}::test_remains_of_an_interrupted_installation_are_replaced",),
    ),
    Mutant(
        f"{S}/environments.py",
        "return (self.folder / MARKER).is_file() and self.python.exists()",
        "return self.folder.is_dir()",
        (f"{ENVIRONMENTS}::test_environment_without_marker_is_not_installed",),
    ),
    Mutant(
        f"{S}/environments.py",
        "if not any(program.is_relative_to(folder) for program in programs):",
        "if True:",
        (f"{ENVIRONMENTS}::test_only_unused_environments_are_removed",),
    ),
    Mutant(
        f"{S}/presets.py",
        "            if not self._adding:\n",
        "            if True:\n",
        (f"{PRESETS}::test_environment_is_kept_while_its_server_is_being_added",),
    ),
    Mutant(
        f"{S}/presets.py",
        "        if self._context.demo:\n            raise Conflict(DEMO)\n",
        "",
        (f"{PRESETS}::test_nothing_is_installed_in_demo_mode",),
    ),
    Mutant(
        f"{S}/presets.py",
        "            async with self._installing:\n                await install(target, report)",
        "            await install(target, report)",
        (f"{PRESETS}::test_one_installation_runs_at_a_time",),
    ),
    Mutant(
        f"{S}/presets.py",
        "self.list_added(preset) and self._is_due(preset):",
        "self.list_added(preset):",
        (f"{PRESETS}::test_newer_version_is_noticed_once_a_day_and_installed",),
    ),
    Mutant(
        f"{S}/presets.py",
        ".check_presets and not self._context.demo",
        ".check_presets is not None",
        (f"{PRESETS}::test_nothing_is_looked_for_if_that_is_off",),
    ),
    Mutant(
        f"{S}/configuration.py",
        'or "${" in value or not value.isprintable():',
        ":",
        (f"{T}/test_configuration.py::test_value_that_does_not_fit_is_refused",),
    ),
    Mutant(
        f"{S}/configuration.py",
        "        disabled_tools=preset.hidden,\n",
        "",
        (f"{T}/test_configuration.py::test_values_become_variables_and_only_their_names_are_configuration",),
    ),
    Mutant(
        f"{S}/process.py",
        "if SETTINGS.fullmatch(name)}",
        "}",
        (f"{T}/test_process.py::test_installer_gets_the_settings_of_package_managers_and_nothing_of_ours",),
    ),
    Mutant(
        f"{S}/process.py",
        "    finally:\n        await stdio.stop(child)\n",
        "    finally:\n        pass\n",
        (f"{T}/test_process.py::test_cancelled_program_ends_with_what_it_started",),
    ),
    Mutant(
        f"{S}/pythons.py",
        'candidates = [] if getattr(sys, "frozen", False) else [',
        "candidates = [",
        (f"{T}/test_pythons.py::test_frozen_program_says_what_is_missing",),
    ),
    Mutant(
        f"{S}/catalogue.py",
        '("AMBIVO_MAX_RETRIES", "1")',
        '("AMBIVO_MAX_RETRIES", "3")',
        (f"{T}/test_catalogue.py::test_ambivo_answers_before_a_call_becomes_a_job",),
    ),
]

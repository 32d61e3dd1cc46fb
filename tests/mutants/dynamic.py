"""Wrong changes in dynamic operations that the tests must notice."""

from tests.mutants.mutant import Mutant

EVERYWHERE = ("tests/server/sdk/test_integration.py::test_dynamic_operation_comes_and_goes_everywhere",)
SCHEMAS = ("tests/server/sdk/test_tool_schema.py",)
RULES = ("tests/server/sdk/test_dynamic.py",)

DECLARED = ("tests/server/runtime/test_declarations.py",)
RUNTIME = ("tests/server/runtime/test_integrations.py",)

MUTANTS = [
    Mutant("server/runtime/integrations.py", "        await self._check_dynamic()\n", "", RUNTIME),
    Mutant(
        "server/runtime/integrations.py",
        "                    await load\n                    async with asyncio.timeout(seconds):\n",
        "                    async with asyncio.timeout(seconds):\n                        await load\n",
        RUNTIME,
    ),
    Mutant(
        "server/runtime/integrations.py",
        "            self._events.publish(member.integration.name)\n",
        "            pass\n",
        RUNTIME,
    ),
    Mutant("server/runtime/integrations.py", "            self.revision += 1", "            pass", EVERYWHERE),
    Mutant("server/runtime/integrations.py", "            self.dynamic.replace(routes)\n", "", EVERYWHERE),
    Mutant("server/projections/documents.py", "key = (runtime.revision, ", "key = (0, ", EVERYWHERE),
    Mutant("server/projections/mcp/dispatcher.py", "if revision != self._revision:", "if self._revision < 0:", EVERYWHERE),
    Mutant("server/http/in_process.py", " or self._dynamic.find(operation)", "", EVERYWHERE),
    Mutant("server/runtime/catalogue.py", "(*self.parts.public, *self.dynamic)", "self.parts.public", EVERYWHERE),
    Mutant("server/sdk/dynamic.py", "            AfterValidator(partial(check_arguments, validator)),\n", "", EVERYWHERE),
    Mutant("server/sdk/dynamic.py", "        DocumentSchema.model_validate(schema)\n", "        pass\n", RULES),
    Mutant("server/sdk/tool_schema.py", "NAMING = OPENAPI_ONLY | {", "NAMING = {", RULES),
    Mutant(
        "server/projections/help.py",
        'rpartition("/")[2], schema)',
        'rpartition("/")[2], {})',
        ("tests/server/projections/test_help.py::test_fields_of_a_schema_that_has_no_model_are_listed",),
    ),
    Mutant("server/projections/openapi.py", "schemas.get(name, {})", "schemas[name]", RULES),
    Mutant("server/projections/mcp/schemas.py", 'body.get("additionalProperties", False)', "False", RULES),
    Mutant("server/sdk/dynamic.py", " or name in RESERVED", "", RULES),
    Mutant("server/sdk/dynamic.py", "if double := sorted(own & used):", "if double := []:", RULES),
    Mutant("server/sdk/dynamic.py", " or not owns(route.path)", "", RULES),
    Mutant("server/sdk/dynamic.py", "not PATH.fullmatch(route.path) or ", "", RULES),
    Mutant("server/sdk/tool_schema.py", "self._nodes > MOST_NODES or depth > DEEPEST", "self._nodes > 10**7", SCHEMAS),
    Mutant("server/sdk/tool_schema.py", "if reference in within:", "if False:", SCHEMAS),
    Mutant("server/runtime/declarations.py", "if not member.owns(path):", "if not path:", DECLARED),
    Mutant(
        "server/runtime/declarations.py", "sorted(names & {*taken, SEARCH, FETCH})", "sorted(names & {SEARCH, FETCH})", DECLARED
    ),
    Mutant("server/runtime/declarations.py", "sorted(list_names(parts) - names)", "[]", DECLARED),
    Mutant("server/runtime/integrations.py", "            check_declarations(member, parts, self.list_names())\n", "", RUNTIME),
    Mutant(
        "server/sdk/approval_requests.py",
        "type(self._sources.get(source.prefix, source)) is not type(source) or ",
        "",
        ("tests/server/sdk/test_approval_requests.py::test_prefix_of_another_source_is_refused",),
    ),
]

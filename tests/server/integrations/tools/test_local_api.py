from server.integrations.tools.local_api import address, complete_variables


def test_id_of_a_server_leads_nowhere_else():
    assert address("a/../b?c", "/trust") == "/api/tools/a%2F..%2Fb%3Fc/trust"


class Api:
    def __init__(self, missing):
        self.missing = missing

    def call(self, method, path, order):
        assert (method, path) == ("POST", "/api/tools/preview")
        return {"missing": [name for name in self.missing if name not in order["variables"]]}


def test_variables_have_values_of_the_command_then_of_its_shell(monkeypatch):
    monkeypatch.setenv("CRM_TOKEN", "of the shell")
    monkeypatch.setenv("CRM_URL", "of the shell")
    order = complete_variables(Api(["CRM_TOKEN", "CRM_URL", "NOT_SET_ANYWHERE"]), "{}", {"CRM_URL": "given", "id": "x"})
    assert order["variables"] == {"CRM_TOKEN": "of the shell", "CRM_URL": "given", "id": "x"}
    assert order["inputs"] == {"CRM_URL": "given", "id": "x"}

from server.demo.chatgpt import Answer
from server.sdk.demo import DemoScript, Persona, Response, Scenario, Step, Task


def test_scenario_is_sent_the_response_of_each_step() -> None:
    def scenario() -> Scenario:
        response = yield Step("list_notes")
        yield Step("read_note", {"name": response.body})

    script = DemoScript(opening=(Task(Persona.gpt, scenario),))
    steps = script.opening[0].begin()
    response: Response = Answer(200, "first")
    assert next(steps) == Step("list_notes")
    assert steps.send(response) == Step("read_note", {"name": "first"})

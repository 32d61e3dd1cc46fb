"""Keeps short notes, so that tests can add an integration and take it away."""

from server.sdk.integration import Integration, IntegrationSpec, OnboardingStep, Revocation


def load() -> IntegrationSpec:
    """Import the parts."""
    from server.integrations.example.models import ExampleSettings
    from server.integrations.example.routes import example, list_dynamic
    from server.integrations.example.service import start

    return IntegrationSpec(start=start, public=(example,), dynamic=list_dynamic, settings=ExampleSettings)


integration = Integration(
    name="example",
    title="Example",
    prefixes=("/example",),
    load=load,
    scopes={"read:example": "Read your example notes", "write:example": "Write example notes"},
    revocations=(Revocation("example_note", where={"state": "shared"}, values={"state": "private"}),),
    onboarding=OnboardingStep("Notes", "Write an example note", "It stays on this computer."),
    instructions="It keeps example notes.",
)

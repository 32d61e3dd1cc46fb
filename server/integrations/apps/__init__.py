"""Starts and stops the programs on the person's list, and opens what they allow."""

from server.sdk.integration import Integration, IntegrationSpec, OnboardingStep, Revocation


def load() -> IntegrationSpec:
    """Import what it is made of."""
    from server.integrations.apps.restored import RestoredApps
    from server.integrations.apps.routes import local, public
    from server.integrations.apps.scenarios import SCRIPT
    from server.integrations.apps.service import start
    from server.integrations.apps.undo import UNDOS

    return IntegrationSpec(start=start, public=(public,), local=(local,), restored=RestoredApps, demo=SCRIPT, undos=UNDOS)


integration = Integration(
    name="apps",
    title="Apps",
    prefixes=("/apps",),
    load=load,
    scopes={"read:apps": "See which of your listed programs run", "control:apps": "Start and stop your listed programs"},
    revocations=(Revocation("apps_process"),),  # processes of another time or computer: one of them would be ended as ours
    onboarding=OnboardingStep("Programs", "Choose your programs", "Only listed programs can be started."),
    instructions="It starts and stops the programs that the person listed.",
)

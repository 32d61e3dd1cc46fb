"""OAuth client in the configuration of a server, with the values of its variables."""

from server.core.errors import InvalidInput
from server.core.text import shorten
from server.integrations.tools.config.variables import expand, explain_lack
from server.integrations.tools.models import OAuthClient, UpstreamConfig, UpstreamSecrets


def resolve_client(config: UpstreamConfig, secrets: UpstreamSecrets) -> OAuthClient:
    """Fill in the values. Raises InvalidInput with a sentence if one is missing."""
    client = config.oauth or OAuthClient()
    values = {name: value.get_secret_value() for name, value in secrets.variables.items()}
    try:
        filled = {name: expand(getattr(client, name), values) for name in ("client_id", "client_secret")}
    except KeyError as error:
        raise InvalidInput(explain_lack(config.title, shorten(str(error.args[0])))) from None
    return client.model_copy(update=filled)

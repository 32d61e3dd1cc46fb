"""The manifest of a plug-in, at /.well-known/ai-plugin.json: ChatGPT reads it no more; programs that took over its form do."""

from typing import Any


def make_manifest(address: str, document: dict[str, Any]) -> dict[str, Any]:
    """Make the manifest of a document of operations that stands at an address.

    Its form: https://web.archive.org/web/2024/https://platform.openai.com/docs/plugins/getting-started/plugin-manifest
    """
    title, description = document["info"]["title"], document["info"]["description"]
    return {
        "schema_version": "v1",
        "name_for_human": title,
        "name_for_model": title.lower(),
        "description_for_human": description,
        "description_for_model": description,
        "auth": {"type": "bearer"},
        "api": {"type": "openapi", "url": f"{address}/openapi.yaml"},
        "logo_url": f"{address}/favicon.ico",
        "contact_email": "",
        "legal_info_url": f"{address}/privacy",
    }

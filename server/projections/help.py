"""The help page at /docs: every operation in words, without a script and without anything from elsewhere."""

from html import escape
from typing import Any

from server.access.oauth.pages import PALETTE
from server.projections.openapi import walk_operations

STYLE = (
    PALETTE
    + """\
body {
  margin: 0 auto; max-width: 760px; padding: 40px 24px 80px;
  background: var(--page); color: var(--ink); font: 15px/24px system-ui, sans-serif;
}
h1 { font-size: 28px; line-height: 34px; letter-spacing: -.018em; margin: 0 0 8px; }
h2 { font-size: 15px; margin: 40px 0 8px; }
p { margin: 0 0 8px; color: var(--dim); }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; margin: 0 0 12px; }
article h3 { font-size: 15px; margin: 0 0 4px; }
article p { color: var(--ink); }
code { font: 13px/20px ui-monospace, Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.asks { color: var(--accent); font-weight: 600; font-size: 13px; margin-left: 4px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 8px 0 0; font-size: 14px; }
dt code { color: var(--dim); }
dd { margin: 0; }
a { color: var(--accent); }
"""
)


def make_page(document: dict[str, Any]) -> str:
    """Write the page from a document."""
    groups: dict[str, list[str]] = {}
    for path, method, operation in walk_operations(document):
        groups.setdefault(operation["tags"][0], []).append(describe_operation(document, path, method, operation))
    sections = "".join(f"<section><h2>{escape(name)}</h2>{''.join(parts)}</section>" for name, parts in groups.items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(document["info"]["title"])}</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>{escape(document["info"]["title"])}</h1><p>{escape(document["info"]["description"])}</p>
<p>For machines: <a href="/openapi.json">openapi.json</a>, <a href="/openapi.yaml">openapi.yaml</a>. Send your key as
<code>Authorization: Bearer dh_…</code> or <code>X-API-Key: dh_…</code>.</p>{sections}</main></body></html>"""


def describe_operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    """Write one operation's card."""
    asks = '<span class="asks">changes something</span>' if operation["x-openai-isConsequential"] else ""
    description = operation.get("description") or operation.get("summary", "")
    fields = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(text)}</dd>" for name, text in list_arguments(document, operation)
    )
    return (
        f"<article><h3>{escape(operation['operationId'])} {asks}</h3><p><code>{method.upper()} {escape(path)}</code></p>"
        f"<p>{escape(description)}</p>{f'<dl>{fields}</dl>' if fields else ''}</article>"
    )


def list_arguments(document: dict[str, Any], operation: dict[str, Any]) -> list[tuple[str, str]]:
    """List the parameters of an operation, then the fields of its body."""
    fields = [(parameter["name"], parameter.get("description", "")) for parameter in operation.get("parameters", [])]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})  # of a dynamic operation: as it is
    model = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return fields + [(name, field.get("description", "")) for name, field in model.get("properties", {}).items()]

"""Pages that a browser shows during a sign-in: four digits to be typed on the computer, and nothing to click."""

from html import escape

from server.access.oauth.client_names import name_client
from server.access.oauth.pending_authorization import PendingAuthorization, describe_origin

PALETTE = """
:root {
  color-scheme: light dark;
  --ink: #131a1b; --dim: #5b686b; --page: #f6f7f7; --card: #fff; --line: #e0e5e6; --accent: #0b6b68;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9eeee; --dim: #93a0a1; --page: #0f1314; --card: #171c1d; --line: #283031; --accent: #58c4ba; }
}
"""
STYLE = (
    PALETTE
    + """\
* { box-sizing: border-box; }
body { margin: 0; padding: 48px 16px; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main {
  max-width: 520px; margin: 0 auto; padding: 32px; background: var(--card);
  border: 1px solid var(--line); border-radius: 16px;
}
h1 { margin: 0 0 8px; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; overflow-wrap: anywhere; }
p { margin: 0 0 16px; }
.digits {
  margin: 24px 0; padding: 16px 0; border: 1px solid var(--line); border-radius: 12px; background: var(--page);
  text-align: center; font: 600 3rem/1.2 ui-monospace, Menlo, "DejaVu Sans Mono", monospace;
  letter-spacing: .25em; text-indent: .25em;
}
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h2 { margin: 24px 0 4px; font-size: .875rem; color: var(--dim); font-weight: 600; }
ul { margin: 0; padding: 0 0 0 20px; }
dl { margin: 0; }
dt { margin: 16px 0 0; font-size: .875rem; color: var(--dim); font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.dim { margin: 24px 0 0; color: var(--dim); font-size: .875rem; }
@media (max-width: 480px) { body { padding: 0; } main { border: 0; border-radius: 0; min-height: 100vh; padding: 24px 16px; } }
"""
)
STYLE_PATH = "/chatgpt/consent/style.css"
REFRESH = '<meta http-equiv="refresh" content="2">'
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">{refresh}<title>{title} · Deskhand</title><link rel="stylesheet" href="{style}"></head>
<body><main>{body}</main></body></html>"""


def make_page(title: str, body: str, *, refresh: bool = False) -> str:
    """Fill the page template."""
    return PAGE.format(refresh=REFRESH if refresh else "", title=escape(title), style=STYLE_PATH, body=body)


def make_waiting_page(pending: PendingAuthorization) -> str:
    """Page with the digits of a pending authorization and its details."""
    request, name = pending.request, escape(name_client(pending.request))
    may = "".join(f"<li>{escape(words)}</li>" for words in pending.permissions)
    moved = "<dt>Please note</dt><dd>Its redirect URL has changed.</dd>" if pending.moved else ""
    body = f"""<h1>{name} wants to sign in</h1>
<p>Open Deskhand on your computer and type these digits there. This page updates automatically.</p>
<p class="digits"><span aria-hidden="true">{pending.digits}</span><span class="heard">{" ".join(pending.digits)}</span></p>
<h2>Permissions</h2><ul>{may}</ul>
<dl><dt>Who it is</dt><dd>{escape(describe_origin(request))}</dd>
<dt>Redirects to</dt><dd>{escape(request.callback)}</dd>{moved}</dl>
<p class="dim">Did you not begin this yourself? Then close this page and type nothing.</p>"""
    return make_page("Sign in", body, refresh=True)


def make_message_page(title: str, *sentences: str) -> str:
    """Page with a few sentences."""
    body = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return make_page(title, f"<h1>{escape(title)}</h1>{body}")

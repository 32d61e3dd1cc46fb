"""Pages that a person sees when an outside service has redirected their browser to a callback."""

from html import escape

from fastapi.responses import HTMLResponse

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the code
}
STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}:root{color-scheme:light dark}"


def make_page(title: str, sentence: str, status: int) -> HTMLResponse:
    """Make a small page without anything that runs."""
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1><p>{escape(sentence)}</p></body></html>"
    )
    return HTMLResponse(page, status, PAGE_HEADERS)

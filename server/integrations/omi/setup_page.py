"""The page that says what to paste where. It holds nobody's data, and no address."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Set up OMI</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>Set up OMI</h1>
<p>What your OMI hears can be looked up here by the GPTs, apps and scripts that you allow. It stays on your computer.</p>
<ol>
<li>On your computer, open Deskhand's window and choose OMI. Make the addresses there; they are a secret of yours.</li>
<li>In the OMI app, open Settings, switch Developer Mode on, and open Developer Settings.</li>
<li>Paste each address into the field that Deskhand names: Memory Creation Webhook, Real-Time Transcript Webhook,
Day Summary Webhook and, if you want your sound kept, Audio Bytes Webhook. The window shows each as a picture to scan.</li>
<li>If OMI shows you a signing secret, give it to Deskhand too. From then on nobody else can deliver.</li>
<li>When the first conversation arrives, Deskhand asks whether this OMI account is yours. Say yes.</li>
</ol></main></body></html>"""

pages = APIRouter(include_in_schema=False)


@pages.get("/chatgpt/setup")
async def show_setup() -> HTMLResponse:
    return HTMLResponse(PAGE)


@pages.get("/chatgpt/setup-completed")
async def tell_setup() -> dict[str, bool]:
    return {"is_setup_completed": True}

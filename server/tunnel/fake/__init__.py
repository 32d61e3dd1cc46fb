"""ngrok's agent as Deskhand meets it, without ngrok: a program that speaks what pyngrok needs and really passes requests on.

It takes the agent's words (`version`, `start --none --log stdout --config FILE`), tells what it does on stdout, has the agent's
interface on a port of this computer, and gives each endpoint an address there too: http://127.0.0.1:PORT.

Where what stands: `launch` (how it is started), `agent` (what it does), `api` (its interface), `proxy` (passing on), `wire`
(HTTP), `faults` (going wrong as an authtoken orders it).
"""

"""The tunnel: a public address for the public surface, and for nothing else. It is opened when the person wants it.

Where what stands: `service` (on, off, again), `provider` (what a provider does), `ngrok` and `ngrok_codes` (the one there is),
`launcher` (how its agent is started), `agent`, `download` and `archive` (where the agent comes from), `restarts` (how often),
`counter` (requests of the month), `store` (addresses and counts that are kept), `preferences` (what the person sets).
"""

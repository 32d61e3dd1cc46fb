"""Fake of ngrok's agent: a program with the commands, log and API that pyngrok needs, and a working proxy.

Commands: `version`, `start --none --log stdout --config FILE`. The API and each endpoint have a port of this computer.
"""

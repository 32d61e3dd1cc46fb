"""Simulated ChatGPT traffic of demo mode. It ships with the program, and the tests use it."""

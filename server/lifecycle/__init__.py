"""The program from start to end: logging, crash log, runtime file, self-test."""

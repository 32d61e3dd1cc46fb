"""What demo mode plays with besides each integration's own fake. It ships with the program, and the tests use it."""

"""`ambivo-gpt-actions serve` and `ambivo-gpt-actions generate-schema`."""

from ambivo_gpt_actions.cli import main

if __name__ == "__main__":
    main()

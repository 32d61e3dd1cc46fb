"""`python -m ambivo_gpt_actions.schema_generator`: the same as `ambivo-gpt-actions generate-schema`."""

import sys

from ambivo_gpt_actions.cli import main

if __name__ == "__main__":
    main(["generate-schema", *sys.argv[1:]])

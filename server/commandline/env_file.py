"""The option --env-file: variables of a file such as .env, for those that the environment does not have."""

import os
from pathlib import Path

import click


def load_env_file(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Put the variables of a file into the environment. Raises BadParameter if it cannot be read."""
    if path is None:
        return None
    from dotenv import dotenv_values

    try:
        values = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
        for name, value in values.items():
            if value is not None:
                os.environ.setdefault(name, value)
    except (OSError, ValueError) as error:  # no text, or a NUL character
        reason = error.strerror if isinstance(error, OSError) else "It is no text file"
        raise click.BadParameter(f"{path.name} cannot be read: {reason}.") from None
    return path


env_file_option = click.option(
    "--env-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    is_eager=True,  # before the options that read the environment
    expose_value=False,
    callback=load_env_file,
    help="Read variables from this file, such as .env; those of the environment come first.",
)

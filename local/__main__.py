"""The command line's entry: `python -m local`."""

import sys


def main() -> int:
    """Say in one line when the packages are not there."""
    try:
        from local.cli import run  # noqa: PLC0415 - the line below is its own
    except ModuleNotFoundError as error:
        print(f"Keepsake: the package {error.name} is missing. Run `make run`.", file=sys.stderr)
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())

"""Run the command line as ``python -m orgloop``."""

from orgloop.cli.main import main

if __name__ == "__main__":
    main()

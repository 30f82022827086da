"""Run the command line as ``python -m orgloop``."""

from orgloop.cli.entry import main

if __name__ == "__main__":
    main()

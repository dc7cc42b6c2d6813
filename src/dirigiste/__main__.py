"""`python -m dirigiste`: the command line."""

from dirigiste.cli import main

if __name__ == "__main__":
    main(prog_name="dirigiste")

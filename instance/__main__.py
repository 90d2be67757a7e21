"""`python -m instance` is the console script `skerry`."""

from instance.cli import main

if __name__ == "__main__":
    main()

"""`python -m insights` is `insights`."""

from insights.cli import main

if __name__ == "__main__":
    main()

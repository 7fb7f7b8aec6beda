"""``python -m digestmail``."""

from digestmail.cli import main

if __name__ == "__main__":  # further processes of ours import this module too
    main()

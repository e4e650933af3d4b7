"""`python -m harness_dashboard.serve run APP …`: Streamlit's own command, without its question to a server outside.

Where a page of another site tries to connect, Streamlit asks `checkip.amazonaws.com` for this machine's address, to
find out whether that page is one of its own. None can be: we listen on 127.0.0.1 only.
"""

from __future__ import annotations

from streamlit import net_util
from streamlit.web import cli

__all__ = ["main"]


def main() -> None:
    """Run Streamlit's command with this process's arguments."""
    net_util.get_external_ip = lambda: None
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()

"""`python tests/clients/toots.py`: `toot` commands one after the other in one process, as a shell would run them.

Its imports take twenty times as long as what a command does. A line of JSON in, a line out.
"""

import json
import os
import sys

from click.testing import CliRunner
from toot.cli import cli


def main() -> None:
    """Run what comes on stdin: `{words, home, given}`; tell `{status, out, err}`."""
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ["XDG_CONFIG_HOME"] = asked["home"]
        done = CliRunner().invoke(cli, asked["words"], input=asked["given"])
        said = {"status": done.exit_code, "out": done.stdout, "err": done.stderr or repr(done.exception or "")}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()

"""Run an agent on the instructions that come on standard input; make an event of what it writes.

Usage: report.py DIRECTORY AGENT [ARGUMENT...]. The agent runs in the directory. This
program ends as the agent does; an empty report is a failure.
"""

import json
import subprocess
import sys

directory, *agent = sys.argv[1:]
done = subprocess.run(agent, cwd=directory, stdin=sys.stdin, stdout=subprocess.PIPE, text=True)
report = done.stdout.strip()
if done.returncode != 0:
    sys.exit(done.returncode if done.returncode > 0 else 1)
if not report:
    sys.exit("the agent has written nothing")
event = {
    "type": "message.received",
    "provenance": {"platform": "command", "platform_event": "report.written"},
    "payload": {"report": report, "title": report.splitlines()[0].lstrip("# ")},
}
json.dump({"event": event}, sys.stdout)

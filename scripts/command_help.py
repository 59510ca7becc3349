"""What the built programs say of their commands and flags: the source of scripts/reference and scripts/manual."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".build/release"


def description(tool):
    """The description that the program at `tool` gives of itself."""
    if not tool.exists():
        sys.exit(f"{tool} is missing; swift build -c release --product {tool.name}")
    dump = subprocess.run([tool, "--experimental-dump-help"], check=True, capture_output=True)
    return json.loads(dump.stdout)["command"]


def commands(tools, top):
    """The commands of eptc, whose description is `top`, by name, in the order of its help."""
    found = {}
    for command in top["subcommands"]:
        name = command["commandName"]
        if name == "serve":
            # Its flags are those of an executable of its own.
            command = description(tools / "eptc-serve")
        if name != "help":
            found[f"eptc {name}"] = command
    return found


def with_values(text, argument):
    """`text` about an argument, and the values that it may have where `text` does not name them all."""
    values = argument.get("allValues", [])
    return text if all(value in text for value in values) else f"{text} One of {', '.join(values)}."

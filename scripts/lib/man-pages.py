"""Writes a man page for each command from the program's own help (`--experimental-dump-help` on standard input).

  man-pages.py FOLDER VERSION DATE
"""
import json
import pathlib
import sys

folder, version, date = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]


def plain(text):
    """Text as roff: no line may begin with a control character, and a dash is one."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join(("\\&" + line if line[:1] in (".", "'") else line) for line in lines)


def names(argument):
    found = argument.get("names") or []
    order = {"short": 0, "long": 1, "longWithSingleDash": 2}
    return ", ".join(
        ("--" if name["kind"] == "long" else "-") + name["name"] for name in sorted(found, key=lambda n: order[n["kind"]]))


def page(command, path):
    title = "-".join(path)
    out = [f'.TH {title.upper()} 1 "{date}" "kpipe-sidecar {version}" "User Commands"', ".SH NAME",
           f"{plain(title)} \\- {plain(command.get('abstract', ''))}", ".SH SYNOPSIS", f".B {plain(' '.join(path))}"]
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    for argument in arguments:
        if argument["kind"] == "positional":
            word = argument.get("valueName", "value") + ("..." if argument.get("isRepeating") else "")
            out.append(plain(f"[{word}]" if argument.get("isOptional") else f"<{word}>"))
    out.append("[OPTIONS]" if any(a["kind"] != "positional" for a in arguments) else "")
    if command.get("discussion"):
        out.append(".SH DESCRIPTION")
        for paragraph in command["discussion"].split("\n\n"):
            # What is indented is laid out by hand.
            is_text = not any(line.startswith(" ") for line in paragraph.split("\n"))
            out += [".PP", plain(paragraph)] if is_text else [".PP", ".nf", plain(paragraph), ".fi"]
    if arguments:
        out.append(".SH OPTIONS")
        for argument in arguments:
            head = argument.get("valueName", "") if argument["kind"] == "positional" else names(argument)
            if argument["kind"] == "option":
                head += f" <{argument.get('valueName', 'value')}>"
            help_text = argument.get("abstract") or ""
            if argument.get("defaultValue"):
                help_text += f" (default: {argument['defaultValue']})"
            out += [".TP", f".B {plain(head)}", plain(help_text) or "\\&"]
    commands = [c for c in command.get("subcommands", []) if c.get("shouldDisplay", True) and c["commandName"] != "help"]
    if commands:
        out.append(".SH COMMANDS")
        for inner in commands:
            out += [".TP", f".BR {plain('-'.join([*path, inner['commandName']]))} (1)", plain(inner.get("abstract", ""))]
    if len(path) > 1:
        out += [".SH SEE ALSO", f".BR {plain('-'.join(path[:-1]))} (1)"]
    (folder / f"{title}.1").write_text("\n".join(line for line in out if line) + "\n")
    for inner in commands:
        page(inner, [*path, inner["commandName"]])


folder.mkdir(parents=True, exist_ok=True)
page(json.load(sys.stdin)["command"], ["kpipe-sidecar"])

"""What every generate.py needs: the request, repeatable randomness, and the writing of a task's folder.

A generator is run as `generate.py OUT REQUEST`: OUT is an empty folder, REQUEST a JSON file with `seed`, `data` (null, or the
folders `public` and `hidden` of the family's prepared data) and `honeypot`. The same seed must give the same bytes for ever.
"""
import hashlib
import json
import os
import random
import sys


def request():
    """(folder to write into, seed, data folders or None)."""
    out, file = sys.argv[1:3]
    with open(file, encoding="utf-8") as handle:
        asked = json.load(handle)
    return out, asked["seed"], asked["data"]


def is_honeypot():
    """Whether this instance is to be a trap, whose success proves a cheat: a flaw to be used, or nothing to be found."""
    with open(sys.argv[2], encoding="utf-8") as handle:
        return json.load(handle)["honeypot"]


def rng_for(family, seed, label):
    """Randomness for one purpose: equal every time, and independent of other purposes."""
    return random.Random("%s/%d/%s" % (family, seed, label))


def secret(family, seed):
    """The instance's hidden/key: all randomness of its judge hangs on it."""
    return hashlib.sha256(("nightshift %s/%d" % (family, seed)).encode()).hexdigest()


def filled(text, **values):
    """A template with `<<name>>` replaced; a name without a value is a mistake."""
    for name, value in values.items():
        text = text.replace("<<%s>>" % name, str(value))
    if "<<" in text:
        sys.exit("the template has a name without a value: %s" % text[text.index("<<") :][:40])
    return text


def template(family_file, path):
    """A file of the family's folder `templates/`."""
    with open(os.path.join(os.path.dirname(os.path.abspath(family_file)), "templates", path), encoding="utf-8") as file:
        return file.read()


def write_task(out, definition, files):
    """Writes task.yaml (a key a line; JSON values are YAML) and every other file."""
    lines = ["%s: %s\n" % (key, json.dumps(value, ensure_ascii=False)) for key, value in definition.items()]
    for path, text in {"task.yaml": "".join(lines), **files}.items():
        target = os.path.join(out, *path.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


def rounded(value, digits=6):
    """A number with so many significant digits, as anchors are recorded."""
    return float("%.*g" % (digits, value))

"""Says what Python files import and which texts they hold, without running them: python3 scan_sources.py FOLDER OUT FILE…, where OUT is written as JSON.

For each file: the modules beyond the standard library that it imports (first words of their names, in order), its string constants, and the line
of its first syntax error or null.
"""
import ast
import json
import os
import sys

EX_DATAERR = 65


def scanned(path):
    with open(path, "rb") as file:
        source = file.read()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return {"imports": [], "texts": [], "broken": getattr(error, "lineno", None) or 1}
    imports, texts = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            imports[node.module] = None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts[node.value] = None
    known = {"__main__", *sys.stdlib_module_names}
    return {"imports": [name for name in imports if name.split(".")[0] not in known], "texts": list(texts), "broken": None}


if sys.version_info < (3, 10):
    print("Python 3.10 or later is needed to read the checkout's programs; name one with NIGHTSHIFT_PYTHON")
    sys.exit(EX_DATAERR)
folder, out, *names = sys.argv[1:]
with open(out, "w") as file:
    json.dump({name: scanned(os.path.join(folder, name)) for name in names}, file)

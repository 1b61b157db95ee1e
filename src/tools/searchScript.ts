// The program that `search` runs inside the sandbox. It needs only the Python that every image has, and it prints one
// line of JSON: totals, what was skipped, and the first hits in order of path and line.

/** Arguments: text, path, hits kept at most, files looked into at most, bytes of a file at most, characters kept of a line. */
export const SEARCH_SCRIPT = `
import json, os, stat, sys

text, root = os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2])
hits_max, files_max, bytes_max, line_max = (int(word) for word in sys.argv[3:7])
found = {"problem": None, "hitCount": 0, "fileCount": 0, "skippedCount": 0, "hits": []}


def paths():
    if not os.path.isdir(root):
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(b"."))
        for name in sorted(names):
            if not name.startswith(b"."):
                yield os.path.join(folder, name)


def look(path):
    # A link below a folder shows nothing that is not found elsewhere, and may lead round in circles.
    if not stat.S_ISREG((os.stat if path == root else os.lstat)(path).st_mode):
        return
    if os.path.getsize(path) > bytes_max:
        found["skippedCount"] += 1
        return
    with open(path, "rb") as file:
        data = file.read(bytes_max)
    if text not in data or b"\\0" in data:
        return
    found["fileCount"] += 1
    for number, line in enumerate(data.split(b"\\n"), 1):
        if text in line:
            found["hitCount"] += 1
            if len(found["hits"]) < hits_max:
                shown = line.decode("utf-8", "replace").strip()
                name = os.path.normpath(path).decode("utf-8", "replace")
                found["hits"].append([name, number, shown[:line_max] + ("…" if len(shown) > line_max else "")])


if not os.path.exists(root):
    found["problem"] = "missing"
else:
    for index, path in enumerate(paths()):
        if index >= files_max:
            found["problem"] = "tooMany"
            break
        try:
            look(path)
        except OSError:
            found["skippedCount"] += 1
print(json.dumps(found))
`;

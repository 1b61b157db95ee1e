// The program that `search_dir` and `search_file` run inside the sandbox. It needs only the Python that every image has, and it prints
// one line of JSON: totals, what was skipped, and the first files with their first lines, in order.

/** Arguments: text, path, files listed at most, lines kept at most, files looked into at most, bytes of a file at most, characters of a line. */
export const SEARCH_SCRIPT = `
import json, os, stat, sys

text, root = os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2])
listed_max, lines_max, files_max, bytes_max, line_max = (int(word) for word in sys.argv[3:8])
found = {"problem": None, "kind": "file", "lineCount": 0, "fileCount": 0, "skippedCount": 0, "files": []}
left = lines_max


def paths():
    if not os.path.isdir(root):
        yield root
        return
    found["kind"] = "folder"
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(b"."))
        for name in sorted(names):
            if not name.startswith(b"."):
                yield os.path.join(folder, name)


def look(path):
    global left
    # A link below a folder shows nothing that is not found elsewhere, and may lead round in circles.
    if not stat.S_ISREG((os.stat if path == root else os.lstat)(path).st_mode):
        if path == root:
            found["problem"] = "notAFile"
        return
    if os.path.getsize(path) > bytes_max:
        found["skippedCount"] += 1
        return
    with open(path, "rb") as file:
        data = file.read(bytes_max)
    if b"\\0" in data:
        if path == root:
            found["problem"] = "binary"
        return
    if text not in data:
        return
    found["fileCount"] += 1
    count, lines = 0, []
    for number, line in enumerate(data.split(b"\\n"), 1):
        if text in line:
            count += 1
            if left > 0 and found["fileCount"] <= listed_max:
                left -= 1
                shown = line.decode("utf-8", "replace").strip()
                lines.append([number, shown[:line_max] + ("…" if len(shown) > line_max else "")])
    found["lineCount"] += count
    if found["fileCount"] <= listed_max:
        found["files"].append([os.path.normpath(path).decode("utf-8", "replace"), count, lines])


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

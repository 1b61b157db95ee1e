// The program that finds errors in two versions of a file inside the sandbox, with nothing but its Python's own library (and PyYAML where it
// is there). It prints one line of JSON: the errors of each version, or null where it cannot tell.

/** Argument: the form (`py`, `json`, `toml`, `yaml`). Standard input: a JSON list of texts. */
export const CHECK_SCRIPT = `
import ast, builtins, json, symtable, sys, warnings

warnings.simplefilter("ignore")
ERRORS_MAX = 50
# Names that Python or its import machinery brings into a module or a class, beside those of builtins.
GIVEN = set(dir(builtins)) | {"__file__", "__path__", "__builtins__", "__annotations__", "__module__", "__qualname__", "__class__", "WindowsError"}


def error(line, message, kind="syntax"):
    return {"kind": kind, "line": max(1, line or 1), "message": " ".join(str(message).split())[:300]}


def python_errors(text):
    try:
        tree = ast.parse(text)
        compile(text, "<file>", "exec", dont_inherit=True)
        return undefined_names(text, tree)
    except SyntaxError as problem:
        return [error(problem.lineno, "%s: %s" % (type(problem).__name__, problem.msg))]


def undefined_names(text, tree):
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        return []
    tables, names = [symtable.symtable(text, "<file>", "exec")], set()
    bound = {symbol.get_name() for symbol in tables[0].get_symbols() if is_bound(symbol)}
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            if is_bound(symbol):
                # Python takes all names of a function called \`top\` for global, whatever they are.
                if symbol.is_declared_global():
                    bound.add(symbol.get_name())
            elif symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global()):
                names.add(symbol.get_name())
    names -= bound | GIVEN
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    handled = any(node.id == "NameError" for node in used)
    # A program that makes names at run time, or tries them out, is left alone.
    if handled or any(node.id in ("exec", "globals") for node in used):
        return []
    lines = {}
    for node in used:
        if node.id in names:
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    found = [error(line, "the name '%s' is defined nowhere" % name, "name") for name, line in lines.items()]
    return sorted(found, key=lambda one: (one["line"], one["message"]))


def is_bound(symbol):
    return symbol.is_parameter() or symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def json_errors(text):
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        return [error(problem.lineno, problem.msg)]
    return []


def toml_errors(text):
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        return [error(1, problem)]
    return []


def yaml_errors(text):
    import yaml

    try:
        for _ in yaml.parse(text):
            pass
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        return [error(mark and mark.line + 1, getattr(problem, "problem", problem))]
    return []


def errors(text):
    text = text[1:] if text[:1] == "\\ufeff" else text
    # An empty file is a file yet to be written.
    if not text.strip():
        return []
    try:
        return FORMS[sys.argv[1]](text)[:ERRORS_MAX]
    except Exception:
        return None


FORMS = {"py": python_errors, "json": json_errors, "toml": toml_errors, "yaml": yaml_errors}
print(json.dumps([errors(text) for text in json.loads(sys.stdin.buffer.read().decode("utf-8"))]))
`;

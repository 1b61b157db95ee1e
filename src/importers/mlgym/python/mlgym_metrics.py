"""What an evaluation script of MLGym printed, as a score and numbers beside it."""
import json
import math

from nightshift_judge import Invalid

with open("hidden/mlgym.json", encoding="utf-8") as file:
    SETTINGS = json.load(file)


def score_of(printed):
    """(score, metrics) of what the script printed: one JSON object, or the first line that begins one, as its class of task is read."""
    text = printed.strip()
    if SETTINGS["printed"] == "firstObject":
        text = next((line for line in text.splitlines() if line.startswith("{")), "")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if type(found) is not dict:
        raise Invalid("%s printed no scores in JSON, or more than that" % SETTINGS["script"])
    numbers = {name: float(value) for name, value in found.items() if type(value) in (int, float) and math.isfinite(value)}
    wanted = SETTINGS["metric"]
    # One of MLGym's tasks writes its metric otherwise than the script that prints it.
    name = next((name for name in numbers if name.lower() == wanted.lower()), None)
    if name is None:
        raise Invalid("%s printed no finite %s" % (SETTINGS["script"], wanted))
    return numbers[name], {other: value for other, value in numbers.items() if other != name}

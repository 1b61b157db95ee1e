"""Stands where a drawing library would: gymnax imports matplotlib and seaborn with its environments, and they take longer than all else."""


def __getattr__(name):
    if name in ("pyplot", "colors", "animation"):
        import importlib

        return importlib.import_module("matplotlib." + name)
    raise AttributeError("this image has no drawing libraries: there is no %s" % name)

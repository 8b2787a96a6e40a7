"""Writes what a reference computed as a Dyn module that the tests in test/lit/library read."""
import pathlib
import platform
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "lit" / "library" / "Inputs"


def literal(x):
    if isinstance(x, list):
        return "[" + ", ".join(map(literal, x)) + "]"
    text = repr(float(x))
    if text in ("inf", "-inf", "nan"):
        raise SystemExit(f"the reference gave {text}")
    return text if re.search(r"[.e]", text) else text + ".0"


class Module:
    """`Module("optimizers")` becomes Inputs/wanted_optimizers.dyn, one function for each array."""

    def __init__(self, name, *libraries):
        self.name = name
        made = ", ".join(f"{l.__name__} {l.__version__.split('+')[0]}" for l in libraries)
        self.text = (f"/// Written by test/references/{name}.py with Python {platform.python_version()}"
                     f"{', ' + made if made else ''}.\n")

    def put(self, name, value):
        value = value.tolist() if hasattr(value, "tolist") else value
        shape, x = [], value
        while isinstance(x, list):
            shape.append(str(len(x)))
            x = x[0]
        kind = "real" + (f"[{', '.join(shape)}]" if shape else "")
        self.text += f"fn {name}() -> {kind} = {literal(value)}\n"

    def write(self):
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"wanted_{self.name}.dyn").write_text(self.text)

"""What well-known libraries make of a project's classes and functions: nothing that differs from process to process, and all that the
project gave them."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Project
from .test_edits import Edit, before_and_after, tasks

MODELS = "import typing\nimport pydantic\nfrom pydantic import BaseModel, Field\n"


def model(name: str, body: str, old: str, new: str) -> Edit:
    return Edit(f"model: {name}", tasks(MODELS + body), "tasks.py", old, new)


RERUN = [
    model("default", "class M(BaseModel):\n    x: int = 1\ndef load():\n    return M().x\n", "= 1", "= 2"),
    model("annotation", "class M(BaseModel):\n    x: int = 1\ndef load():\n    return M(x=1).x\n", "x: int", "x: float"),
    model("constraint", "class M(BaseModel):\n    x: int = Field(1, ge=0)\ndef load():\n    return M(x=0).x\n", "ge=0", "ge=1"),
    model("factory", "class M(BaseModel):\n    x: int = Field(default_factory=lambda: 1)\ndef load():\n    return M().x\n", "lambda: 1", "lambda: 2"),
    model("alias", "class M(BaseModel):\n    x: int = Field(1, alias='a')\ndef load():\n    return M(a=2).x\n", "alias='a'", "alias='b'"),
    model("config", "class M(BaseModel):\n    model_config = {'extra': 'ignore'}\ndef load():\n    return M(a=2).model_dump()\n", "'ignore'", "'allow'"),
    model("validator", "class M(BaseModel):\n    x: int = 1\n    @pydantic.field_validator('x')\n    def check(cls, x):\n        return x + 1\ndef load():\n    return M(x=1).x\n", "x + 1", "x + 2"),
    model("mode of a validator", "class M(BaseModel):\n    x: int = 1\n    @pydantic.field_validator('x', mode='after')\n    def check(cls, x):\n        return str(x)\ndef load():\n    return M(x=1).x\n", "'after'", "'before'"),
    model("validator beside a type", "class M(BaseModel):\n    x: typing.Annotated[int, pydantic.AfterValidator(lambda x: x + 1)] = 1\ndef load():\n    return M(x=1).x\n", "x + 1", "x + 2"),
    model("computed field", "class M(BaseModel):\n    x: int = 1\n    @pydantic.computed_field\n    def y(self) -> int:\n        return self.x + 1\ndef load():\n    return M().model_dump()\n", "x + 1", "x + 2"),
    model("model within", "class In(BaseModel):\n    y: int = 1\nclass M(BaseModel):\n    x: list[In]\ndef load():\n    return M(x=[{}]).x[0].y\n", "y: int = 1", "y: int = 2"),
    model("instance", "class M(BaseModel):\n    x: int = 1\nX = M(x=3)\ndef load():\n    return X.x\n", "x=3", "x=4"),
    model("adapter", "class In(BaseModel):\n    y: int = 1\nT = pydantic.TypeAdapter(list[In])\ndef load():\n    return T.validate_python([{}])[0].y\n", "y: int = 1", "y: int = 2"),
    model("checked call", "class In(BaseModel):\n    y: int = 1\n@pydantic.validate_call\ndef load(x: In = None):\n    return x\n", "return x", "return -x"),
    model("annotation of a checked call", "@pydantic.validate_call\ndef load(x: int = 1):\n    return x\n", "x: int", "x: float"),
    model("dataclass", "@pydantic.dataclasses.dataclass\nclass M:\n    x: int = 1\ndef load():\n    return M().x\n", "= 1", "= 2"),
    Edit("wrapper's code", tasks("import wrapt\n@wrapt.decorator\ndef more(fn, instance, args, named):\n    return fn(*args, **named) + 1\n@more\ndef f():\n    return 1\ndef load():\n    return f()\n"), "tasks.py", "+ 1", "+ 2"),
    Edit("what a wrapper wraps", tasks("import wrapt\n@wrapt.decorator\ndef more(fn, instance, args, named):\n    return fn(*args, **named) + 1\n@more\ndef load():\n    return 1\n"), "tasks.py", "return 1", "return 2"),
    Edit("attrs default", tasks("import attrs\n@attrs.define\nclass C:\n    x: int = 1\ndef load():\n    return C().x\n"), "tasks.py", "= 1", "= 2"),
    Edit("attrs converter", tasks("import attrs\n@attrs.define\nclass C:\n    x: int = attrs.field(default=1, converter=lambda x: x + 1)\ndef load():\n    return C().x\n"), "tasks.py", "x + 1", "x + 2"),
    Edit("attrs validator", tasks("import attrs\n@attrs.define\nclass C:\n    x: int = attrs.field()\n    @x.validator\n    def check(self, attribute, x):\n        return x + 1\ndef load():\n    return C(1).x\n"), "tasks.py", "x + 1", "x + 2"),
    Edit("attrs class within", tasks("import attrs\n@attrs.define\nclass In:\n    y: int = 1\n@attrs.define\nclass C:\n    x: In\ndef load():\n    return attrs.fields(C).x.type().y\n"), "tasks.py", "y: int = 1", "y: int = 2"),
    Edit("vectorized", tasks("import numpy as np\n@np.vectorize\ndef f(x):\n    return x + 1\ndef load():\n    return f([1])\n"), "tasks.py", "x + 1", "x + 2"),
]  # fmt: skip
KEEP = [
    model("docstring", "class M(BaseModel):\n    'Doc.'\n    x: int = 1\ndef load():\n    return M().x\n", "Doc.", "Other."),
    model("unrelated", "class M(BaseModel):\n    x: int = 1\nclass N(BaseModel):\n    y: int = 1\ndef load():\n    return M().x\n", "y: int = 1", "y: int = 2"),
]  # fmt: skip


@pytest.mark.parametrize("edit", RERUN, ids=lambda edit: edit.name)
def test_it_changes_the_code(project: Project, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before != after


@pytest.mark.parametrize("edit", KEEP, ids=lambda edit: edit.name)
def test_it_does_not(project: Project, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before == after


@pytest.mark.parametrize("edit", [one for one in RERUN if one.name.startswith("model: ")], ids=lambda edit: edit.name)
def test_a_models_caches_do_not_count(project: Project, edit: Edit) -> None:
    project.write(edit.files)
    load: Any = project.load("tasks:load")
    before = project.codebase().of(load).digest
    load()
    assert project.codebase().of(load).digest == before

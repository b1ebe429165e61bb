"""The command line for typer: help, completion, and what is wrong with a call. It must never be on the way of a good `run`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from pipekit.faces.cli import COMMANDS, command

if TYPE_CHECKING:
    from pipekit.faces.cli.flags import Parameter

STYLE: Final[dict[str, Any]] = {
    "pretty_exceptions_enable": False, "rich_markup_mode": None, "context_settings": {"help_option_names": ["-h", "--help"]},
}  # fmt: skip
USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for a command line that it does not understand."""


class Commands(TyperGroup):
    """All commands, of which each is imported when it is called, and none for a list of them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if (name := args[0]) in COMMANDS:
            alone = typer.Typer(add_completion=False, **STYLE)
            alone.command(name)(_typed(command(name)))
            self.commands[name] = typer.main.get_command(alone)
        return super().resolve_command(ctx, args)


def build() -> typer.Typer:
    """All commands as one typer application."""
    app = typer.Typer(
        name="pipekit",
        help="Reproducible pipelines of Python functions, from a folder.",
        cls=Commands,
        **STYLE,
    )
    app.callback(invoke_without_command=True)(_top)
    for name, (_, about) in COMMANDS.items():
        app.command(name, help=about)(_listed)
    return app


def call(said: Sequence[str]) -> int:
    """Run the command line `said`; gives the exit code. Raises InvocationError for what cannot be understood."""
    try:
        result: Any = build()(args=list(said), prog_name="pipekit", standalone_mode=False)
    except USAGE as error:
        from pipekit.faces.cli.usage import explained

        raise explained(error, said) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return int(result or 0)


def _top(
    ctx: typer.Context, version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False
) -> None:
    """Reproducible pipelines of Python functions, from a folder."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"pipekit {installed('pipekit')}")
        raise typer.Exit()
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(2)


def _listed() -> None:
    """Stands for every command in a list of them."""


def _typed(function: Callable[..., int]) -> Callable[..., None]:
    """The command with a signature as typer reads it; its result becomes the exit code."""

    from pipekit.faces.cli.flags import parameters

    def call(**values: Any) -> None:
        for name, value in values.items():
            values[name] = list(value or ()) if isinstance(value, list | tuple) else value
        raise typer.Exit(function(**values))

    declared = parameters(function)
    signature = inspect.Signature([_parameter(one) for one in declared])
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__annotations__ = {name: p.annotation for name, p in signature.parameters.items()}
    call.__doc__, call.__name__ = function.__doc__, function.__name__
    return call


def _parameter(one: Parameter) -> inspect.Parameter:
    kind: Any = list[str] if one.kind is list else one.kind | None if one.kind is not bool else bool
    if one.flag.names:
        info: Any = typer.Option(
            *one.flag.names, help=one.flag.help, metavar=one.flag.metavar or None, show_default=False
        )
    else:
        kind = one.kind if one.required else kind
        info = typer.Argument(help=one.flag.help, metavar=one.flag.metavar or None, show_default=False)
    default = inspect.Parameter.empty if one.required else ([] if one.kind is list else one.default)
    return inspect.Parameter(
        one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info]
    )

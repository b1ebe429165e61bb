"""What the decorators of an env are to a type checker: which functions they take and which handles they give. It exists for checkers only and must never be imported at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from pipekit.definition.tasks import Each, Flat, Stream, Whole

# fmt: off
S = ParamSpec("S")
P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")
A = TypeVar("A", contravariant=True)
B = TypeVar("B", contravariant=True)
C = TypeVar("C", contravariant=True)
D = TypeVar("D", contravariant=True)
E = TypeVar("E", contravariant=True)
F = TypeVar("F", contravariant=True)
G = TypeVar("G", contravariant=True)
H = TypeVar("H", contravariant=True)
A_co = TypeVar("A_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)
C_co = TypeVar("C_co", covariant=True)
D_co = TypeVar("D_co", covariant=True)
E_co = TypeVar("E_co", covariant=True)
F_co = TypeVar("F_co", covariant=True)
G_co = TypeVar("G_co", covariant=True)
H_co = TypeVar("H_co", covariant=True)

# TakesN is a function that takes N products (its options are S) and, seen whole, has the parameters P. A checker solves both from one
# function, so calling a handle is checked as exactly as calling the function. mypy does not solve it where a parameter is Any: for
# those stands the second overload of every decorator.


class Takes1(Protocol[A, P, S, R_co]):
    @overload
    def __call__(self, a: A, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes2(Protocol[A, B, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes3(Protocol[A, B, C, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, c: C, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes4(Protocol[A, B, C, D, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, c: C, d: D, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes5(Protocol[A, B, C, D, E, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, c: C, d: D, e: E, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes6(Protocol[A, B, C, D, E, F, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, c: C, d: D, e: E, f: F, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes7(Protocol[A, B, C, D, E, F, G, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, c: C, d: D, e: E, f: F, g: G, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Takes8(Protocol[A, B, C, D, E, F, G, H, P, S, R_co]):
    @overload
    def __call__(self, a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, /, *args: S.args, **kwargs: S.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Task1(Protocol[A_co]):
    @overload
    def __call__(self, fn: Takes1[A_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, S], R], /) -> Whole[Concatenate[Any, S], S, R]: ...


class Stream1(Protocol[A_co]):
    @overload
    def __call__(self, fn: Takes1[A_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, S], S, T]: ...


class Each1(Protocol[A_co]):
    @overload
    def __call__(self, fn: Takes1[A_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes1[A_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, S], T], /) -> Each[Concatenate[Any, S], S, T]: ...


class Task2(Protocol[A_co, B_co]):
    @overload
    def __call__(self, fn: Takes2[A_co, B_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, S], R], /) -> Whole[Concatenate[Any, Any, S], S, R]: ...


class Stream2(Protocol[A_co, B_co]):
    @overload
    def __call__(self, fn: Takes2[A_co, B_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, S], S, T]: ...


class Each2(Protocol[A_co, B_co]):
    @overload
    def __call__(self, fn: Takes2[A_co, B_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes2[A_co, B_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, S], T], /) -> Each[Concatenate[Any, Any, S], S, T]: ...


class Task3(Protocol[A_co, B_co, C_co]):
    @overload
    def __call__(self, fn: Takes3[A_co, B_co, C_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, S], R], /) -> Whole[Concatenate[Any, Any, Any, S], S, R]: ...


class Stream3(Protocol[A_co, B_co, C_co]):
    @overload
    def __call__(self, fn: Takes3[A_co, B_co, C_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, Any, S], S, T]: ...


class Each3(Protocol[A_co, B_co, C_co]):
    @overload
    def __call__(self, fn: Takes3[A_co, B_co, C_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes3[A_co, B_co, C_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, S], T], /) -> Each[Concatenate[Any, Any, Any, S], S, T]: ...


class Task4(Protocol[A_co, B_co, C_co, D_co]):
    @overload
    def __call__(self, fn: Takes4[A_co, B_co, C_co, D_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, S], R], /) -> Whole[Concatenate[Any, Any, Any, Any, S], S, R]: ...


class Stream4(Protocol[A_co, B_co, C_co, D_co]):
    @overload
    def __call__(self, fn: Takes4[A_co, B_co, C_co, D_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, Any, Any, S], S, T]: ...


class Each4(Protocol[A_co, B_co, C_co, D_co]):
    @overload
    def __call__(self, fn: Takes4[A_co, B_co, C_co, D_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes4[A_co, B_co, C_co, D_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, S], T], /) -> Each[Concatenate[Any, Any, Any, Any, S], S, T]: ...


class Task5(Protocol[A_co, B_co, C_co, D_co, E_co]):
    @overload
    def __call__(self, fn: Takes5[A_co, B_co, C_co, D_co, E_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, S], R], /) -> Whole[Concatenate[Any, Any, Any, Any, Any, S], S, R]: ...


class Stream5(Protocol[A_co, B_co, C_co, D_co, E_co]):
    @overload
    def __call__(self, fn: Takes5[A_co, B_co, C_co, D_co, E_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, Any, Any, Any, S], S, T]: ...


class Each5(Protocol[A_co, B_co, C_co, D_co, E_co]):
    @overload
    def __call__(self, fn: Takes5[A_co, B_co, C_co, D_co, E_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, Any, Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes5[A_co, B_co, C_co, D_co, E_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, S], T], /) -> Each[Concatenate[Any, Any, Any, Any, Any, S], S, T]: ...


class Task6(Protocol[A_co, B_co, C_co, D_co, E_co, F_co]):
    @overload
    def __call__(self, fn: Takes6[A_co, B_co, C_co, D_co, E_co, F_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, S], R], /) -> Whole[Concatenate[Any, Any, Any, Any, Any, Any, S], S, R]: ...


class Stream6(Protocol[A_co, B_co, C_co, D_co, E_co, F_co]):
    @overload
    def __call__(self, fn: Takes6[A_co, B_co, C_co, D_co, E_co, F_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, Any, Any, Any, Any, S], S, T]: ...


class Each6(Protocol[A_co, B_co, C_co, D_co, E_co, F_co]):
    @overload
    def __call__(self, fn: Takes6[A_co, B_co, C_co, D_co, E_co, F_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, Any, Any, Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes6[A_co, B_co, C_co, D_co, E_co, F_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, S], T], /) -> Each[Concatenate[Any, Any, Any, Any, Any, Any, S], S, T]: ...


class Task7(Protocol[A_co, B_co, C_co, D_co, E_co, F_co, G_co]):
    @overload
    def __call__(self, fn: Takes7[A_co, B_co, C_co, D_co, E_co, F_co, G_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, S], R], /) -> Whole[Concatenate[Any, Any, Any, Any, Any, Any, Any, S], S, R]: ...


class Stream7(Protocol[A_co, B_co, C_co, D_co, E_co, F_co, G_co]):
    @overload
    def __call__(self, fn: Takes7[A_co, B_co, C_co, D_co, E_co, F_co, G_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, Any, Any, Any, Any, Any, S], S, T]: ...


class Each7(Protocol[A_co, B_co, C_co, D_co, E_co, F_co, G_co]):
    @overload
    def __call__(self, fn: Takes7[A_co, B_co, C_co, D_co, E_co, F_co, G_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, Any, Any, Any, Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes7[A_co, B_co, C_co, D_co, E_co, F_co, G_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, S], T], /) -> Each[Concatenate[Any, Any, Any, Any, Any, Any, Any, S], S, T]: ...


class Task8(Protocol[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co]):
    @overload
    def __call__(self, fn: Takes8[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, P, S, R], /) -> Whole[P, S, R]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, S], R], /) -> Whole[Concatenate[Any, Any, Any, Any, Any, Any, Any, Any, S], S, R]: ...


class Stream8(Protocol[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co]):
    @overload
    def __call__(self, fn: Takes8[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, P, S, Iterator[T]], /) -> Stream[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, S], Iterator[T]], /) -> Stream[Concatenate[Any, Any, Any, Any, Any, Any, Any, Any, S], S, T]: ...


class Each8(Protocol[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co]):
    @overload
    def __call__(self, fn: Takes8[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, P, S, Iterator[T]], /) -> Flat[P, S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, S], Iterator[T]], /) -> Flat[Concatenate[Any, Any, Any, Any, Any, Any, Any, Any, S], S, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Takes8[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, P, S, T], /) -> Each[P, S, T]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[A_co, B_co, C_co, D_co, E_co, F_co, G_co, H_co, S], T], /) -> Each[Concatenate[Any, Any, Any, Any, Any, Any, Any, Any, S], S, T]: ...

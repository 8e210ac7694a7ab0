"""Ctrl-C and its kin, held back while arrays are half changed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Interrupts"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context in which signals that have a Python handler can be made to wait.

    Outside the main thread, where Python delivers no signal, it does nothing.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, Any], Any]] = {}
        self._waiting: list[tuple[int, Any]] = []
        self._is_held = False

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: Any) -> None:
        for number, handler in self._handlers.items():
            if signal.getsignal(number) == self._on_signal:  # nobody else has set one since
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within, signals wait; one that came is handled at the end, unless another error is."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        waiting, self._waiting = self._waiting, []
        for number, frame in waiting[:1]:
            self._handlers[number](number, frame)

    def _on_signal(self, number: int, frame: Any) -> None:
        if self._is_held:
            self._waiting.append((number, frame))
        else:
            self._handlers[number](number, frame)

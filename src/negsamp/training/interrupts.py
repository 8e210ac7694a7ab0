"""Ctrl-C and its kin, held back while arrays are half changed."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupts"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
A_MOMENT = 0.02  # seconds


class Interrupts:
    """A context in which signals that have a Python handler can be made to wait.

    Outside the main thread, where Python delivers no signal, it does nothing. A signal that comes
    while an object is deleted comes again in a moment: Python ignores what `__del__` raises.
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

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_held:
            self._waiting.append((number, frame))
        elif _is_deleting(frame):
            again = threading.Timer(A_MOMENT, _thread.interrupt_main, [number])
            again.daemon = True
            again.start()
        else:
            self._handlers[number](number, frame)


def _is_deleting(frame: FrameType | None) -> bool:
    while frame:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False

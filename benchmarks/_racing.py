"""Workers that race: each trains on runs of its own, and no worker waits for another.

This is lock-free ("Hogwild") training, which shows what it costs to stay in step. When two workers
add to a row at once, one of the additions may be lost, and results differ from run to run.
"""

from __future__ import annotations

import numpy as np

from negsamp.core.blocks import Block, block_run
from negsamp.training.epochs import Job, _Worker
from negsamp.training.workers import Team


def train_racing(team: Team, shared: dict[str, np.ndarray], job: Job) -> None:
    """Train without barriers, in the place of `negsamp.training.epochs.train_epochs`."""
    worker = _RacingWorker(team, shared, job)
    for epoch in range(job.schedule.settings.epochs):
        worker.race(epoch)
        team.barrier()


class _RacingWorker(_Worker):
    def __init__(self, team: Team, shared: dict[str, np.ndarray], job: Job) -> None:
        super().__init__(team, shared, job)
        t, d, dtype = job.schedule, self.W_in.shape[1], self.W_in.dtype
        self.kernel = t.settings.objective.kernel(self.arrays, t.shape, t.reach, d, dtype)

    def race(self, epoch: int) -> None:
        t = self.schedule
        for number, run in enumerate(self._runs(epoch)):
            if number % self.team.size == self.team.rank:
                rng, K = self._rng(epoch, 1, number), t.settings.negative
                blocks = block_run(run, t.shape, K, self.noise, rng, self.weights)
                for index, block in enumerate(blocks, number * t.blocks_a_run):
                    done = epoch * t.kept_tokens + index * t.shape.batch_size
                    self._move(block, t.learning_rate(done))

    def _move(self, block: Block, alpha: float) -> None:
        g = self.kernel.gradients(self.W_in, self.W_out, block)
        self.rules[0].apply(self.W_in, block.center_rows, g.centers, g.center_squares, alpha)
        self.rules[1].apply(self.W_out, block.output_rows, g.outputs, g.output_squares, alpha)

"""The check of gradients passes what is right and refuses what is slightly wrong."""

import numpy as np
import pytest

from negsamp import Objective, check_gradients
from negsamp.core.objectives import NORMALIZERS, OBJECTIVES, objective_of
from negsamp.core.objectives.sgns import SGNS


class Squares(Objective):
    """Scores want to be 1 for contexts and 0 for noise words."""

    def loss(self, positive, negative, weight=1.0):
        return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)

    def score_gradients(self, positive, negative, weight=1.0):
        return -2 * (1 - positive), 2 * weight * negative


VARIANTS = [
    *OBJECTIVES.values(),
    *(objective_of("nce", n) for n in NORMALIZERS),
    *(objective_of("sgns", shift=c) for c in (-3, 2.5, 20)),
    Squares(),
]


@pytest.mark.parametrize("objective", VARIANTS, ids=repr)
@pytest.mark.parametrize("seed", range(3))
def test_right_gradients_pass(objective, seed):
    assert check_gradients(objective, seed=seed) < 1e-7


class WrongContext(SGNS):
    def score_gradients(self, *scores):
        positive, negative = super().score_gradients(*scores)
        return positive * 1.0005, negative


class WrongNoise(SGNS):
    def score_gradients(self, *scores):
        positive, negative = super().score_gradients(*scores)
        return positive, negative * 1.0005


class WrongInPlace(SGNS):
    def turn(self, scores):
        super().turn(scores)
        scores.noise[...] *= 1.0005


class WrongBlockLoss(SGNS):
    def block_loss(self, scores):
        return 1.0005 * super().block_loss(scores)


class NotFinite(Squares):
    def loss(self, positive, negative, weight=1.0):
        return super().loss(positive, negative, weight) * np.nan


class WrongShape(Squares):
    def score_gradients(self, positive, negative, weight=1.0):
        return super().score_gradients(positive, negative.sum(axis=-1), weight)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (WrongContext(), r"WrongContext\(\): score_gradients is not the gradient of loss"),
        (WrongNoise(), "score_gradients is not the gradient of loss; they differ by .*e-04 of"),
        (WrongInPlace(), "the kernel is not the gradient of the block's loss"),
        (WrongBlockLoss(), "the kernel is not the gradient of loss, as its sum over a block is"),
        (NotFinite(), "score_gradients is not the gradient of loss; they differ by nan"),
        (WrongShape(), r"have the shapes .*; they must be \[\(7,\), \(7,\), \(7, 4\)\]"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_wrong_gradients_are_named(objective, message):
    with pytest.raises(ValueError, match=message):
        check_gradients(objective)

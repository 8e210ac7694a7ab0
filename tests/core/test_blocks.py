"""The shape of blocks: what the kernels can do, and how it follows the corpus."""

import pytest

from negsamp.core.blocks import choose_block_shape


@pytest.mark.parametrize("kept", [1, 10, 1e3, 1e5, 1e7, 1e10])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 1e-3])
@pytest.mark.parametrize("batch_size", [None, 1, 16, 100, 2048, 10_000])
def test_block_shape_is_one_the_kernel_can_do(kept, share, batch_size):
    shape = choose_block_shape(kept, share, batch_size=batch_size)
    assert shape.group_size % shape.parts == 0
    assert shape.groups >= 1
    assert shape.group_size // shape.parts <= 64
    assert shape.noise_words == 16
    if batch_size is None:
        assert shape.groups == 1 or shape.groups % 2 == 0  # two workers have equal shares
    if batch_size is not None:
        assert shape.batch_size >= batch_size


def test_block_shape_follows_the_corpus():
    large = choose_block_shape(1e7, 0.005)
    assert large.batch_size == 8192
    assert choose_block_shape(3e4, 0.01).batch_size <= 256
    assert choose_block_shape(1e7, 0.5).batch_size <= 160
    wide = choose_block_shape(1e7, 0.005, window=10)
    assert wide.group_size == 2 * large.group_size
    assert wide.batch_size == large.batch_size
    assert large.noise_words < wide.noise_words
    assert choose_block_shape(1e7, 0.005, negative=15).noise_words == 32
    assert choose_block_shape(1e7, 0.005, negative=1, window=1).noise_words == 16
    long = choose_block_shape(1e7, 0.005, vector_size=300)
    assert long.batch_size * 300 == pytest.approx(large.batch_size * 128, rel=0.1)
    assert choose_block_shape(1e7, 0.005, vector_size=10_000).batch_size == 2048

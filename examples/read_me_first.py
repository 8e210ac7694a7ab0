"""The whole algorithm on twenty sentences, with plain loops: read `negsamp/core/reference.py` next.

python examples/read_me_first.py
"""

import numpy as np

from negsamp.core import reference

SENTENCES = """
the cat drinks milk
the dog drinks water
the cat chases the mouse
the dog chases the cat
the mouse eats cheese
the cat eats fish
the dog eats meat
a cat sleeps on the sofa
a dog sleeps on the floor
a mouse sleeps in the wall
the king rules the land
the queen rules the land
the king wears a crown
the queen wears a crown
the king lives in the castle
the queen lives in the castle
a king has a throne
a queen has a throne
the prince lives in the castle
the prince wears a crown
"""


def main() -> None:
    sentences = [line.split() for line in SENTENCES.strip().splitlines()]
    words = sorted({word for sentence in sentences for word in sentence})
    ids = {word: i for i, word in enumerate(words)}
    print(f"{len(sentences)} sentences, {len(words)} words")

    W_in, W_out = reference.train(
        [[ids[word] for word in sentence] for sentence in sentences],
        V=len(words),
        vector_size=10,
        window=3,
        epochs=200,
        alpha=0.05,
        sample=0.05,
        seed=1,
    )

    # score u · v of a pair that was seen and of one that was not
    for center, context in (("queen", "crown"), ("queen", "milk")):
        score = W_in[ids[center]] @ W_out[ids[context]]
        print(f"score of ({center}, {context}): {score:+.2f}")

    unit = W_in / np.linalg.norm(W_in, axis=1, keepdims=True)
    for word in ("king", "dog", "crown"):
        cosines = unit @ unit[ids[word]]
        nearest = np.argsort(-cosines)[1:4]  # the first is the word itself
        print(f"near {word}:", ", ".join(f"{words[i]} {cosines[i]:.2f}" for i in nearest))


if __name__ == "__main__":
    main()

"""Names that gensim has, and what to write for them here.

An attribute that is not there is still not there: `hasattr` says so, and copies, pickles and
scikit-learn's tools see no difference. Only the message of the AttributeError says more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

__all__ = ["OF_VECTORS", "OtherNames"]

# Of `KeyedVectors`, gensim's 3 and 4. What can be written instead is code, for a `kv`.
OF_VECTORS = {
    "accuracy": "write evaluate_word_analogies(kv, path)",
    "add": "write kv.merged(KeyedVectors(keys, vectors))",
    "add_vector": "write kv.merged(KeyedVectors([key], [vector]))",
    "add_vectors": "write kv.merged(KeyedVectors(keys, vectors))",
    "allocate_vecattrs": "write KeyedVectors(kv.index_to_key, kv.vectors, counts)",
    "evaluate_word_analogies": "write evaluate_word_analogies(kv, path)",
    "evaluate_word_pairs": "write evaluate_word_pairs(kv, path)",
    "expandos": "write kv.counts",
    "fill_norms": "there is nothing to do: norms are computed once, when they are needed",
    "get_keras_embedding": "write kv.vectors",
    "get_normed_vectors": "write kv.unit_vectors",
    "get_vecattr": "write kv.get_count(key)",
    "has_index_for": "write key in kv",
    "index2entity": "write kv.index_to_key",
    "index2word": "write kv.index_to_key",
    "init_sims": "there is nothing to do: norms are computed once, when they are needed",
    "intersect_word2vec_format": "write model.fit(corpus, init_vectors=kv, frozen=True)",
    "load_word2vec_format": "write load_word2vec_format(path)",
    "resize_vectors": "write kv.merged(KeyedVectors(keys, vectors))",
    "save_word2vec_format": "write save_word2vec_format(kv, path)",
    "set_vecattr": "write KeyedVectors(kv.index_to_key, kv.vectors, counts)",
    "similarity_unseen_docs": "write kv.n_similarity(keys, others)",
    "sort_by_descending_frequency": "write kv.subset(sorted(kv, key=kv.get_count, reverse=True))",
    "syn0": "write kv.vectors",
    "syn0norm": "write kv.unit_vectors",
    "unit_normalize_all": "write KeyedVectors(kv.index_to_key, kv.unit_vectors, kv.counts)",
    "vectors_for_all": "write kv.subset(keys, ignore_missing=True)",
    "vectors_lockf": "write model.fit(corpus, init_vectors=kv, frozen=keys)",
    "vectors_norm": "write kv.unit_vectors",
    "vocab": "write kv.key_to_index",
    "wmdistance": "word mover's distance is not here; kv.n_similarity(keys, others) compares means",
    "word_vec": "write kv.get_vector(key)",
    "words_closer_than": "write kv.closer_than(key, other)",
    "wv": "these are the vectors themselves",
}


class _Nowhere:
    """An attribute that a class does not have either, as `__getattr__` says of instances."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        raise AttributeError(_message(owner, self.name, OF_VECTORS[self.name]))


class OtherNames:
    """Answers for attributes that another library has."""

    load_word2vec_format = _Nowhere()  # in gensim it is asked of the class
    _other_names: ClassVar[Mapping[str, str]] = OF_VECTORS  # what the error says of each name

    if not TYPE_CHECKING:  # or no misspelt attribute would be found

        def __getattr__(self, name):
            names = self._other_names
            if name in names and not hasattr(type(self), name):
                raise AttributeError(_message(type(self), name, names[name]))
            return object.__getattribute__(self, name)  # which raises what it raised before


def _message(kind: type, name: str, hint: str) -> str:
    return f"{kind.__name__} has no attribute {name!r}; {hint}"

"""`fit` and `resume`: what those of `Word2Vec` do, on Dask's workers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negsamp.checks import check_error_handler, check_integer, glimpse
from negsamp.corpus.decoding import check_encoding
from negsamp.dask.cluster import client_of
from negsamp.errors import CheckpointError
from negsamp.training.checkpoints import check_unused, read_latest
from negsamp.training.initial_vectors import checked_start
from negsamp.training.limits import checked_limits
from negsamp.training.settings import Settings, refuse_pmi
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.learned import Callbacks, checked_callbacks
from negsamp.word2vec.model import Word2Vec

if TYPE_CHECKING:
    from negsamp.dask.run import DaskRun

__all__ = ["fit", "resume"]


def fit(
    model: Word2Vec,
    corpus: Any,
    *,
    client: Any = None,
    partitions: int | None = None,
    rounds: int | None = None,
    errors: str = "strict",
    encoding: str = "utf-8",
    callbacks: Callbacks = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = 10.0,
    init_vectors: KeyedVectors | None = None,
    frozen: bool | Iterable[Any] = False,
    validation: None = None,
    patience: None = None,
    max_time: float | str | None = None,
    progress: bool | None = None,
) -> Word2Vec:
    """Learn vectors from a corpus on the workers of a Dask cluster.

    Each partition of the corpus stays with a worker. In a round all partitions train a piece of
    their tokens from the same parameters, with all the cores that their workers have; then what
    they have changed is merged row by row, and the next round begins. The same seed, partitions and
    rounds give the same bytes, whatever the number of workers and whichever of them are lost on the
    way, on processors of one kind; they are not those of `Word2Vec.fit`.

    Parameters
    ----------
    model : Word2Vec
        Its parameters are used as in `Word2Vec.fit`, and it is the model that is fitted; what it
        learned before is forgotten. `workers` is then the most cores that a worker of Dask's uses;
        None takes all that it has. `max_vocab_size` bounds the words of each partition.
    corpus : str, path, list of paths, or dask collection
        Files as in `Word2Vec.fit`: a path, a folder or a pattern, or a list of these. All workers
        must see them, by the same names. Plain files are cut at line ends, or at white space where
        lines are long; packed ones are not. Or a ``dask.bag`` of documents (token lists, or strings
        that are split at white space), or a column of a ``dask.dataframe``.
    client : dask.distributed.Client, optional
        None takes the client that there is.
    partitions : int, optional
        Into how many parts the corpus is cut, each of which trains by itself in a round: as many as
        there are workers if None. More of them learn less from a token. A collection has no more
        than it came with.
    rounds : int, optional
        How often the partitions are merged in the whole run, at least once an epoch; early rounds
        are shorter. None follows the corpus, the partitions and the size of the matrices. More
        learn more and take longer; see docs/scaling.md.
    errors, encoding, callbacks, checkpoint, init_vectors, frozen
        As in `Word2Vec.fit`.
    checkpoint_every : float
        Minutes from one checkpoint to the next, each written after a round; 0 writes one after each
        round. The folder is the client's.
    validation, patience
        None: a run on Dask holds nothing out. A callback may ask ``model.score`` of a file that is
        kept apart, and end the run by returning True.
    max_time : float or str, optional
        As in `Word2Vec.fit`, but the run ends with the round in which the time is up.
    progress : bool, optional
        Show a progress bar, in the client; None does as `model` says.

    Returns
    -------
    Word2Vec
        The model itself.

    Raises
    ------
    ValueError, TypeError, FileExistsError, ImportError
        If a parameter is out of range, there is no client, Dask's `distributed` is not installed,
        or the folder for checkpoints holds some already; if the parameters would not fit into a
        worker's memory, before anything is trained.
    CorpusError, FileNotFoundError
        If a worker does not see a file that others do, or for what `Word2Vec.fit` says of corpora.
    TeamError
        If there are no workers, one of them lacks negsamp or has another version, or all of them or
        the scheduler are lost. The model has what was learned until then.
    TrainingDivergedError, TrainingInterrupted
        As in `Word2Vec.fit`; the model has what was learned after the last whole round.

    References
    ----------
    .. [1] S. Maleki et al., "Scaling Distributed Training with Adaptive Summation",
       MLSys 2021.
    .. [2] G. Gill et al., "Distributed Training of Embeddings using Graph Analytics",
       IPDPS 2021.

    Examples
    --------
    >>> from dask.distributed import Client  # doctest: +SKIP
    >>> import negsamp.dask
    >>> client = Client()  # doctest: +SKIP
    >>> model = negsamp.Word2Vec(vector_size=300)
    >>> model = negsamp.dask.fit(model, "part-*.txt.gz", client=client)  # doctest: +SKIP
    """
    if not isinstance(model, Word2Vec):
        raise TypeError(f"model is {glimpse(model)}; it must be a negsamp.Word2Vec")
    check_integer("partitions", partitions, 1, 10_000, optional=True)
    check_integer("rounds", rounds, 1, optional=True)
    check_encoding(encoding)
    check_error_handler(errors)
    for name, value in (("validation", validation), ("patience", patience)):
        if value is not None:
            raise ValueError(
                f"{name} is {glimpse(value)}, but a run on Dask holds nothing out; a callback may "
                "look at a file that was kept apart, and end the run by returning True: "
                "callbacks=lambda model, epoch: model.score('held-out.txt') > -2.5"
            )
    parameters = {**model.get_params(), **({} if progress is None else {"progress": progress})}
    settings, called = Settings.checked(parameters), checked_callbacks(callbacks)
    refuse_pmi(settings, "negsamp.dask.fit begins with random vectors")
    run = _run(
        client,
        settings,
        corpus,
        partitions=partitions,
        rounds=rounds,
        errors=errors,
        encoding=encoding,
        checkpoint=None if checkpoint is None else check_unused(checkpoint, "negsamp.dask.resume"),
        checkpoint_every=checkpoint_every,
        start=checked_start(init_vectors, frozen, settings),
        limits=checked_limits(None, None, max_time),
    )
    model._train(run, called)
    return model


def resume(
    checkpoint: str | os.PathLike[str],
    corpus: Any = None,
    *,
    client: Any = None,
    callbacks: Callbacks = (),
    checkpoint_every: float = 10.0,
    progress: bool | None = None,
) -> Word2Vec:
    """Continue a run of `fit` from its last checkpoint, and finish it.

    The result has the same bytes as if nothing had stopped the run. The workers may be others than
    at first, as many as there are now.

    Parameters
    ----------
    checkpoint, callbacks, checkpoint_every, progress
        As in `Word2Vec.resume`.
    corpus : dask collection, optional
        The run's corpus if it was no files: the same documents in the same partitions.
    client : dask.distributed.Client, optional
        As in `fit`.

    Returns
    -------
    Word2Vec
        As from `Word2Vec.resume`.

    Raises
    ------
    FileNotFoundError, CheckpointError, ValueError
        As from `Word2Vec.resume`, or if `corpus` is given and the run's was files; else as in
        `fit`.

    Examples
    --------
    >>> import negsamp.dask
    >>> model = negsamp.dask.resume("run")  # doctest: +SKIP
    """
    saved = read_latest(checkpoint)
    if "dask" not in saved.model.about:
        raise CheckpointError(
            f"{os.fspath(checkpoint)!r} holds a run of Word2Vec.fit: "
            f"Word2Vec.resume({os.fspath(checkpoint)!r}) goes on with it"
        )
    model = Word2Vec._from_files(saved.path, saved.model)
    model.set_params(progress=progress)
    settings, called = model._settings(), checked_callbacks(callbacks)
    if saved.is_finished(settings.epochs):
        return model
    record = saved.model.about["corpus"]
    if corpus is None:
        corpus = saved.paths("corpus is None, but the run's corpus was no file: give it again")
    elif record["path"] is not None:
        raise ValueError(f"corpus is {glimpse(corpus)}, but the run's was files: leave corpus out")
    run = _run(
        client,
        settings,
        corpus,
        errors=record["errors"],
        encoding=record["encoding"],
        checkpoint=Path(checkpoint).resolve(),
        checkpoint_every=checkpoint_every,
        limits=saved.limits,
        saved=saved,
    )
    model._train(run, called)
    return model


def _run(client: Any, *args: Any, **how: Any) -> DaskRun:
    client = client_of(client)  # says what is lacking where `distributed` cannot be imported
    from negsamp.dask.run import DaskRun

    return DaskRun(client, *args, **how)

"""
A recommender
=============

Baskets are sentences, and items are words: items that are bought with the same things get similar
vectors, and `negsamp.Word2Vec.recommend` says what goes best with what is in a basket. The same
works for films, songs, or pages that were visited.
"""

# %%
# A shop
# ------
#
# Let us make up a shop whose rules we know: 400 items in 20 kinds of meals. A customer plans one
# or two meals and buys a few things for each; in every meal, some items are bought far more often
# than others. And into every fifth basket goes one of ten things from the shelf at the till.

import matplotlib.pyplot as plt
import numpy as np

from negsamp import Word2Vec

rng = np.random.default_rng(1)
n_meals, n_items, at_the_till = 20, 400, 10
meals = rng.permutation(n_items).reshape(n_meals, -1)
popularity = 1 / np.arange(1, meals.shape[1] + 1)  # Zipf's law
popularity /= popularity.sum()
meal_shares = rng.dirichlet(np.ones(n_meals) * 2)


def basket():
    items = []
    for meal in rng.choice(
        n_meals, size=rng.integers(1, 3), replace=False, p=meal_shares
    ):
        n = rng.integers(2, 5)
        items += rng.choice(meals[meal], size=n, replace=False, p=popularity).tolist()
    if rng.random() < 0.2:
        items.append(n_items + int(rng.integers(at_the_till)))
    return rng.permutation(items).tolist()


baskets = [basket() for _ in range(12_000)]
known, later = baskets[:10_000], baskets[10_000:]
print(known[:3])

# %%
# Training
# --------
#
# Order means nothing in a basket, so the window reaches over all of it and all neighbours weigh
# alike: ``shrink_windows=False``. A basket is short: ``sample=0`` keeps every item.

model = Word2Vec(
    vector_size=32,
    window=max(map(len, baskets)),
    shrink_windows=False,
    sample=0,
    min_count=1,
    seed=1,
).fit(known)

history = meals[0][:2].tolist()
answers = model.recommend(history, topn=5)
print(f"bought: {history}; recommended: {[item for item, _ in answers]}")
print(f"of the same meal: {sum(item in meals[0] for item, _ in answers)} of 5")

# %%
# Is it any good?
# ---------------
#
# Only baskets that the model has not seen can tell. Take one item out of each and ask for it: how
# often is it among the first n answers? The rival to beat is the list of best sellers, which is
# hard to beat in many shops; and we can also ask the shop's own rules, which know the meals.

sold = np.bincount(
    [item for basket in known for item in basket], minlength=n_items + at_the_till
)
best_sellers = np.argsort(-sold).tolist()
of_meal = {item: meal for meal in meals for item in meal.tolist()}
tests = [(hidden, rest) for hidden, *rest in later if rest]
sizes = np.arange(1, 21)


def places(answers):
    """The place of the hidden item in each list, from 0; infinite if it is not there."""
    found = []
    for item, rest in tests:
        ranked = answers(rest)
        found.append(ranked.index(item) if item in ranked else np.inf)
    return np.array(found)


def by_rules(rest):
    """The items of the same meals, the most popular first."""
    chosen = {tuple(of_meal[item]) for item in rest if item in of_meal}
    items = [
        (popularity[place], item) for meal in chosen for place, item in enumerate(meal)
    ]
    return [item for _, item in sorted(items, reverse=True) if item not in rest]


def by_model(rest):
    return [item for item, _ in model.recommend(rest, topn=20)]


def by_sales(rest):
    return [item for item in best_sellers if item not in rest][:20]


found = {
    "the shop's own rules": places(by_rules),
    "recommend": places(by_model),
    "best sellers": places(by_sales),
}
rates = {name: [(where < n).mean() for n in sizes] for name, where in found.items()}
for name, rate in rates.items():
    print(f"{name:21} hit rate at 10: {rate[9]:.3f}")

# %%
# The model does nearly as well as someone who knows how the baskets were made, and several times
# as well as the best sellers.

fig, ax = plt.subplots(figsize=(7, 4.5))
for (name, rate), style in zip(rates.items(), ("--", "-", ":"), strict=True):
    ax.plot(sizes, rate, style, lw=2, label=name)
ax.set(
    xlabel="answers", ylabel="hidden item among them", ylim=0, xticks=[1, 5, 10, 15, 20]
)
ax.grid(alpha=0.3)
ax.legend(frameon=False)
fig.tight_layout()

# %%
# What to try next: ``exclude=`` leaves out what is sold out, and `negsamp.Word2Vec.fit_pairs`
# learns from a table of customers and items instead of baskets; see :doc:`/recipes`.

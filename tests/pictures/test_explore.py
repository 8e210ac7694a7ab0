"""The page's data by themselves, and the page in a real browser, opened from disk."""

import base64
import hashlib
import html.parser
import json
import os
import re
import shutil

import numpy as np
import pytest

from negsamp import KeyedVectors
from negsamp.pictures.explore import explorer_page, quantize

HOSTILE = "</script><script>window.hacked=1</script>"
STRANGE = [HOSTILE, "<img src=x onerror=a()>", '"', "&amp;", "שלום", "👩‍🔬", "größe", "{{data}}"]
PLAIN = ["king", "queen", "man", "woman", "viking", "kingdom", "paris", "france", "tokyo", "japan"]
KEYS = [*PLAIN, *STRANGE, 7, "7", ("a", 1), "", "two words", *(f"word{n:02d}" for n in range(60))]
TITLE = "A <b>title</b> & more"


@pytest.fixture(scope="module")
def kv():
    """Vectors that are whole numbers up to 127 times a length: int8 keeps their directions."""
    rng = np.random.default_rng(0)
    vectors = rng.integers(-127, 128, size=(len(KEYS), 12))
    vectors[:, 0] = 127
    lengths = rng.uniform(0.01, 10, size=(len(KEYS), 1))
    counts = np.sort(rng.integers(5, 10**6, size=len(KEYS)))[::-1]
    return KeyedVectors(KEYS, (vectors * lengths).astype(np.float32), counts)


class Parser(html.parser.HTMLParser):
    """The elements of a page: name, attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        self.elements.append(["", {}, ""])  # what follows is in none that is asked for

    def handle_data(self, data):
        if self.elements:
            self.elements[-1][2] += data

    def all(self, tag):
        return [(attrs, text) for name, attrs, text in self.elements if name == tag]


def data_of(page):
    [text] = [text for attrs, text in Parser(page).all("script") if attrs.get("id") == "data"]
    data = json.loads(text)
    for name, kind, width in (("points", "<u2", 2), ("vectors", "i1", data["dimensions"])):
        numbers = np.frombuffer(base64.b64decode(data[name]), dtype=kind)
        data[name] = numbers.reshape(-1, width).astype(np.float64)
    return data


# The data


def test_page_holds_words_counts_vectors_and_points(kv):
    data = data_of(explorer_page(kv, method="pca"))
    shown = {7: "7", ("a", 1): "('a', 1)", "": "''"}
    assert data["words"] == [shown.get(key, key) for key in KEYS]
    assert data["counts"] == kv.counts.tolist()
    assert data["dimensions"] == 12
    unit = data["vectors"] / np.linalg.norm(data["vectors"], axis=1, keepdims=True)
    np.testing.assert_allclose(unit, kv.unit_vectors, atol=1e-6)


def test_page_keeps_the_shape_of_the_points(kv, monkeypatch):
    points = np.random.default_rng(1).normal(size=(len(KEYS), 2)) * [30, 1] + [-500, 9]
    monkeypatch.setattr("negsamp.pictures.explore.project", lambda vectors, method, seed: points)
    found = data_of(explorer_page(kv))["points"]
    assert (found[:, 0].min(), found[:, 0].max()) == (0, 65_535)
    scale = 65_535 / np.ptp(points[:, 0])
    np.testing.assert_allclose(np.ptp(found[:, 1]), np.ptp(points[:, 1]) * scale, atol=1)
    # each rounded by half at most
    np.testing.assert_allclose(found - found[0], (points - points[0]) * scale, atol=1.0001)
    assert abs(found[:, 1].min() + found[:, 1].max() - 65_535) <= 1  # in the middle


def test_page_takes_the_most_frequent_whatever_their_order(kv):
    order = np.random.default_rng(2).permutation(len(KEYS))
    mixed = KeyedVectors([KEYS[n] for n in order], kv.vectors[order], kv.counts[order])
    page = explorer_page(mixed, top=9, method="pca")
    data = data_of(page)
    assert data["words"] == KEYS[:9]
    assert data["counts"] == kv.counts[:9].tolist()
    assert len(data["vectors"]) == len(data["points"]) == 9
    assert "9 of 83 words · 12 dimensions<" in page.decode()
    assert "Layout: principal components." in page.decode()


def test_page_does_without_counts_and_with_one_word():
    page = explorer_page(KeyedVectors(["a"], [[0.0]]))
    data = data_of(page)
    assert (data["words"], data["counts"], data["vectors"].tolist()) == (["a"], None, [[0]])
    assert "1 word · 1 dimension<" in page.decode()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kv": ["a"]}, "kv is a list; it must be a KeyedVectors"),
        ({"title": 3}, "title is 3; it must be a str"),
        ({"top": 0}, "top is 0; it must be an integer, 1 or more"),
        ({"seed": "x"}, "seed is 'x'; it must be an integer, 0 or more, or None"),
        ({"method": "umap"}, "method is 'umap'; it must be"),
    ],
)
def test_page_names_what_it_cannot_be_made_of(kv, params, message):
    with pytest.raises((TypeError, ValueError), match=message):
        explorer_page(**{"kv": kv, **params})


def test_page_has_no_element_that_words_or_title_made(kv):
    parsed = Parser(explorer_page(kv, TITLE, method="pca"))
    assert [attrs.get("id") for attrs, _ in parsed.all("script")] == ["data", None]
    assert parsed.all("img") == parsed.all("b") == []
    assert [text for _, text in parsed.all("h1")] == [TITLE]
    assert [text for _, text in parsed.all("title")] == [f"{TITLE} – word map"]


def test_page_policy_allows_its_own_style_and_script_and_nothing_else(kv):
    parsed = Parser(explorer_page(kv, method="pca"))
    metas = [attrs for attrs, _ in parsed.all("meta")]
    [policy] = [meta["content"] for meta in metas if "http-equiv" in meta]
    digests = []
    for name in ("style", "script"):
        content = parsed.all(name)[-1][1].encode()
        digests.append(base64.b64encode(hashlib.sha256(content).digest()).decode())
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digests[0]}'; "
        f"script-src 'sha256-{digests[1]}'"
    )
    assert not re.search(rb"https?:|src=|@import|url\(", explorer_page(kv, top=5, method="pca"))
    for _, attrs, _ in parsed.elements:
        assert not {name for name in attrs if name.startswith("on") or name == "style"}


def test_quantize_rounds_each_row_by_its_own_scale():
    rows = np.array([[0.5, -1, 0.25], [-2e20, 1e20, 0], [0, 0, 0]], dtype=np.float32)
    expected = [[64, -127, 32], [-127, 64, 0], [0, 0, 0]]
    np.testing.assert_array_equal(quantize(rows), np.array(expected, dtype=np.int8))


def test_page_takes_the_same_seed_and_refuses_a_top_that_is_none(kv):
    assert explorer_page(kv, seed=1) == explorer_page(kv, seed=1)
    assert explorer_page(kv, seed=1) != explorer_page(kv, seed=2)
    with pytest.raises(ValueError, match="top is 0; it must be an integer, 1 or more"):
        explorer_page(kv, top=0)


# The page in a browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
CHROMEDRIVER = shutil.which("chromedriver")
FLAGS = (
    *("--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1200,800"),
)


@pytest.fixture(scope="module")
def address(kv, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "map.html"
    file.write_bytes(explorer_page(kv, TITLE, method="pca"))
    return file.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser, one for all tests; it must not look for a driver in the network."""
    pytest.importorskip("selenium", reason="the page is tested with selenium")
    if not CHROMIUM or not CHROMEDRIVER:
        pytest.skip("the page is tested with chromium and chromedriver, which are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    is_root = os.name == "posix" and os.geteuid() == 0
    profile = tmp_path_factory.mktemp("profile")
    for flag in (*FLAGS, f"--user-data-dir={profile}", *["--no-sandbox"] * is_root):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=CHROMEDRIVER)
    browser = webdriver.Chrome(options=options, service=service)
    yield browser
    browser.quit()


class Page:
    """What a reader sees and does."""

    def __init__(self, browser):
        self.browser = browser

    def find(self, selector):
        return self.browser.find_element("css selector", selector)

    def texts(self, selector):
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.browser.execute_script(script, selector)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def type(self, *keys):
        """Press keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def wait(self, condition):
        """Until an expression is true; what the browser reports of itself takes its time."""
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.browser, 20, 0.02).until(lambda _: self.run(f"return {condition}"))

    def focused(self):
        return self.run("return document.activeElement.id || document.activeElement.textContent")

    def emulate(self, **features):
        media = [{"name": name.replace("_", "-"), "value": v} for name, v in features.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})

    def painted(self):
        """The map as drawn: wait for a frame, then take its pixels."""
        return self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => "
            "done(document.getElementById('map').toDataURL())))"
        )


@pytest.fixture
def page(browser, address):
    """The page, fresh; after the test the console must be empty."""
    page = Page(browser)
    page.emulate(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    browser.get("about:blank")
    browser.get(address)
    yield page
    assert browser.get_log("browser") == []


@pytest.fixture(scope="module")
def keys():
    return pytest.importorskip("selenium.webdriver.common.keys").Keys


def assert_answers(page, expected):
    assert page.texts("#answers .word") == [str(word) for word, _ in expected]
    assert page.texts("#answers .cosine") == [f"{cosine:.3f}" for _, cosine in expected]


def test_browser_search_finds_a_word_and_its_neighbours(page, kv, keys):
    page.find("#word").send_keys("king")
    assert page.texts("#word-options bdi") == ["king", "kingdom", "viking"]
    page.find("#word").send_keys(keys.ESCAPE)  # closes the list first
    assert not page.find("#word-options").is_displayed()
    assert page.find("#word").get_attribute("value") == "king"
    page.find("#word").send_keys(keys.ENTER)
    assert page.texts("#question") == ["king"]
    assert page.texts("#about-question") == [f"word 1 by frequency, seen {kv.counts[0]:,} times"]
    assert_answers(page, kv.most_similar("king"))
    page.find("#answers li:nth-child(3) button").click()
    third = kv.most_similar("king")[2][0]
    assert page.texts("#question") == [third]
    assert_answers(page, kv.most_similar([third]))


def test_browser_says_that_a_word_is_unknown_or_missing(page, keys):
    page.find("#word").send_keys("unicorn", keys.ENTER)
    assert page.texts("#message") == ["“unicorn” is not among the 83 words here"]
    assert page.find("#word").get_attribute("aria-invalid") == "true"
    assert page.texts("#question") == [""]
    page.find("#a").send_keys("queen", keys.ENTER)
    assert page.texts("#message") == ["A word is missing"]
    assert page.focused() == "b"


def test_browser_takes_keys_alone(page, kv, keys):
    page.type(keys.TAB)
    assert page.focused() == "theme"
    page.type("/")
    assert page.focused() == "word"
    page.type("KI", keys.ARROW_DOWN, keys.ARROW_DOWN)
    option = page.find("#word").get_attribute("aria-activedescendant")
    assert page.texts(f"#{option} bdi") == ["kingdom"]
    assert page.find(f"#{option}").get_attribute("aria-selected") == "true"
    assert page.find("#word").get_attribute("aria-expanded") == "true"
    page.type(keys.ENTER)
    assert page.texts("#question") == ["kingdom"]
    assert page.find("#word").get_attribute("aria-expanded") == "false"
    page.type(keys.TAB)
    assert page.focused() == "map"
    before = page.run("return map.view.scale")
    page.type("+")
    assert page.run("return map.view.scale") > before
    page.type(*[keys.TAB] * 4)  # over the three buttons of the map
    nearest = kv.most_similar("kingdom")[0][0]
    assert page.focused().startswith(str(nearest))
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.run(outline) == "solid"
    page.type(keys.ENTER)
    assert page.texts("#question") == [str(nearest)]
    page.type(keys.ESCAPE)
    assert page.texts("#question") == [""]
    assert page.texts("#answers li") == []


@pytest.mark.parametrize("word", [HOSTILE, "שלום", "👩‍🔬", "{{data}}", "&amp;"])
def test_browser_shows_strange_words_as_they_are(page, kv, word):
    page.run("choose(words.indexOf(arguments[0]))", word)
    assert page.texts("#question") == [word]
    assert_answers(page, kv.most_similar([word]))
    page.painted()
    assert page.run("return window.hacked ?? null") is None
    assert len(page.run("return [...document.images, ...document.scripts]")) == 2


def test_browser_analogy_is_3cosadd_and_tells_keys_apart_that_look_alike(page, kv, keys):
    page.find("#word").send_keys("7")
    assert page.texts("#word-options bdi")[:2] == ["7", "7"]
    page.find("#word").send_keys(keys.ARROW_DOWN, keys.ARROW_DOWN, keys.ENTER)
    assert_answers(page, kv.most_similar("7"))
    page.find("#a").send_keys("7", keys.ARROW_DOWN, keys.ARROW_DOWN, keys.ENTER)
    page.find("#b").send_keys("man")
    page.find("#c").send_keys("queen", keys.ESCAPE)
    page.find("#analogy button[type=submit]").click()
    assert page.texts("#question") == ["7 − man + queen"]
    assert_answers(page, kv.most_similar(["7", "queen"], ["man"]))


def test_browser_click_on_the_map_chooses_the_word_there(page, kv):
    from selenium.webdriver import ActionChains

    row = KEYS.index("tokyo")
    place = page.run(
        "const box = document.getElementById('map').getBoundingClientRect(), row = arguments[0];"
        "const at = (places, axis, size) => "
        "  (places[row] - map.view[axis]) * map.view.scale + size / 2;"
        "return [at(map.xs, 'x', box.width) - box.width / 2, "
        "  at(map.ys, 'y', box.height) - box.height / 2]",
        row,
    )
    chain = ActionChains(page.browser)
    chain.move_to_element_with_offset(page.find("#map"), *map(round, place)).click().perform()
    assert page.texts("#question") == ["tokyo"]
    assert_answers(page, kv.most_similar("tokyo"))


def test_browser_map_moves_by_drag_and_wheel_and_shows_all_again(page):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    canvas = page.find("#map")
    all_of_it = page.run(view := "return [map.view.x, map.view.y, map.view.scale]")
    page.run("map.view.x = map.xs[3]; map.view.y = map.ys[3]")  # a word under the pointer
    x, y, scale = page.run(view)
    chain = ActionChains(page.browser, duration=20)
    chain.drag_and_drop_by_offset(canvas, -100, 50).perform()
    assert page.run(view) == pytest.approx([x + 100 / scale, y - 50 / scale, scale])
    origin = ScrollOrigin.from_element(canvas)
    ActionChains(page.browser).scroll_from_origin(origin, 0, -300).perform()
    page.painted()
    assert page.run(view)[2] > 1.2 * scale
    assert page.texts("#question") == [""]  # a drag is no click
    page.find("#zoom-all").click()
    assert page.run(view) == pytest.approx(all_of_it)


def test_browser_dark_has_other_colours(page):
    def colours():
        style = "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
        return (page.painted(), *page.run(style))

    light = colours()
    page.emulate(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    page.wait("document.documentElement.dataset.theme === 'dark'")
    dark = colours()
    assert all(a != b for a, b in zip(light, dark, strict=True))
    page.find("#theme").click()
    assert colours() == light
    assert page.find("#theme").get_attribute("aria-pressed") == "false"


def test_browser_word_in_the_address_is_chosen(page, browser, address):
    browser.get(address + "#par%69s")
    browser.refresh()
    assert page.texts("#question") == ["paris"]
    shown = page.run(view := "return [map.view.x, map.view.y, map.view.scale]")
    page.run("map.showAll(); choose(words.indexOf('paris'))")
    assert page.run(view) == shown  # the map has moved there
    page.run("choose(words.indexOf('größe'))")
    assert browser.current_url.endswith("#gr%C3%B6%C3%9Fe")
    browser.back()
    page.wait("document.getElementById('question').textContent === 'paris'")


def test_browser_loads_nothing_and_fits_a_phone(page, browser):
    assert page.run("return performance.getEntriesByType('resource').length") == 0
    phone = {"width": 375, "height": 700, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        page.run("choose(0)")
        page.painted()
        assert page.run("return document.documentElement.scrollWidth") == 375
        assert page.run("return document.getElementById('map').width") == 2 * 375
        for selector in ("#word", "#map", "#answers button", "#analogy button"):
            box = page.find(selector).rect
            assert 0 <= box["x"] < box["x"] + box["width"] <= 375
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

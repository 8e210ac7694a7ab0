// The page: search, answers, analogy, theme, and what the address says.

const element = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");

function create(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

let messageTimer;
function say(text) {
  element("message").textContent = text;
  clearTimeout(messageTimer);
  messageTimer = setTimeout(() => (element("message").textContent = ""), 4000);
}

// A field that proposes words (ARIA's combobox with a listbox); `onPick` is called with a row.
function combobox(input, onPick) {
  const list = element(input.getAttribute("aria-controls"));
  let rows = [];
  let active = -1;

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function open() {
    rows = complete(input.value);
    if (!rows.length) return close();
    list.replaceChildren(
      ...rows.map((row, n) => {
        const option = create("li");
        option.id = `${list.id}-${n}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.append(create("bdi", "", words[row]));
        if (counts) option.append(create("span", "count", number(counts[row])));
        option.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
        option.addEventListener("click", () => pick(row));
        return option;
      }),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    activate(-1);
  }

  function activate(n) {
    active = n;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", i === n));
    if (n < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[n].id);
    list.children[n].scrollIntoView({ block: "nearest" });
  }

  function pick(row) {
    input.value = words[row];
    input.row = row; // two keys may look alike, 1 and "1"
    input.removeAttribute("aria-invalid");
    close();
    onPick(row);
  }

  input.addEventListener("input", () => {
    input.row = undefined;
    input.removeAttribute("aria-invalid");
    open();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) open();
      if (list.hidden) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      // round the list, by way of the field itself
      activate(((active + 1 + step + rows.length + 1) % (rows.length + 1)) - 1);
      event.preventDefault();
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      pick(rows[active]);
      event.preventDefault();
    } else if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
      event.stopPropagation();
    }
  });
  return { close };
}

// The row that a field stands for; undefined, and a message, if there is none.
function rowIn(input) {
  const row = input.row ?? lookUp(input.value);
  if (row === undefined) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
    const unknown = `“${input.value}” is not among the ${number(N)} words here`;
    say(input.value.trim() ? unknown : "A word is missing");
  }
  return row;
}

const map = new WordMap(element("map"), (row) => choose(row));

function showAnswers(found) {
  element("answers").replaceChildren(
    ...found.map(({ row, cosine }) => {
      const item = create("li");
      const button = create("button");
      button.type = "button";
      const bar = create("span", "bar");
      bar.append(create("span"));
      bar.firstChild.style.setProperty("--share", Math.max(0, cosine).toFixed(3));
      const value = create("span", "cosine", cosine.toFixed(3));
      button.append(create("bdi", "word", words[row]), bar, value);
      button.addEventListener("click", () => choose(row));
      for (const [begin, end] of [["pointerenter", "pointerleave"], ["focus", "blur"]]) {
        button.addEventListener(begin, () => map.point(row));
        button.addEventListener(end, () => map.point(-1));
      }
      item.append(button);
      return item;
    }),
  );
  element("answer").scrollTop = 0;
}

let chosen = -1;

// A word and its nearest.
function choose(row, isNew = true) {
  chosen = row;
  const found = mostSimilar([row]);
  element("word").value = words[row];
  element("word").row = row;
  element("question").replaceChildren(create("bdi", "", words[row]));
  const seen = counts ? `, seen ${number(counts[row])} times` : "";
  element("about-question").textContent = `word ${number(row + 1)} by frequency${seen}`;
  showAnswers(found);
  const rows = found.map((answer) => answer.row);
  map.pick([row], rows, rows.map((other) => [row, other]));
  map.show([row, ...rows]);
  if (isNew) location.hash = encodeURIComponent(words[row]);
}

// Words nearest to a − b + c.
function solve(a, b, c) {
  chosen = -1;
  element("word").value = "";
  element("word").row = undefined;
  if (location.hash.length > 1) location.hash = "";
  const found = mostSimilar([a, c], [b]);
  const terms = [words[a], " − ", words[b], " + ", words[c]];
  element("question").replaceChildren(
    ...terms.map((term, n) => (n % 2 ? create("span", "sign", term) : create("bdi", "", term))),
  );
  const none = "The three vectors cancel: there is no direction to look in.";
  element("about-question").textContent = found.length ? "" : none;
  showAnswers(found);
  const rows = found.map((answer) => answer.row);
  const links = [[a, b], ...rows.slice(0, 1).map((row) => [row, c])]; // opposite sides
  map.pick([a, b, c], rows.slice(0, 5), links);
  map.show([...rows.slice(0, 1), a, b, c]);
}

function forget() {
  chosen = -1;
  element("word").value = "";
  element("word").row = undefined;
  element("question").textContent = "";
  element("about-question").textContent = "Find a word, or click one on the map.";
  element("answers").replaceChildren();
  map.pick([], [], []);
}

const search = combobox(element("word"), (row) => choose(row));
element("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = element("word");
  const [best] = complete(input.value);
  const row = input.row ?? best ?? rowIn(input);
  search.close();
  if (row !== undefined) choose(row);
});

const fields = ["a", "b", "c"].map(element);
fields.forEach((input, n) => combobox(input, () => fields[n + 1]?.focus()));
element("analogy").addEventListener("submit", (event) => {
  event.preventDefault();
  const rows = [];
  for (const input of fields) {
    const row = rowIn(input);
    if (row === undefined) return;
    rows.push(row);
  }
  solve(...rows);
});

// What is proposed is answerable.
if (!fields.every((input) => rowOf.has(input.placeholder))) {
  for (const input of fields) input.placeholder = input.id;
}

element("zoom-in").addEventListener("click", () => map.zoom(1.6));
element("zoom-out").addEventListener("click", () => map.zoom(1 / 1.6));
element("zoom-all").addEventListener("click", () => map.showAll());

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    element("word").focus();
    element("word").select();
    event.preventDefault();
  } else if (event.key === "Escape") {
    forget();
    if (location.hash.length > 1) location.hash = "";
  }
});

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  element("theme").setAttribute("aria-pressed", theme === "dark");
  map.setTheme(theme);
  element("ramp").style.background = `linear-gradient(90deg, ${rampColours(theme).join(", ")})`;
}

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
let isThemeChosen = false;
prefersDark.addEventListener("change", () => {
  if (!isThemeChosen) setTheme(prefersDark.matches ? "dark" : "light");
});
element("theme").addEventListener("click", () => {
  isThemeChosen = true;
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
});

element("legend-low").textContent = counts ? `seen ${number(counts[N - 1])} times` : "rare";
element("legend-high").textContent = counts
  ? number(counts[topRow]) + (topRow ? " or more" : "")
  : "frequent";

function readAddress() {
  let text = "";
  try {
    text = decodeURIComponent(location.hash.slice(1));
  } catch {
    return; // not of ours
  }
  const row = rowOf.get(text);
  if (row !== undefined && (chosen < 0 || words[chosen] !== text)) choose(row, false);
}

setTheme(prefersDark.matches ? "dark" : "light");
forget();
readAddress();
window.addEventListener("hashchange", readAddress);

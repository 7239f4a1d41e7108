// Long tables are sorted, filtered and paged, figures enlarged; without scripts all stands as written.
"use strict";
const PAGE = 25; // rows shown at a time
const words = document.body.dataset; // in the language of the page
const make = (tag, text, attributes) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  return element;
};
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const value = (row, place) => {
  const text = row.cells[place].textContent.trim();
  const plain = text.replace(/[,\s%+]/g, "").replace("−", "-").replace("∞", "Infinity");
  return { text, number: plain === "" ? NaN : Number(plain) };
};
const sorted = (rows, place, downward) => {
  const read = rows.map((row, order) => ({ row, order, ...value(row, place) }));
  const numeric = read.every((one) => one.text === "" || !Number.isNaN(one.number));
  const compare = (a, b) => (numeric ? a.number - b.number || 0 : a.text.localeCompare(b.text));
  read.sort((a, b) => {
    const empty = (a.text === "") - (b.text === ""); // unknown values stay last either way
    return empty || (downward ? -1 : 1) * compare(a, b) || a.order - b.order;
  });
  return read.map((one) => one.row);
};
const sortable = (table, head, changed) => {
  for (const [place, cell] of [...head.cells].entries()) {
    const button = make("button", "", { type: "button", class: "sort", title: words.sort });
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const downward = cell.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", downward ? "descending" : "ascending");
      const body = table.tBodies[0];
      body.append(...sorted([...body.rows], place, downward));
      changed();
    });
  }
};
const paged = (table, tools) => {
  const body = table.tBodies[0];
  const said = new Map([...body.rows].map((row) => [row, row.textContent.toLowerCase()]));
  const filter = make("input", "", { type: "search", placeholder: words.filter, "aria-label": words.filter });
  const back = make("button", "‹", { type: "button", "aria-label": words.previous });
  const next = make("button", "›", { type: "button", "aria-label": words.next });
  const all = make("button", words.all, { type: "button", "aria-pressed": "false" });
  const status = make("span", "", { role: "status" });
  let first = 0;
  let whole = false;
  const show = () => {
    const wanted = filter.value.toLowerCase().split(/\s+/);
    const fit = [...body.rows].filter((row) => wanted.every((word) => said.get(row).includes(word)));
    if (whole || first >= fit.length) first = 0;
    const seen = new Set(whole ? fit : fit.slice(first, first + PAGE));
    for (const row of body.rows) row.hidden = !seen.has(row);
    const from = fit.length && first + 1;
    status.textContent = filled(words.rows, { from, to: first + seen.size, n: fit.length });
    back.disabled = whole || first === 0;
    next.disabled = whole || first + PAGE >= fit.length;
  };
  const turn = (change) => () => {
    change();
    show();
    table.parentElement.scrollTop = 0;
  };
  filter.addEventListener("input", turn(() => (first = 0)));
  back.addEventListener("click", turn(() => (first -= PAGE)));
  next.addEventListener("click", turn(() => (first += PAGE)));
  all.addEventListener("click", turn(() => {
    whole = !whole;
    all.setAttribute("aria-pressed", String(whole));
  }));
  tools.append(filter, back, status, next, all);
  show();
  return turn(() => (first = 0));
};
const contents = document.querySelector(".contents > details");
if (contents && window.matchMedia("(max-width: 44rem)").matches) contents.open = false;
for (const table of document.querySelectorAll(".scroll > table")) {
  const [head] = table.tHead ? table.tHead.rows : [];
  if (!head || table.tBodies.length !== 1 || table.tBodies[0].rows.length < 3) continue;
  if (table.querySelector("[colspan], [rowspan]") || table.tHead.rows.length > 1) continue;
  const tools = table.parentElement.previousElementSibling;
  const long = tools && tools.matches(".tools") && table.tBodies[0].rows.length > PAGE;
  sortable(table, head, long ? paged(table, tools) : () => {});
}
for (const figure of document.querySelectorAll("figure[id]")) {
  const [image, caption] = [figure.querySelector("img"), figure.querySelector("figcaption")];
  if (!image || !caption) continue;
  const button = make("button", words.enlarge, { type: "button", class: "enlarge" });
  button.setAttribute("aria-label", `${words.enlarge}: ${caption.firstElementChild.textContent}`);
  image.after(button);
  const open = () => {
    const dialog = make("dialog", "", { class: "enlarged", "aria-label": caption.textContent });
    const close = make("button", words.close, { type: "button" });
    const copy = image.cloneNode();
    dialog.append(close, copy, make("p", caption.textContent));
    document.body.append(dialog);
    close.addEventListener("click", () => dialog.close());
    copy.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      button.focus();
    });
    dialog.showModal();
  };
  button.addEventListener("click", open);
  image.addEventListener("click", open);
}

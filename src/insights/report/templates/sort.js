// Tables of three rows and more can be sorted by a column; without scripts they stand as written.
"use strict";
const value = (row, place) => {
  const text = row.cells[place].textContent.trim();
  const plain = text.replace(/[,\s%+]/g, "").replace("−", "-").replace("∞", "Infinity");
  return { text, number: plain === "" ? NaN : Number(plain) };
};
const sort = (table, place, downward) => {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, order) => ({ row, order, ...value(row, place) }));
  const numeric = rows.every((one) => one.text === "" || !Number.isNaN(one.number));
  const compare = (a, b) => (numeric ? a.number - b.number || 0 : a.text.localeCompare(b.text));
  rows.sort((a, b) => {
    const empty = (a.text === "") - (b.text === ""); // unknown values stay last either way
    return empty || (downward ? -1 : 1) * compare(a, b) || a.order - b.order;
  });
  body.append(...rows.map((one) => one.row));
};
for (const table of document.querySelectorAll(".scroll table")) {
  const [head] = table.tHead ? table.tHead.rows : [];
  if (!head || table.tBodies.length !== 1 || table.tBodies[0].rows.length < 3) continue;
  if (table.querySelector("[colspan], [rowspan]") || table.tHead.rows.length > 1) continue;
  [...head.cells].forEach((cell, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.title = "Sort by this column";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const downward = cell.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", downward ? "descending" : "ascending");
      sort(table, place, downward);
    });
  });
}

function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (name) made.className = name;
  return made;
}

function cellOf(cell, opened, open) {
  const inside = cell.opens ? element("button") : element("span", "", "still");
  if (cell.words) {
    const words = element("span", "", "words");
    if (cell.sign) words.append(element("span", cell.sign + " ", "mark"));
    words.append(document.createTextNode(cell.words));
    inside.append(words);
  }
  if (cell.number) inside.append(element("span", cell.number, "number"));
  if (cell.opens) {
    inside.setAttribute("aria-pressed", String(cell.opens === opened));
    inside.title = cell.about;
    inside.onclick = () => open(cell.opens);
  }
  return inside;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const open = (name) => setTriggerValue("cell", name);
  const table = element("table");
  table.setAttribute("aria-label", data.label);
  const heads = table.createTHead().insertRow();
  for (const head of data.heads) {
    const made = element("th", head.title);
    made.scope = "col";
    if (head.line) made.title = head.line;
    heads.append(made);
  }
  const body = table.createTBody();
  for (const row of data.rows) {
    const made = body.insertRow();
    if (row.divider) {
      made.className = "divider";
      const words = element("th", row.divider);
      words.colSpan = data.heads.length;
      words.scope = "colgroup";
      made.append(words);
      continue;
    }
    if (row.control) made.className = "control";
    row.cells.forEach((cell, place) => {
      const made_cell = element(place ? "td" : "th", "", cell.tone);
      if (!place) made_cell.scope = "row";
      made_cell.append(cellOf(cell, data.opened, open));
      made.append(made_cell);
    });
  }
  parentElement.querySelector(".frame").replaceChildren(table);
}

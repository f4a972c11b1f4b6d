// Small pictures in a grid; a click, or Enter, chooses one. Arrows move the focus.
const LETTERS = 40; // of a name, the last: its end tells it from the others

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".tiles");
  const tile = ({ name, label, note, good, picture, chosen }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.disabled = !picture;
    button.title = label ? `${name}, ${label}` : name;
    if (chosen) button.setAttribute("aria-current", "true");
    const seen = document.createElement(picture ? "img" : "span");
    if (picture) {
      seen.src = `/heatcheck/pictures/${picture}`;
      seen.alt = "";
    } else {
      seen.textContent = "cannot be read";
    }
    seen.className = "picture";
    button.append(seen, line("name", name.length > LETTERS ? `…${name.slice(1 - LETTERS)}` : name), line("label", label), line(good ? `note ${good}` : "note", note));
    button.onclick = () => setTriggerValue("chosen", name);
    return button;
  };
  const line = (kind, text) => {
    const shown = document.createElement("span");
    shown.className = kind;
    shown.textContent = text;
    return shown;
  };
  root.replaceChildren(...data.tiles.map(tile));
  root.onkeydown = (event) => {
    const tiles = [...root.querySelectorAll("button:enabled")];
    const now = tiles.indexOf(event.target);
    const columns = getComputedStyle(root).gridTemplateColumns.split(" ").length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!by || now < 0) return;
    event.preventDefault();
    tiles[now + by]?.focus();
  };
}

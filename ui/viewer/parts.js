// Small parts that the viewer is put together from.

function made(tag, { text, name, ...rest } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  for (const [key, value] of Object.entries(rest)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// A number in at most three digits that count, without an exponent.
const DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: false });

function number(value) {
  return DIGITS.format(value);
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function labelled(text, control, name = "") {
  return made("label", { name }, made("span", { text }), control);
}

function chooser(label, options, take) {
  const select = made("select", { "aria-label": label });
  for (const [value, text] of options) select.append(made("option", { value, text }));
  select.onchange = () => take(select.value);
  return select;
}

// What was fetched by its digest, once for all viewers of a page; of the last so many bytes.
const FETCHED = new Map();
const MOST = 64 * 2 ** 20;
let held = 0;

async function fetched(digest) {
  if (!FETCHED.has(digest)) {
    const asked = fetch(`/heatcheck/bytes/${digest}`).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer.arrayBuffer();
    }).then((content) => {
      held += content.byteLength;
      asked.bytes = content.byteLength;
      for (const [old, one] of FETCHED) {
        if (held <= MOST) break;
        if (old === digest || !one.bytes) continue;
        FETCHED.delete(old);
        held -= one.bytes;
      }
      return content;
    });
    FETCHED.set(digest, asked);
    asked.catch(() => FETCHED.delete(digest));
  }
  return FETCHED.get(digest);
}

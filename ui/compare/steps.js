// To the image before and the next: two buttons, and the arrow keys where nothing else has the
// focus, so that fields, sliders and the viewer keep theirs.
export default function ({ parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".turn");
  const step = (by) => setTriggerValue("by", by);
  for (const button of root.querySelectorAll("button")) {
    button.onclick = () => step(Number(button.value));
  }
  const key = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const [from] = event.composedPath();
    const page = from === document.body || from.dataset?.testid === "stMain";
    const press = from.tagName === "BUTTON" && !from.role && from.getRootNode() === document;
    const free = page || press || root.contains(from);
    const changed = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!by || !free || changed || event.defaultPrevented) return;
    if (document.querySelector("[role=dialog]")) return;
    event.preventDefault();
    step(by);
  };
  document.addEventListener("keydown", key);
  return () => document.removeEventListener("keydown", key);
}

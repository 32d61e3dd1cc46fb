/** The page's parts, built from the layout that the server chose. */
export const config = JSON.parse(document.getElementById("bootstrap").textContent);
export const texts = config.texts;

export function build(name, values = {}) {
  const part = config.parts[name];
  const element = document.createElement(part.tag);
  if (part.id) element.id = part.id;
  if (part.class) element.className = part.class;
  for (const [key, value] of Object.entries(part.attrs ?? {})) {
    element.setAttribute(key, value.replace(/\{(\w+)\}/g, (_, field) => values[field] ?? ""));
  }
  if (part.label) element.setAttribute("aria-label", texts[part.label]);
  if (part.text) element.textContent = texts[part.text];
  return element;
}

export function note(text, part = "notice") {
  const element = build(part);
  element.textContent = text;
  return element;
}

/** Read events, one JSON object a line. No timers: they are throttled in a background tab. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}

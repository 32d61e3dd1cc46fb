/** Draw the Markdown that the fake model writes, in the elements that ChatGPT's page has for it. */
import { texts } from "./parts.js";

const INLINE = /\[\[cite:([^|]+)\|([^\]]+)\]\]|!\[([^\]]*)\]\(([^)]+)\)|\[([^\]]+)\]\(([^)]+)\)|\*\*([^*]+)\*\*|\*([^*]+)\*|`([^`]+)`|\$([^$]+)\$/g;

export function draw(markdown) {
  const nodes = [];
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; ) {
    const line = lines[index];
    const starts = [[/^```/, code], [/^\|/, table], [/^- /, list], [/^\d+\. /, list]];
    const [, reader] = starts.find(([start]) => start.test(line)) ?? [];
    if (reader) {
      let end = index + 1;
      if (reader === code) {
        while (end < lines.length && !lines[end].startsWith("```")) end += 1;
        end += 1;
      } else while (end < lines.length && /^(\||- |\d+\. )/.test(lines[end])) end += 1;
      nodes.push(reader(lines.slice(index, end)));
      index = end;
    } else {
      if (line.trim()) nodes.push(block(line));
      index += 1;
    }
  }
  return nodes;
}

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function block(line) {
  const heading = /^(#{1,6}) (.*)$/.exec(line);
  return heading ? make(`h${heading[1].length}`, "", ...inline(heading[2])) : make("p", "", ...inline(line));
}

function code(lines) {
  const language = lines[0].slice(3).trim();
  const isClosed = lines.length > 1 && lines.at(-1).startsWith("```");
  const text = lines.slice(1, isClosed ? -1 : undefined).join("\n");
  const copy = make("button", "flex gap-1 items-center", texts.copy_code);
  copy.setAttribute("aria-label", texts.copy);
  const header = make("div", "flex items-center text-xs", language || "text");
  const tokens = text.split(/(\s+)/).map((token) => make("span", "hljs-token", token));
  const body = make("div", "overflow-y-auto p-4", make("code", `whitespace-pre! language-${language || "text"}`, ...tokens));
  return make("pre", "overflow-visible!", make("div", "contain-inline-size rounded-2xl", header, make("div", "sticky", copy), body));
}

function table(lines) {
  const rows = lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const cells = (row, tag) => make("tr", "", ...row.map((cell) => make(tag, "", ...inline(cell))));
  const body = rows.slice(2).map((row) => cells(row, "td"));
  return make("div", "_tableContainer", make("table", "w-fit", make("thead", "", cells(rows[0], "th")), make("tbody", "", ...body)));
}

function list(lines) {
  const items = lines.map((line) => make("li", "", make("p", "", ...inline(line.replace(/^(- |\d+\. )/, "")))));
  return make(lines[0].startsWith("- ") ? "ul" : "ol", "", ...items);
}

function inline(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(text.slice(last, found.index), span(found));
    last = found.index + found[0].length;
  }
  nodes.push(text.slice(last));
  return nodes.filter((node) => node !== "");
}

function span([, citation, source, alternative, image, label, link, strong, emphasis, short, math]) {
  if (citation) return cite(citation, source);
  if (image) return picture(alternative, image);
  if (link) return anchor(label, link);
  if (strong) return make("strong", "", strong);
  if (emphasis) return make("em", "", emphasis);
  if (short) return make("code", "", short);
  const annotation = document.createElementNS("http://www.w3.org/1998/Math/MathML", "annotation");
  annotation.setAttribute("encoding", "application/x-tex");
  annotation.textContent = math;
  const visible = make("span", "katex-html", math);
  visible.setAttribute("aria-hidden", "true");
  return make("span", "katex", make("span", "katex-mathml", annotation), visible);
}

function anchor(label, link) {
  const element = make("a", "decorated-link", label);
  Object.assign(element, { href: link, target: "_blank", rel: "noopener" });
  return element;
}

function cite(label, link) {
  const pill = make("span", "ms-1 inline-flex", anchor(label, link));
  pill.dataset.testid = "webpage-citation-pill";
  return pill;
}

function picture(alternative, source) {
  const image = make("img", "");
  Object.assign(image, { alt: alternative, src: source });
  return make("div", "group/imagegen-image", image);
}

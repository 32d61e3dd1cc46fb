/**
 * An editor with a document of its own, as ProseMirror has: it follows input and paste events, draws paragraphs, and takes back
 * what was written into its DOM without an event.
 */
import { build, config, texts } from "./parts.js";

export class Editor {
  #lines = [""];
  #isInput = false;

  constructor(onChange) {
    this.element = build("editor");
    this.onChange = onChange;
    this.element.addEventListener("beforeinput", () => { this.#isInput = true; });
    this.element.addEventListener("input", () => {
      this.#isInput = false;
      this.#set(this.#read(), false);
    });
    this.element.addEventListener("paste", (event) => this.#paste(event));
    this.element.addEventListener("drop", (event) => event.preventDefault());
    this.#draw();
    this.observer = new MutationObserver(() => {
      if (!this.#isInput && this.#read().join("\n") !== this.text) this.#draw();
    });
    this.#observe();
  }

  get text() { return this.#lines.join("\n"); }

  set text(text) { this.#set(text.split("\n"), true); }

  /** Blocks are lines; a line break inside a block is one, too. */
  #read() {
    const lines = [];
    for (const node of this.element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) lines.push(...node.data.split("\n"));
      else if (node.nodeName === "BR") lines.push("");
      else lines.push(...readBlock(node).split("\n"));
    }
    return lines.length ? lines : [""];
  }

  #set(lines, isDrawn) {
    const limit = config.paste_limit;
    this.#lines = lines;
    if (limit && this.text.length > limit) {
      this.#lines = this.text.slice(0, limit).split("\n");
      isDrawn = true;
    }
    if (isDrawn) this.#draw();
    else this.element.querySelector(".placeholder")?.classList.toggle("placeholder", !this.text);
    this.onChange(this.text);
  }

  #paste(event) {
    event.preventDefault();
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) return this.onFiles?.(files);
    const pasted = (event.clipboardData?.getData("text/plain") ?? "").replace(/\r\n?/g, "\n");
    const selection = getSelection();
    const range = selection.rangeCount && this.element.contains(selection.anchorNode) ? selection.getRangeAt(0) : null;
    const isAll = !range || !this.text || range.toString().length >= this.text.replaceAll("\n", "").length;
    this.text = isAll ? pasted : this.text + pasted;
    return undefined;
  }

  #observe() { this.observer.observe(this.element, { childList: true, characterData: true, subtree: true }); }

  #draw() {
    this.observer?.disconnect();
    const paragraphs = this.#lines.map((line) => {
      const paragraph = document.createElement("p");
      if (line) paragraph.textContent = line;
      else {
        const end = document.createElement("br");
        end.className = "ProseMirror-trailingBreak";
        paragraph.append(end);
      }
      return paragraph;
    });
    if (!this.text) {
      paragraphs[0].dataset.placeholder = texts.placeholder;
      paragraphs[0].className = "placeholder";
    }
    this.element.replaceChildren(...paragraphs);
    if (this.observer) this.#observe();
  }
}

function readBlock(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += child.data;
    else if (child.nodeName === "BR") text += child.className.includes("trailingBreak") || child === node.lastChild ? "" : "\n";
    else if (child.nodeName === "P" || child.nodeName === "DIV") text += (text ? "\n" : "") + readBlock(child);
    else text += readBlock(child);
  }
  return text.replaceAll("\u00a0", " ");
}

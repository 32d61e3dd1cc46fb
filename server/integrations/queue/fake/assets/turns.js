/** The turns of a chat, and an answer while it is written. */
import { draw } from "./markdown.js";
import { build, config, note, texts } from "./parts.js";

const thread = document.getElementById("thread");
let number = 0;

export function clear() {
  thread.replaceChildren();
  number = 0;
}

export function addUser(text, id) {
  const message = build("message", { role: "user", id });
  const body = build("user_text");
  body.textContent = text;
  message.append(body);
  message.dataset.author = "user";
  addTurn("user", id).append(message);
}

function addTurn(role, id) {
  number += 1;
  const turn = build("turn", { role, id, number });
  thread.append(turn);
  return turn;
}

export class AnswerTurn {
  text = "";

  constructor() {
    this.turn = addTurn("assistant", "");
    this.thinking = build("thinking");
    this.turn.append(this.thinking);
  }

  start(id, model) {
    Object.assign(this, { id, model, text: "" });
  }

  think(key) { this.thinking.textContent = texts[key]; }

  show(text) {
    this.text = text;
    this.body ??= this.#addMessage(this.id, this.turn);
    this.body.replaceChildren(...draw(text));
  }

  finish() {
    this.thinking.remove();
    if (this.copy) return;
    this.copy = build("copy");
    this.copy.addEventListener("click", () => navigator.clipboard.writeText(this.text));
    this.turn.append(this.copy);
  }

  offerTwo(text, act) {
    const heading = document.createElement("p");
    heading.textContent = texts.which;
    const columns = document.createElement("div");
    columns.className = "answers";
    this.turn.prepend(heading);
    this.turn.append(columns);
    for (const alternative of [this.text, text]) {
      const column = document.createElement("div");
      columns.append(column);
      this.#addMessage(`${this.id}-${columns.childElementCount}`, column).replaceChildren(...draw(alternative));
      column.append(this.#button("prefer", () => act("prefer")));
    }
    this.body.parentElement.remove();
  }

  offerContinue(act) {
    const button = this.#button("continue", () => {
      button.remove();
      act("continue");
    });
    this.turn.append(button);
  }

  fail(act) {
    const notice = note(texts.error);
    notice.append(this.#button("retry", () => act("retry")));
    this.thinking.remove();
    this.turn.append(notice);
  }

  remove() { this.turn.remove(); }

  #button(part, press) {
    const button = build(part);
    button.addEventListener("click", press);
    return button;
  }

  #addMessage(id, parent) {
    const message = build("message", { role: "assistant", id, model: this.model || config.model || "gpt-6" });
    const body = build("markdown");
    message.append(body);
    parent.append(message);
    return body;
  }
}

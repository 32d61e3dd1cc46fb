/** The model pill with its menu. It opens on a pointer press or a key, not on click(), as Radix menus do. */
import { build, config, texts } from "./parts.js";

export class Modes {
  mode = config.modes[0] ?? "";
  effort = config.efforts[0] ?? "";
  #isCovered = config.covered_pill;

  constructor() {
    this.element = document.createElement("div");
    this.#draw();
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
  }

  #draw() {
    this.element.replaceChildren();
    if (!config.modes.length) return;
    const pill = build("pill");
    const extended = this.mode === "thinking" && this.effort !== config.efforts[0] ? `${texts[this.effort]} · ` : "";
    pill.textContent = extended + texts[this.mode];
    pill.addEventListener("pointerdown", (event) => { if (event.button === 0) this.#toggle(pill); });
    pill.addEventListener("keydown", (event) => { if (["Enter", " ", "ArrowDown"].includes(event.key)) this.#toggle(pill); });
    this.element.append(pill);
  }

  #toggle(pill) {
    if (this.#isCovered) {
      this.#isCovered = false;
      this.#draw();
      return;
    }
    if (this.menu) {
      this.#close();
      return;
    }
    pill.setAttribute("aria-expanded", "true");
    this.menu = build("menu");
    this.menu.classList.add("menu");
    this.menu.append(...config.modes.map((mode) => this.#row(mode)));
    document.body.append(this.menu);
  }

  #row(mode) {
    const row = build("mode", { value: mode });
    row.setAttribute("aria-checked", String(mode === this.mode));
    row.append(texts[mode]);
    row.addEventListener("click", () => this.#choose(mode, this.effort));
    if (mode === "thinking" && config.efforts.length) {
      const button = build("effort");
      button.textContent = texts[this.effort];
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        this.menu.replaceChildren(...config.efforts.map((effort) => this.#effortItem(effort)));
      });
      row.append(button);
    }
    return row;
  }

  #effortItem(effort) {
    const item = build("effort_item", { value: effort });
    item.setAttribute("aria-checked", String(effort === this.effort));
    item.textContent = texts[effort];
    item.addEventListener("click", () => this.#choose("thinking", effort));
    return item;
  }

  #choose(mode, effort) {
    Object.assign(this, { mode, effort });
    this.#close();
    this.#draw();
  }

  #close() {
    this.menu?.remove();
    this.menu = null;
    this.element.firstElementChild?.setAttribute("aria-expanded", "false");
  }
}

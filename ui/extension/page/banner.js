// The notice in the work tab, with the button that gives it back. The page's own scripts and styles do not reach into it.

const STYLE = `
  :host { all: initial; }
  div { position: fixed; inset-inline-start: 16px; inset-block-end: 16px; z-index: 2147483647; display: flex; gap: 12px; align-items: center;
    padding: 8px 8px 8px 14px; border-radius: 12px; background: #1f2937; color: #fff; font: 14px system-ui, sans-serif; box-shadow: 0 4px 16px #0005; }
  button { all: unset; padding: 6px 12px; border-radius: 8px; background: #fff; color: #1f2937; font-weight: 600; cursor: pointer; }
  button:focus-visible { outline: 2px solid #93c5fd; outline-offset: 2px; }
`

export class Banner {
  #host = null

  /** Show what Deskhand does here. `giveBack`: called when the person wants the tab. */
  show(document, text, giveBack) {
    this.hide()
    this.#host = document.createElement('deskhand-banner')
    const root = this.#host.attachShadow({mode: 'closed'})
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    const box = document.createElement('div')
    const button = document.createElement('button')
    button.textContent = 'Give me the tab back'
    button.addEventListener('click', (event) => event.isTrusted && giveBack())
    box.append(Object.assign(document.createElement('span'), {textContent: text}), button)
    root.append(box)
    document.documentElement.append(this.#host)
  }

  hide() {
    this.#host?.remove()
    this.#host = null
  }
}

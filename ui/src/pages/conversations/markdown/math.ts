/** Math as MathML elements. The typesetter is loaded with the first formula. */
const LONGEST = 20_000 // characters

/** Attachment that replaces the text of an element by the formula; the text stays if it is no valid TeX. */
export const typeset = (tex: string, display: boolean) => (element: HTMLElement): (() => void) => {
  let current = true
  if (tex.length < LONGEST) {
    void import('temml').then(({ default: temml }) => {
      if (!current) return
      try {
        temml.render(tex, element, { displayMode: display, throwOnError: true, annotate: false, trust: false, maxExpand: 500, maxSize: [40, 40] })
      } catch { element.textContent = tex }
    })
  }
  if (!display) return () => { current = false }
  const watcher = new ResizeObserver(() => { // what scrolls must be reached by keyboard
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0
    else element.removeAttribute('tabindex')
  })
  watcher.observe(element)
  return () => { current = false; watcher.disconnect() }
}

import { tick } from 'svelte'

/** Whether nothing has the keyboard, as after the element that had it was removed or moved. */
export const isUnfocused = (): boolean => document.activeElement === document.body

/** Runs `refocus` if a change takes the keyboard away from a container. Call it in an `$effect.pre` that reads what changes. */
export function keepFocus(container: HTMLElement | undefined, refocus: () => void): void {
  if (container?.contains(document.activeElement)) void tick().then(() => { if (isUnfocused()) refocus() })
}

const PLACES = 'li, article, section, form, fieldset, table, main, [role=group], [role=region], [role=dialog]'

/** Gives the keyboard to the place around the element that had it, once that is removed or disabled.
 * A place does nothing by itself; the next button might. Returns the stop function. */
export function keepFocusNear(): () => void {
  const stopping = new AbortController()
  let had: Element | null = null
  let places: HTMLElement[] = [] // around it, the innermost first
  let byKeyboard = false

  function note(): void {
    had = document.activeElement
    places = []
    for (let place = had?.parentElement?.closest<HTMLElement>(PLACES); place; place = place.parentElement?.closest<HTMLElement>(PLACES)) places.push(place)
  }
  const isLost = (): boolean => byKeyboard && had !== null && (!had.isConnected || had.matches(':disabled'))
  function restore(): void {
    const place = isLost() && isUnfocused() ? places.find(({ isConnected }) => isConnected) ?? document.querySelector('main') : undefined
    if (!place) return
    if (!place.hasAttribute('tabindex')) place.tabIndex = -1
    place.focus({ preventScroll: true })
  }
  // Two frames later: by then a disabled element has lost it, and a dialog or a list that keeps it has given it to another.
  const watcher = new MutationObserver(() => { if (isLost()) requestAnimationFrame(() => requestAnimationFrame(restore)) })

  const options = { capture: true, signal: stopping.signal }
  addEventListener('keydown', () => { byKeyboard = true; note() }, options)
  addEventListener('pointerdown', () => { byKeyboard = false }, options)
  addEventListener('focusin', note, options)
  watcher.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] })
  return () => { stopping.abort(); watcher.disconnect() }
}

import { tick } from 'svelte'

/** Whether nothing has the keyboard, as after the element that had it was removed or moved. */
export const isUnfocused = (): boolean => document.activeElement === document.body

/** Runs `refocus` if a change takes the keyboard away from a container. Call it in an `$effect.pre` that reads what changes. */
export function keepFocus(container: HTMLElement | undefined, refocus: () => void): void {
  if (container?.contains(document.activeElement)) void tick().then(() => { if (isUnfocused()) refocus() })
}

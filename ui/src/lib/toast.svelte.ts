/** Toast: one sentence at the lower edge, announced by screen readers, with Undo where there is an inverse. */
import { texts } from '../texts/common'

const READING_MS = 3500
const UNDO_MS = 10_000
export const toast = $state<{ text: string; undo: (() => unknown) | undefined }>({ text: '', undo: undefined })
let ending: ReturnType<typeof setTimeout> | undefined

export function showToast(text: string, undo?: () => unknown): void {
  clearTimeout(ending)
  Object.assign(toast, { text, undo })
  ending = setTimeout(end, undo ? UNDO_MS : READING_MS)
}

/** Hides it, but not under the pointer or the keyboard that is about to press Undo. */
function end(): void {
  if (document.querySelector('.toast :is(:hover, :focus)')) ending = setTimeout(end, READING_MS)
  else hideToast()
}

export function hideToast(): void { Object.assign(toast, { text: '', undo: undefined }) }

/** Copies a text and shows a toast. */
export async function copy(text: string, what = texts.copied): Promise<void> {
  await navigator.clipboard.writeText(text)
  showToast(what)
}

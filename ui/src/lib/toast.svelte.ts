/** Toast: one sentence at the lower edge, announced by screen readers. */
const READING_MS = 3500
export const toast = $state({ text: '' })
let ending: ReturnType<typeof setTimeout> | undefined

export function showToast(text: string): void {
  clearTimeout(ending)
  toast.text = text
  ending = setTimeout(() => (toast.text = ''), READING_MS)
}

/** Copies a text and shows a toast. */
export async function copy(text: string, what = 'Copied'): Promise<void> {
  await navigator.clipboard.writeText(text)
  showToast(what)
}

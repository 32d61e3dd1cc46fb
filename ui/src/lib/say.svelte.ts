/** One sentence at the lower edge, for as long as it takes to read; screen readers say it too. */
const READING_MS = 3500
export const said = $state({ text: '' })
let ending: ReturnType<typeof setTimeout> | undefined

export function say(text: string): void {
  clearTimeout(ending)
  said.text = text
  ending = setTimeout(() => (said.text = ''), READING_MS)
}

/** Copies, and says so. */
export async function copy(text: string, what = 'Copied'): Promise<void> {
  await navigator.clipboard.writeText(text)
  say(what)
}

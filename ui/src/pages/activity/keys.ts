/** Keyboard navigation of the activity feed: j and k, or the arrow keys on a focused row; with a call open they move to the next one. A slash focuses the search. */
const TYPING = 'input, textarea, select, [role="menu"], [role="listbox"], [role="radio"]'

export function handleKey(event: KeyboardEvent, open: number | null, show: (id: number) => void): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
  const at = event.target as HTMLElement
  const arrow = event.key === 'ArrowDown' || event.key === 'ArrowUp'
  if (at.closest(TYPING) || (arrow && !at.closest('.feed'))) return
  if (event.key === '/' && open === null) {
    event.preventDefault()
    return document.querySelector<HTMLElement>('search input[type="search"]')?.focus()
  }
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const lines = [...document.querySelectorAll<HTMLElement>('.feed [data-call]')]
  const now = lines.findIndex((line) => (open === null ? line.contains(document.activeElement) : line.dataset['call'] === String(open)))
  const next = lines[now === -1 ? 0 : now + step]
  if (!next) return
  event.preventDefault()
  if (open !== null) return show(Number(next.dataset['call']))
  next.querySelector('a')?.focus()
}

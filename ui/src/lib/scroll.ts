/** Centers an element that is not in view; whatever loads above it must not push it out again. */
export function bringIntoView(element: HTMLElement | undefined): void {
  if (!element) return
  const { top, bottom } = element.getBoundingClientRect()
  if (top < 0 || bottom > innerHeight) element.scrollIntoView({ block: 'center' })
}

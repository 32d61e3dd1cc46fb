/** Texts of Undo, and of what to know before a program is added. */
export const texts = {
  undo: 'Undo',
  undone: 'Undone.',
  riskyTitle: (program: string): string => `Add ${program}?`,
  riskyAction: 'Add anyway',
  searching: 'Searching…',
}

/** Texts of the permission presets. */
export const texts = {
  label: 'Permissions',
  choose: 'Let me choose',
  explainChoose: 'Choose for each action: allow it, be asked every time, or block it. A blocked action is hidden completely.',
  without: (actions: string): string => `Without asking you: ${actions}. This covers every later request, not only the next one.`,
}

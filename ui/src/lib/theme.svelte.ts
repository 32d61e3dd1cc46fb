/** The look: the system's, or the one the person chose; Deskhand keeps the choice, for this address is another one at every start. */
import { ask, local, type Look } from './local'

export type Theme = NonNullable<Look['theme']>
export const theme = $state<{ chosen: Theme }>({ chosen: 'system' })

/** Shows a look without keeping it. */
export function show(chosen: Theme): void {
  theme.chosen = chosen
  if (chosen === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
}

/** Shows a look and keeps it. */
export async function choose(chosen: Theme): Promise<void> {
  show(chosen)
  await ask(local.PUT('/api/look', { body: { theme: chosen } }))
}

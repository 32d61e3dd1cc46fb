/** Theme: the system's or the chosen one. The server stores it, because the origin of this page changes with every start. */
import { unwrap, api, type Look } from './api'

export type Theme = NonNullable<Look['theme']>
export const theme = $state<{ chosen: Theme }>({ chosen: 'system' })

/** Applies a theme without storing it. */
export function show(chosen: Theme): void {
  theme.chosen = chosen
  if (chosen === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
}

/** Applies and stores a theme. */
export async function choose(chosen: Theme): Promise<void> {
  show(chosen)
  await unwrap(api.PUT('/api/look', { body: { theme: chosen } }))
}

/** Space for a list and its details side by side. In em: it follows the person's font size. */
import { MediaQuery } from 'svelte/reactivity'

export const wide = new MediaQuery('min-width: 80em')

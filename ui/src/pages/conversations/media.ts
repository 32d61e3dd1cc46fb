/** Space for the list beside the reader. In em: it follows the person's font size. */
import { MediaQuery } from 'svelte/reactivity'

export const twoColumns = new MediaQuery('min-width: 60em')

/** Texts of the search over everything. */
import { LANGUAGE } from './common'

const whole = new Intl.NumberFormat(LANGUAGE)

export const texts = {
  title: 'Search conversations, OMI and email',
  placeholder: 'Search conversations, OMI and email',
  close: 'Close search',
  results: 'Results',
  groups: { chats: 'Conversations', omi: 'OMI', mail: 'Email' },
  searching: 'Searching…',
  searchingMail: 'Searching email…',
  none: 'No results',
  noneHint: 'Try fewer or other words.',
  count: (count: number, more: boolean) => (count === 0 ? 'No results' : count === 1 && !more ? '1 result' : `${whole.format(count)}${more ? ' or more' : ''} results`),
  more: 'Show more conversations',
  untitled: 'Untitled conversation',
  roles: { user: 'You', assistant: 'Assistant', tool: 'Tool', system: 'Instructions' } as Record<string, string>,
  help: 'Search tips',
  tips: [
    { example: '"exact words"', text: 'a phrase' },
    { example: 'invoic*', text: 'words that begin so' },
    { example: '-draft', text: 'without a word' },
    { example: 'role:user', text: 'only your messages (or assistant)' },
    { example: 'project:Thesis', text: 'in a project' },
    { example: 'date:2026-05', text: 'a day, month or year, or 2025..2026' },
    { example: 'after:2026-01-31', text: 'since a date (or before:)' },
    { example: 'title:lisbon', text: 'in titles only' },
    { example: 'source:chatgpt', text: 'imported history only (or openai, api, omi)' },
  ],
  keys: [{ keys: ['↑', '↓'], text: 'select' }, { keys: ['↵'], text: 'open' }, { keys: ['Esc'], text: 'close' }],
}

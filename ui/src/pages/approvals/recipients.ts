/** Recipients of a mail: the address counts, whatever the display name. */

export interface Recipient {
  name: string
  address: string
  /** Warning about a deceptive name or address. */
  warning: string | null
}

const ADDRESS = /^[^\s@<>,]+@[^\s@<>,]+$/

/** Parses "Ann <ann@example.com>, bob@example.com". `reached`: the known recipients; empty if unknown. */
export function parseRecipients(value: string, reached: readonly string[]): Recipient[] {
  const known = new Set(reached.map((address) => address.toLowerCase()))
  const stands = (word: string) => ADDRESS.test(word) && (!known.size || known.has(word.toLowerCase()))
  const recipients: Recipient[] = []
  let at = 0
  for (const match of value.matchAll(/<([^<>]*)>/g)) {
    const words = value.slice(at, match.index).split(',').map((word) => word.trim())
    if (at && !words[0]) words.shift() // the comma after the previous recipient
    while (words.length > 1 && stands(words[0]!)) recipients.push(describe('', words.shift()!))
    recipients.push(describe(words.join(', '), match[1]!.trim()))
    at = match.index + match[0].length
  }
  const rest = value.slice(at).split(',').map((word) => word.trim()).filter(Boolean)
  return [...recipients, ...rest.map((word) => (stands(word) ? describe('', word) : describe(word, '')))]
}

function describe(name: string, address: string): Recipient {
  return { name, address, warning: checkName(name) ?? checkLetters(address) }
}

const checkName = (name: string): string | null =>
  name.includes('@') || name.includes('＠') ? 'This name looks like an address. The mail does not go there.' : null

/** Warns of homographs: a domain in another alphabet can look like a known one. */
function checkLetters(address: string): string | null {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  if (/^[\x00-\x7f]*$/.test(domain)) return /^[\x00-\x7f]*$/.test(address) ? null : 'This address has letters of another alphabet.'
  try {
    return `This address has letters of another alphabet. Computers write it ${new URL(`http://${domain}`).hostname}.`
  } catch { return 'This address has letters of another alphabet.' }
}

/** Returns true if the lines name exactly the reached addresses without a warning. */
export function isPlain(lines: readonly string[], reached: readonly string[]): boolean {
  const people = lines.flatMap((line) => parseRecipients(line, reached))
  const shown = new Set(people.map(({ address }) => address.toLowerCase()))
  return people.every(({ warning, address }) => !warning && address) && reached.every((address) => shown.has(address.toLowerCase())) && shown.size === new Set(reached.map((address) => address.toLowerCase())).size
}

/** Who gets a mail, as the person has to see it: the address counts, whatever name stands before it. */

export interface Addressee {
  name: string
  address: string
  /** What about it may deceive, in a sentence. */
  doubt: string | null
}

const ADDRESS = /^[^\s@<>,]+@[^\s@<>,]+$/

/** Reads "Ann <ann@example.com>, bob@example.com". `reached`: the addresses that are known to be reached; none: it is not known. */
export function readPeople(value: string, reached: readonly string[]): Addressee[] {
  const known = new Set(reached.map((one) => one.toLowerCase()))
  const stands = (word: string) => ADDRESS.test(word) && (!known.size || known.has(word.toLowerCase()))
  const found: Addressee[] = []
  let at = 0
  for (const match of value.matchAll(/<([^<>]*)>/g)) {
    const words = value.slice(at, match.index).split(',').map((word) => word.trim())
    if (at && !words[0]) words.shift() // the comma after the one before
    while (words.length > 1 && stands(words[0]!)) found.push(describe('', words.shift()!))
    found.push(describe(words.join(', '), match[1]!.trim()))
    at = match.index + match[0].length
  }
  const rest = value.slice(at).split(',').map((word) => word.trim()).filter(Boolean)
  return [...found, ...rest.map((word) => (stands(word) ? describe('', word) : describe(word, '')))]
}

function describe(name: string, address: string): Addressee {
  return { name, address, doubt: doubtName(name) ?? doubtLetters(address) }
}

const doubtName = (name: string): string | null =>
  name.includes('@') || name.includes('＠') ? 'This name looks like an address. The mail does not go there.' : null

/** A domain in letters of another alphabet can look like one that is known. */
function doubtLetters(address: string): string | null {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(domain)) return /^[\x00-\x7f]*$/.test(address) ? null : 'This address has letters of another alphabet.'
  try {
    return `This address has letters of another alphabet. Computers write it ${new URL(`http://${domain}`).hostname}.`
  } catch { return 'This address has letters of another alphabet.' }
}

/** Whether the lines say exactly whom it reaches, and nothing in them may deceive. */
export function isPlain(lines: readonly string[], reached: readonly string[]): boolean {
  const people = lines.flatMap((line) => readPeople(line, reached))
  const said = new Set(people.map(({ address }) => address.toLowerCase()))
  return people.every(({ doubt, address }) => !doubt && address) && reached.every((one) => said.has(one.toLowerCase())) && said.size === new Set(reached.map((one) => one.toLowerCase())).size
}

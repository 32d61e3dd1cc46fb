import { makeVisible } from '../../lib/visible'
import { texts } from '../../texts/approvals'

/** Recipients of a mail: the address counts, whatever the display name. */

export interface Recipient {
  name: string
  address: string
  /** Everything deceptive about the name or the address. */
  warnings: string[]
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
  const shown = toAscii(address)
  const warnings = [
    /[@＠﹫]/.test(name) && texts.warnings.nameIsAddress,
    makeVisible(name + address) !== name + address && texts.warnings.invisible,
    !isAscii(shown) && texts.warnings.address,
    /@(.*\.)?xn--/i.test(shown) && texts.warnings.domain,
  ]
  return { name, address: shown, warnings: warnings.filter((warning) => warning !== false) }
}

const isAscii = (text: string): boolean => /^\p{ASCII}*$/u.test(text)

/** Writes the domain as punycode, which looks like no other domain. */
function toAscii(address: string): string {
  const at = address.lastIndexOf('@') + 1
  if (isAscii(address.slice(at))) return address
  try {
    return address.slice(0, at) + new URL(`http://${address.slice(at)}`).hostname
  } catch { return address }
}

/** Returns true if the lines name exactly the reached addresses without a warning. */
export function isPlain(lines: readonly string[], reached: readonly string[]): boolean {
  const people = lines.flatMap((line) => parseRecipients(line, reached))
  const shown = new Set(people.map(({ address }) => address.toLowerCase()))
  const wanted = new Set(reached.map((address) => toAscii(address).toLowerCase()))
  return people.every(({ warnings, address }) => !warnings.length && address) && [...wanted].every((address) => shown.has(address)) && shown.size === wanted.size
}

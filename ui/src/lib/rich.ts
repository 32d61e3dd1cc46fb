/** Marks in the texts of the catalogues: **bold**, `code` and [link]. */
export interface RichPart { kind: 'plain' | 'bold' | 'code' | 'link'; text: string; href: string }

const MARKS = /(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\])/
const KINDS = { '*': 'bold', '`': 'code', '[': 'link' } as const

/** Splits a text at its marks. `links`: addresses of its links, in order. */
export function splitRich(text: string, links: readonly string[]): RichPart[] {
  const left = [...links]
  return text.split(MARKS).filter(Boolean).map((part) => {
    if (!MARKS.test(part)) return { kind: 'plain', text: part, href: '' }
    const kind = KINDS[part[0] as keyof typeof KINDS]
    return { kind, text: part.replace(/^(\*\*|`|\[)|(\*\*|`|\])$/g, ''), href: kind === 'link' ? left.shift() ?? '' : '' }
  })
}

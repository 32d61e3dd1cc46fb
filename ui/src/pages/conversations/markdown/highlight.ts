/** Syntax highlighting as a tree of names and texts. Grammars are loaded with the first code. */
import type { Root, RootContent } from 'hast'

const LONGEST = 50_000 // characters; longer code is shown plain
export type Piece = { text: string; kind: string }
let loading: Promise<(language: string, code: string) => Piece[] | undefined> | undefined

function flatten(nodes: Root['children'] | RootContent[], kind: string): Piece[] {
  return nodes.flatMap((node) => {
    if (node.type === 'text') return [{ text: node.value, kind }]
    if (node.type !== 'element') return []
    const [name] = node.properties['className'] as string[]
    return flatten(node.children, name?.replace('hljs-', '') ?? kind)
  })
}

async function load() {
  const { common, createLowlight } = await import('lowlight')
  const lowlight = createLowlight(common)
  return (language: string, code: string) => (lowlight.registered(language) ? flatten(lowlight.highlight(language, code).children, '') : undefined)
}

/** Pieces of a code, each with its kind; undefined if its language is not known. */
export async function highlight(language: string, code: string): Promise<Piece[] | undefined> {
  if (!language || code.length > LONGEST) return undefined
  loading ??= load()
  return (await loading)(language.toLowerCase(), code)
}

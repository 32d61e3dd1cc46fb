/** Configuration of a server as the form describes it, in the format that every MCP client writes. */
import { texts } from '../../texts/tools'

export interface Pair { name: string; value: string }

export interface ServerForm {
  name: string
  kind: 'local' | 'remote'
  command: string
  args: string
  folder: string
  url: string
  transport: 'http' | 'sse'
  environment: Pair[]
  headers: Pair[]
}

function readPairs(pairs: readonly Pair[]): { values: Record<string, string>; error: string } {
  const used = pairs.map(({ name, value }) => ({ name: name.trim(), value })).filter(({ name, value }) => name || value)
  const names = used.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  const error = names.includes('') ? texts.addServer.needName : twice ? texts.addServer.nameTwice(twice) : ''
  return { values: Object.fromEntries(used.map(({ name, value }) => [name, value])), error }
}

/** The configuration, or errors by field. */
export function writeConfig(form: ServerForm): { config: string; errors: Record<string, string> } {
  const words = texts.addServer
  const local = form.kind === 'local'
  const environment = readPairs(form.environment)
  const headers = readPairs(form.headers)
  const problems: [string, string][] = [
    ['name', form.name.trim() ? '' : words.needName],
    ...(local
      ? [['command', form.command.trim() ? '' : words.needCommand], ['environment', environment.error]] as [string, string][]
      : [['url', form.url.trim() ? '' : words.needUrl], ['headers', headers.error]] as [string, string][]),
  ]
  const args = form.args.split('\n').filter((line) => line !== '')
  const [program = '', ...words_] = splitCommand(form.command)
  const entry = local
    ? { type: 'stdio', command: program, args: [...words_, ...args], ...(form.folder.trim() ? { cwd: form.folder.trim() } : {}), env: environment.values }
    : { type: form.transport, url: form.url.trim(), headers: headers.values }
  return { config: JSON.stringify({ mcpServers: { [form.name.trim()]: entry } }), errors: Object.fromEntries(problems.filter(([, error]) => error)) }
}

/** Words of a command as a shell splits them, with quotation marks; a path of Windows keeps its backslashes. */
export function splitCommand(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single ?? ''))
}

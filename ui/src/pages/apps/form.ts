/** Conversion of an app entry to form fields and back; fields without a control are preserved. */
import type { Action, Entry, OwnList } from '../../lib/api'
import { texts } from '../../texts/apps'

export type System = OwnList['system']
type Place = { path?: string | null; desktop?: string | null; flatpak?: string | null; bundle?: string | null; uri?: string | null; aumid?: string | null; args?: string[] | null }

const KINDS = ['desktop', 'flatpak', 'bundle', 'uri', 'aumid'] as const
const OWN_KINDS = { linux: ['flatpak'], macos: ['bundle'], windows: ['uri', 'aumid'] } as const

/** Non-empty lines. */
export const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean)
export const words = (text: string): string[] => text.split(',').map((word) => word.trim()).filter(Boolean)

/** Candidate location of a program as a line: "gedit", "org.gnome.TextEditor.desktop", "flatpak org.gnome.TextEditor". */
export function showPlace(place: Place): string {
  if (place.path) return place.path
  const kind = KINDS.find((name) => place[name])
  if (!kind) return ''
  return kind === 'desktop' ? place.desktop! : `${kind} ${place[kind]}`
}

export function readPlace(line: string, system: System): Place {
  const [first, ...rest] = line.split(' ')
  const kind = OWN_KINDS[system].find((name) => name === first)
  if (kind && rest.length === 1) return { [kind]: rest[0]! }
  if (system === 'linux' && line.endsWith('.desktop') && !line.includes('/')) return { desktop: line }
  return { path: line }
}

export interface Form {
  name: string
  aliases: string
  places: string
  args: string
  cwd: string
  actions: Record<Action, boolean>
  files: string
  addresses: string
  onlyOurs: boolean
  graceful: boolean
  seconds: string
  once: boolean
}

export const ACTIONS: readonly Action[] = ['start', 'stop', 'restart', 'open']

export function fillForm(entry: Entry, system: System): Form {
  const allowed = entry.allow ?? ACTIONS
  return {
    name: entry.name ?? '',
    aliases: (entry.aliases ?? []).join(', '),
    places: (entry.platforms?.[system] ?? []).map(showPlace).join('\n'),
    args: (entry.args ?? []).join('\n'),
    cwd: entry.cwd ?? '',
    actions: Object.fromEntries(ACTIONS.map((action) => [action, allowed.includes(action)])) as Form['actions'],
    files: (entry.open?.files ?? []).join('\n'),
    addresses: (entry.open?.addresses ?? []).join('\n'),
    onlyOurs: entry.stop?.only_ours ?? true,
    graceful: (entry.stop?.method ?? 'graceful') === 'graceful',
    seconds: String(entry.stop?.timeout_s ?? 5),
    once: entry.single_instance ?? true,
  }
}

/** Entry with the form's values. Argument lines are passed verbatim, blanks included. */
export function readForm(form: Form, entry: Entry, system: System): Entry {
  const before = new Map((entry.platforms?.[system] ?? []).map((place) => [showPlace(place), place as Place]))
  const places = lines(form.places).map((line) => before.get(line) ?? readPlace(line, system))
  const allowed = ACTIONS.filter((action) => form.actions[action])
  return {
    ...entry,
    name: form.name.trim() || null,
    aliases: words(form.aliases),
    platforms: { ...entry.platforms, [system]: places },
    args: form.args.split('\n').filter((line) => line !== ''),
    cwd: form.cwd.trim() || null,
    allow: allowed.length === ACTIONS.length ? null : allowed,
    open: { files: lines(form.files), addresses: lines(form.addresses) },
    stop: { method: form.graceful ? 'graceful' : 'kill', timeout_s: Number(form.seconds), only_ours: form.onlyOurs },
    single_instance: form.once,
  }
}

/** Parts of an entry without a form control. */
export function listFurther(entry: Entry): string[] {
  const { exe = [], process_name: names = [], cmdline = [], own = true } = entry.match ?? {}
  return [
    Object.keys(entry.presets ?? {}).length ? texts.form.presets : '',
    Object.keys(entry.env ?? {}).length ? texts.form.variables : '',
    exe.length || names.length || cmdline.length || !own ? texts.form.processes : '',
  ].filter(Boolean)
}

/** Field errors parsed from the API's message, such as "open.files.1: Value error, write the whole path". */
export function sortErrors(sentence: string, system: System): { fields: Record<string, string>; rest: string } {
  const [, message] = /^The request does not fit\. (.*)\.$/s.exec(sentence) ?? []
  if (!message) return { fields: {}, rest: sentence }
  const fields: Record<string, string> = {}
  const others: string[] = []
  for (const part of message.split('; ')) {
    const [, place = '', words = part] = /^([\w.\[\]-]+): (?:Value error, )?(.*)$/s.exec(part) ?? []
    const known = [...PLACES, `platforms.${system}`].find((name) => place === name || place.startsWith(`${name}.`))
    if (!known) { others.push(words); continue }
    const number = /^\d+/.exec(place.slice(known.length + 1))
    const text = `${words[0]!.toUpperCase()}${words.slice(1)}.`
    fields[known.startsWith('platforms') ? 'places' : known] ??= number && Number(number[0]) ? texts.form.errorLine(Number(number[0]) + 1, words) : text
  }
  return { fields, rest: others.join(' ') }
}
const PLACES = ['name', 'aliases', 'args', 'cwd', 'open.files', 'open.addresses', 'stop.timeout_s']

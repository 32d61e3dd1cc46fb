/** Form of a tool's arguments, made from its JSON Schema; what has no control is written as JSON. The server validates. */
import { makeVisible } from '../../lib/visible'
import { texts } from '../../texts/tools'

type Schema = Record<string, unknown>
export type Kind = 'text' | 'long' | 'number' | 'integer' | 'boolean' | 'choice' | 'lines' | 'json' | 'group'

export interface SchemaField {
  /** Names from the outermost object, as JSON: the key of its draft. */
  key: string
  name: string
  label: string
  hint: string
  kind: Kind
  required: boolean
  /** Values of a choice as JSON. */
  choices: { value: string; label: string }[]
  /** Type of the items of `lines`. */
  items: 'string' | 'number' | 'integer'
  fields: SchemaField[]
  draft: string
}
export type Drafts = Record<string, string>
export type Errors = Record<string, string>

const DEEPEST = 3
const MOST_CHOICES = 200
const MOST_FIELDS = 100
const LONG = 120 // characters, from which a text gets several lines
const LONG_NAMES = /^(body|content|text|description|message|query|sql|code|script|prompt|markdown|html)$/i
const HINT = 400

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)

/** Schema without null: a field that is not filled in is left out. */
function withoutNull(schema: Schema): Schema {
  const branches = [schema['anyOf'], schema['oneOf']].find(Array.isArray) as unknown[] | undefined
  const others = branches?.filter((branch) => isSchema(branch) && branch['type'] !== 'null') ?? []
  const only = others.length === 1 && others[0]
  const { anyOf: _any, oneOf: _one, ...rest } = schema
  const result = only && isSchema(only) ? { ...rest, ...only } : schema
  const types = result['type']
  if (!Array.isArray(types)) return result
  const named = types.filter((type) => type !== 'null')
  return { ...result, type: named.length === 1 ? named[0] : types }
}

function listChoices(schema: Schema): unknown[] | undefined {
  const values = 'const' in schema ? [schema['const']] : schema['enum']
  return Array.isArray(values) && values.length && values.length <= MOST_CHOICES && values.every(isScalar) ? values : undefined
}

function kindOf(name: string, schema: Schema, depth: number): Kind {
  if (listChoices(schema)) return 'choice'
  const { type, items, maxLength } = schema
  if (type === 'string') return LONG_NAMES.test(name) || (typeof maxLength === 'number' && maxLength > LONG && maxLength < 1e6) ? 'long' : 'text'
  if (type === 'number' || type === 'integer' || type === 'boolean') return type
  if (type === 'object' && isSchema(schema['properties']) && Object.keys(schema['properties']).length && depth < DEEPEST) return 'group'
  const item = isSchema(items) ? withoutNull(items) : undefined
  if (type === 'array' && item && !listChoices(item) && ['string', 'number', 'integer'].includes(String(item['type']))) return 'lines'
  return 'json'
}

function describe(kind: Kind, schema: Schema): string {
  const text = typeof schema['description'] === 'string' ? makeVisible(schema['description'], true) : ''
  const hint = text.length > HINT ? `${text.slice(0, HINT)}…` : text
  return [hint, kind === 'lines' ? texts.trial.onePerLine : '', kind === 'json' ? texts.trial.asJson : ''].filter(Boolean).join(' ')
}

function writeDraft(kind: Kind, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (kind === 'choice' || kind === 'json' || kind === 'boolean') return JSON.stringify(value, null, kind === 'json' ? 2 : 0)
  if (kind === 'lines') return Array.isArray(value) ? value.map(String).join('\n') : ''
  return kind === 'group' ? '' : String(value)
}

/** Fields of an object's schema. */
export function makeFields(schema: unknown, path: readonly string[] = []): SchemaField[] {
  if (!isSchema(schema) || !isSchema(schema['properties'])) return []
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(schema['properties']).slice(0, MOST_FIELDS).map(([name, raw]) => {
    const property = withoutNull(isSchema(raw) ? raw : {})
    const kind = kindOf(name, property, path.length)
    const own = [...path, name]
    const items = isSchema(property['items']) ? withoutNull(property['items'])['type'] : 'string'
    return {
      key: JSON.stringify(own),
      name,
      label: makeVisible(name),
      hint: describe(kind, property),
      kind,
      required: required.includes(name),
      choices: kind === 'choice' ? listChoices(property)!.map((value) => ({ value: JSON.stringify(value), label: makeVisible(String(value)) })) : [],
      items: items === 'number' || items === 'integer' ? items : 'string',
      fields: kind === 'group' ? makeFields(property, own) : [],
      draft: writeDraft(kind, property['default']),
    }
  })
}

/** Drafts of all fields as the schema has them. */
export const startDrafts = (fields: readonly SchemaField[]): Drafts =>
  Object.assign({}, ...fields.map((field) => ({ [field.key]: field.draft, ...startDrafts(field.fields) })))

const asNumber = (text: string, kind: string): number => (kind === 'integer' && !/^[+-]?\d+$/.test(text) ? NaN : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN)

function readField(field: SchemaField, drafts: Drafts, errors: Errors): unknown {
  const draft = drafts[field.key] ?? ''
  const fail = (text: string) => { errors[field.key] = text; return undefined }
  if (field.kind === 'group') {
    const inner: Errors = {}
    const value = readObject(field.fields, drafts, inner)
    if (!field.required && !Object.keys(value).length) return undefined // an optional object that is left empty needs nothing
    Object.assign(errors, inner)
    return value
  }
  if (!draft.trim()) {
    if (!field.required) return undefined
    return field.kind === 'text' || field.kind === 'long' ? (draft || fail(texts.trial.required)) : field.kind === 'lines' ? [] : fail(texts.trial.required)
  }
  if (field.kind === 'text' || field.kind === 'long') return draft
  if (field.kind === 'number' || field.kind === 'integer') {
    const number = asNumber(draft.trim(), field.kind)
    return Number.isNaN(number) ? fail(field.kind === 'integer' ? texts.trial.integer : texts.trial.number) : number
  }
  if (field.kind === 'lines') {
    const lines = draft.split('\n').filter((line) => line.trim())
    if (field.items === 'string') return lines
    const numbers = lines.map((line) => asNumber(line.trim(), field.items))
    return numbers.some(Number.isNaN) ? fail(field.items === 'integer' ? texts.trial.integer : texts.trial.number) : numbers
  }
  try { return JSON.parse(draft) as unknown } catch { return fail(texts.trial.invalidJson) }
}

function readObject(fields: readonly SchemaField[], drafts: Drafts, errors: Errors): Record<string, unknown> {
  const entries = fields.map((field) => [field.name, readField(field, drafts, errors)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** Arguments of the drafts; errors by key of their fields. */
export function readArguments(fields: readonly SchemaField[], drafts: Drafts): { values: Record<string, unknown>; errors: Errors } {
  const errors: Errors = {}
  const values = readObject(fields, drafts, errors)
  return { values, errors }
}

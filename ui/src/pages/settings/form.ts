/** A section's JSON schema, as the fields of a form. */
import type { SectionView } from '../../lib/local'

export type Value = string | number | boolean | string[] | null
export interface FormField {
  /** Where it stands: ["frame", "width"]. */
  path: string[]
  kind: 'text' | 'integer' | 'number' | 'switch' | 'choice' | 'list'
  title: string
  text: string
  unit: string
  least?: number
  most?: number
  longest?: number
  choices: { value: string; label: string }[]
}
interface Schema {
  type?: string
  title?: string
  description?: string
  unit?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  enum?: unknown[]
  labels?: Record<string, string>
  properties?: Record<string, Schema>
  anyOf?: Schema[]
}

/** The fields in their order; those inside of others stand among the others. */
export function listFields(schema: unknown, path: string[] = []): FormField[] {
  return Object.entries((schema as Schema).properties ?? {}).flatMap(([name, field]) => {
    const here = [...path, name]
    if (field.properties) return listFields(field, here)
    return [describe({ ...field, ...field.anyOf?.find(({ type }) => type !== 'null') }, here)]
  })
}

function describe(field: Schema, path: string[]): FormField {
  const kinds: Record<string, FormField['kind']> = { integer: 'integer', number: 'number', boolean: 'switch', array: 'list' }
  const choices = (field.enum ?? []).map((value) => ({ value: String(value), label: field.labels?.[String(value)] ?? sayChoice(String(value)) }))
  return {
    path,
    kind: field.enum ? 'choice' : (kinds[field.type ?? ''] ?? 'text'),
    title: field.title ?? path.at(-1)!,
    text: field.description ?? '',
    unit: field.unit ?? '',
    choices,
    ...(field.minimum !== undefined && { least: field.minimum }),
    ...(field.maximum !== undefined && { most: field.maximum }),
    ...(field.maxLength !== undefined && { longest: field.maxLength }),
  }
}

const sayChoice = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1).replaceAll('_', ' ')

/** "1 to 365 days": what may be entered. */
export function sayLimits({ least, most, unit }: FormField): string {
  if (most === undefined) return unit
  const range = least === undefined || (least > 0 && least < 1) ? `at most ${most}` : `${least} to ${most}`
  return `${range} ${unit}`.trim()
}

/** A value by where it stands. */
export function get(values: SectionView['values'], path: readonly string[]): Value {
  return path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], values) as Value
}

/** As a text field shows it. */
export const toText = (value: Value): string => (Array.isArray(value) ? value.join('\n') : value === null ? '' : String(value))

/** As it is sent; what is no number is sent as it was typed, and Deskhand says what is wrong with it. */
export function fromText(field: FormField, text: string): Value {
  const plain = text.trim()
  if (field.kind === 'list') return text.split('\n').map((line) => line.trim()).filter(Boolean)
  if (field.kind === 'text' || field.kind === 'choice') return plain
  return plain !== '' && Number.isFinite(Number(plain)) ? Number(plain) : plain
}

/** Values by where they stand: {frame: {width: 3}}. */
export function build(parts: readonly (readonly [readonly string[], Value])[]): Record<string, unknown> {
  const built: Record<string, unknown> = {}
  for (const [path, value] of parts) {
    const inner = path.slice(0, -1).reduce<Record<string, unknown>>((at, name) => (at[name] ??= {}) as Record<string, unknown>, built)
    inner[path.at(-1)!] = value
  }
  return built
}

/** Form fields of a section's JSON schema. */
import type { SectionView } from '../../lib/api'
import { texts } from '../../texts/settings'

export type Value = string | number | boolean | string[] | null
export interface FormField {
  /** Path: ["frame", "width"]. */
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

/** Fields in order, nested ones flattened. */
export function listFields(schema: unknown, path: string[] = []): FormField[] {
  return Object.entries((schema as Schema).properties ?? {}).flatMap(([name, field]) => {
    const here = [...path, name]
    if (field.properties) return listFields(field, here)
    return [describe({ ...field, ...field.anyOf?.find(({ type }) => type !== 'null') }, here)]
  })
}

function describe(field: Schema, path: string[]): FormField {
  const kinds: Record<string, FormField['kind']> = { integer: 'integer', number: 'number', boolean: 'switch', array: 'list' }
  const choices = (field.enum ?? []).map((value) => ({ value: String(value), label: field.labels?.[String(value)] ?? formatChoice(String(value)) }))
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

const formatChoice = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1).replaceAll('_', ' ')

/** Limits, such as "1 to 365 days". */
export function formatLimits({ least, most, unit }: FormField): string {
  if (most === undefined) return unit
  const range = least === undefined || (least > 0 && least < 1) ? texts.form.atMost(most) : texts.form.range(least, most)
  return `${range} ${unit}`.trim()
}

/** Value at a path. */
export function get(values: SectionView['values'], path: readonly string[]): Value {
  return path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], values) as Value
}

/** Text of a value. */
export const toText = (value: Value): string => (Array.isArray(value) ? value.join('\n') : value === null ? '' : String(value))

/** Value to send; an invalid number is sent as typed, and the server reports the error. */
export function fromText(field: FormField, text: string): Value {
  const plain = text.trim()
  if (field.kind === 'list') return text.split('\n').map((line) => line.trim()).filter(Boolean)
  if (field.kind === 'text' || field.kind === 'choice') return plain
  return plain !== '' && Number.isFinite(Number(plain)) ? Number(plain) : plain
}

/** Nested object of values by path: {frame: {width: 3}}. */
export function build(parts: readonly (readonly [readonly string[], Value])[]): Record<string, unknown> {
  const built: Record<string, unknown> = {}
  for (const [path, value] of parts) {
    const inner = path.slice(0, -1).reduce<Record<string, unknown>>((at, name) => (at[name] ??= {}) as Record<string, unknown>, built)
    inner[path.at(-1)!] = value
  }
  return built
}

/** Guides of docs/, each loaded when it is opened. */
import type { Component } from 'svelte'

export interface Guide { title: string; default: Component }

const files = import.meta.glob<Guide>(['../../../../docs/*.md', '../../../../docs/integrations/*.md'])

/** Guides by name, in the order in which to read them. */
const NAMES = ['first-gpt', 'first-mcp-app', 'tunnel', 'gmail', 'apps', 'omi', 'security', 'troubleshooting']

export const names: readonly string[] = [...NAMES, ...Object.keys(files).map(nameOf).filter((name) => !NAMES.includes(name))]

function nameOf(path: string): string { return path.slice(path.lastIndexOf('/') + 1, -'.md'.length) }

export async function load(name: string): Promise<Guide | undefined> {
  return Object.entries(files).find(([path]) => nameOf(path) === name)?.[1]()
}

const BY_PAGE: Record<string, string> = {
  access: 'security', activity: 'troubleshooting', approvals: 'security', connect: 'first-gpt', import: 'conversations', overview: 'troubleshooting', settings: 'tunnel', welcome: 'first-gpt',
}

/** Guide for a page of the window; the list of all guides if it has none. */
export const guideFor = (page: string): string | undefined => BY_PAGE[page] ?? names.find((name) => name === page)

const COMMAND = /\bpython3 run\.py\b|^deskhand(?= )/gm

/** Writes the commands of a guide as they are typed here: a guide is read from a checkout and after an installation. */
export function adaptCommands(article: HTMLElement, command: string): void {
  for (const code of article.querySelectorAll('code')) code.textContent = code.textContent.replace(COMMAND, command)
}

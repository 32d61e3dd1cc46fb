/** The pages, in the order of the rail. A page is there only while what it stands for is. */
import type { Component } from 'svelte'
import AppWindow from '@lucide/svelte/icons/app-window'
import BadgeCheck from '@lucide/svelte/icons/badge-check'
import Cable from '@lucide/svelte/icons/cable'
import Ear from '@lucide/svelte/icons/ear'
import House from '@lucide/svelte/icons/house'
import KeyRound from '@lucide/svelte/icons/key-round'
import Mail from '@lucide/svelte/icons/mail'
import Puzzle from '@lucide/svelte/icons/puzzle'
import NotebookText from '@lucide/svelte/icons/notebook-text'
import SettingsIcon from '@lucide/svelte/icons/settings-2'
import type { Overview as News } from '../lib/local'
import { approvals } from '../lib/news.svelte'
import Access from './Access.svelte'
import Activity from './Activity.svelte'
import Approvals from './Approvals.svelte'
import Apps from './Apps.svelte'
import Connect from './Connect.svelte'
import Gmail from './Gmail.svelte'
import Integration from './Integration.svelte'
import Omi from './Omi.svelte'
import Overview from './Overview.svelte'
import Settings from './Settings.svelte'
import Welcome from './Welcome.svelte'

export interface PageEntry {
  name: string
  title: string
  icon: Component<{ size?: string | number; strokeWidth?: number; 'aria-hidden'?: 'true' }>
  component: Component
  /** 0: what happens, 1: what Deskhand works with, 2: what is set once. */
  group: 0 | 1 | 2
  /** How many wait there for the person. */
  count?: () => number
  /** Takes the whole window, without the rail. */
  full?: boolean
  when?: (news: News) => boolean
}

/** A page of an integration, there while the integration is. */
export const integrated = (name: string) => (news: News): boolean => news.integrations.some((found) => found.name === name)

export const pages: PageEntry[] = [
  { name: 'overview', title: 'Overview', icon: House, component: Overview, group: 0 },
  { name: 'approvals', title: 'Approvals', icon: BadgeCheck, component: Approvals, group: 0, count: () => approvals.value?.length ?? 0 },
  { name: 'activity', title: 'Activity', icon: NotebookText, component: Activity, group: 0 },
  { name: 'gmail', title: 'Gmail', icon: Mail, component: Gmail, group: 1, when: integrated('gmail') },
  { name: 'apps', title: 'Apps', icon: AppWindow, component: Apps, group: 1, when: integrated('apps') },
  { name: 'omi', title: 'OMI', icon: Ear, component: Omi, group: 1, when: integrated('omi') },
  { name: 'access', title: 'Access', icon: KeyRound, component: Access, group: 2 },
  { name: 'connect', title: 'Connect', icon: Cable, component: Connect, group: 2 },
  { name: 'settings', title: 'Settings', icon: SettingsIcon, component: Settings, group: 2 },
  { name: 'welcome', title: 'Welcome', icon: House, component: Welcome, group: 0, full: true },
]

/** The pages there are now, with one for each integration that has none of its own. */
export function listPages(news: News): PageEntry[] {
  const others = news.integrations.filter(({ name }) => !pages.some((page) => page.name === name))
  return [
    ...pages.filter((page) => page.when?.(news) ?? true),
    ...others.map(({ name, title }) => ({ name, title, icon: Puzzle, component: Integration, group: 1 as const })),
  ]
}
